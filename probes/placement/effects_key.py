"""Effects keys: how agreement with a statement counts on an axis.

`effects` turns a model's cells into keyed leanings on one axis: signed by the key, centred if the
set has no mirrors, weighted. Table keys are in `table_key`, intervals in `axis`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from probes.phrases import phrase
from probes.placement.grid import Cells
from probes.placement.interval import Floats, averaging, filled
from probes.types import Statement
from probes.types.reasons import ONE_WAY, Reason, legacy

Mask = NDArray[np.bool_]
Kept = TypeVar("Kept")

ALL = 0.9999
"""Replaces |leanings| of 1 or more, whose log-odds are infinite."""
CENTRED = Reason(
    phrase("key-centred: assumes that the statements keyed either way are equally extreme")
)
PART_ONE_WAY = Reason(phrase("statements without mirrors are keyed one way and left out"))


@dataclass(frozen=True, slots=True)
class KeyedCells:
    """Cells of one axis, signed so that its positive pole is above 0.

    Position = offset + scale x mean.
    """

    statements: tuple[Statement, ...]
    wordings: tuple[str, ...]
    lexicons: tuple[str, ...]
    """Lexicon of each wording."""
    z: Floats
    """``(statements, wordings)`` keyed leaning in [-1, 1]; NaN where missing."""
    lam: Floats
    """Unkeyed lambda in log-odds, same shape: above 0 means agreement with the statement."""
    direction: Floats
    """``(statements,)``: +1 or -1, the pole that agreement points to."""
    weight: Floats
    """``(statements,)``: weight of the key, above 0."""
    centred: Mask
    """``(statements,)``: without mirror; of these, each key direction gets half the weight."""
    yes_bias: Floats
    """``(statements, wordings)`` in [-1, 1]."""
    scale: float
    offset: float = 0.0
    neutral: Floats | None = None
    """``(statements,)``: value filled in for a missing cell; None: additive least squares."""
    ends: Floats | None = None
    """``(2, statements, wordings)``: minimum and maximum keyed leaning of each cell over all values
    of its missing replies; None: equal to the cell."""
    replies: bool = False
    """Whether made of shares of replies without probabilities."""
    error: float = 0.0
    """Relative standard error common to all leanings, from the rates of a stance model."""
    notes: tuple[Reason, ...] = ()
    """Remarks on positions computed from these cells."""

    @property
    def share(self) -> Floats:
        """``(statements,)``: effective weights, summing to 1."""
        return halved(self.weight, self.direction, self.centred)

    @property
    def answered(self) -> "KeyedCells":
        """The cells without statements and wordings in which nothing was answered."""
        finite = np.isfinite(self.z)
        has_neutral = self.neutral is not None
        return self.cut(*(np.asarray(finite.any(axis=axis) | has_neutral) for axis in (1, 0)))

    @property
    def empty(self) -> bool:
        """Whether nothing was answered; a position then rests on filled-in values only."""
        return not np.isfinite(self.z).any()

    def agreeing(self, mild: Floats) -> "KeyedCells":
        """The cells with missing ones counted as agreement, as in some published numbers.

        Args:
            mild: ``(statements,)``, keyed leaning in [-1, 1] of plain agreement.
        """
        note = legacy(int(np.isnan(self.z).sum()), self.z.size)
        return replace(self, neutral=mild, notes=(note, *self.notes))

    @property
    def complete(self) -> Floats:
        """`z` with missing cells filled in, for the position; apply to `answered`."""
        if self.neutral is None:
            return filled(self.z)
        return np.where(np.isnan(self.z), self.neutral[:, None], self.z)

    @property
    def columns(self) -> Floats:
        """``(statements, columns)``: `complete`, with wordings that share a lexicon averaged."""
        average: Floats = self.complete @ averaging(self.lexicons)
        return average

    @property
    def missing(self) -> float:
        """Number of filled-in cells of `columns`; an average counts in proportion."""
        return float((np.isnan(self.z) @ averaging(self.lexicons)).sum())

    def cut(self, rows: Mask, columns: Mask) -> "KeyedCells":
        """The cells of some statements and some wordings."""
        grid = np.ix_(rows, columns)
        return replace(
            self,
            statements=_selected(self.statements, rows),
            wordings=_selected(self.wordings, columns),
            lexicons=_selected(self.lexicons, columns),
            z=self.z[grid],
            lam=self.lam[grid],
            yes_bias=self.yes_bias[grid],
            direction=self.direction[rows],
            weight=self.weight[rows],
            centred=self.centred[rows],
            neutral=None if self.neutral is None else self.neutral[rows],
            ends=None if self.ends is None else self.ends[:, rows][:, :, columns],
        )

    def at(self, mean: float) -> float:
        """The position that a mean leaning corresponds to."""
        return self.offset + self.scale * mean


def _selected(values: tuple[Kept, ...], keep: Mask) -> tuple[Kept, ...]:
    return tuple(value for value, flag in zip(values, keep, strict=True) if flag)


def halved(weight: Floats, direction: Floats, centred: Mask) -> Floats:
    """Weights that sum to 1; among the `centred` statements each key direction gets half."""
    weight, whole = weight.astype(np.float64), weight[centred].sum()
    for sign in (-1, 1):
        group = centred & (direction == sign)
        if group.any():
            weight[group] *= whole / 2 / weight[group].sum()
    share: Floats = weight / weight.sum()
    return share


def mean(grid: Floats, weight: Floats, lexicons: Sequence[str] = ()) -> float:
    """The default estimator for a grid in [-1, 1]: weighted mean over statements; over wordings a
    plain mean, or by lexicon (`averaging`) if `lexicons` of its wordings are given.

    Missing cells are filled by `filled`; statements and wordings without any cell are left out; NaN
    if none is left.
    """
    finite = np.isfinite(grid)
    rows, columns = finite.any(axis=1), finite.any(axis=0)
    if not rows.any():
        return np.nan
    weight = weight[rows] / weight[rows].sum()
    used = [lexicons[int(column)] for column in np.flatnonzero(columns)] if lexicons else []
    count = averaging(used) if used else np.eye(int(columns.sum()))
    average = float(weight @ (filled(grid[np.ix_(rows, columns)]) @ count).mean(axis=1))
    # weights sum to 1 up to rounding; + 0.0 turns -0.0 into 0.0
    return max(-1.0, min(1.0, average)) + 0.0


def decisiveness(keyed: KeyedCells) -> float:
    """Mean |leaning|."""
    return mean(np.abs(np.tanh(keyed.lam / 2)), keyed.share, keyed.lexicons)


def effects(cells: Cells, axis: str, scale: float) -> KeyedCells:
    """Effects key: leaning = tanh(lambda / 2), signed by the effect on `axis`.

    Without mirrors lambda is L - b, with b = (mean L of items keyed + plus mean L of items keyed -)
    / 2 in each wording. Statements without mirrors that are all keyed one way are left out.
    """
    pull = np.array([s.effects.get(axis, 0.0) for s in cells.statements])
    rows = [i for i, value in enumerate(pull) if value]
    sign, bare = np.sign(pull[rows]), np.array([not cells.statements[i].mirror for i in rows], bool)
    log_odds, lam, yes_bias = (cells.grids[c][rows] for c in ("log_odds", "lam", "yes_bias"))
    both_ways = {-1.0, 1.0} <= set(sign[bare])
    if both_ways:
        bias = centre(log_odds, bare & (sign > 0), bare & (sign < 0))
        lam = np.where(bare[:, None], log_odds - bias, lam)
        yes_bias = np.where(bare[:, None], np.tanh((log_odds - lam) / 2), yes_bias)
    usable = ~bare | both_ways
    one_way = PART_ONE_WAY if usable.any() else ONE_WAY
    notes = [CENTRED] if both_ways else [one_way] if bare.any() else []
    z = sign[:, None] * np.tanh(lam / 2)
    keyed = KeyedCells(
        statements=tuple(cells.statements[i] for i in rows),
        wordings=cells.wordings,
        lexicons=cells.lexicons,
        z=z,
        lam=lam,
        direction=sign,
        weight=np.abs(pull[rows]),
        centred=bare,
        yes_bias=yes_bias,
        scale=scale,
        ends=reached(z, cells.grids["unanswered"][rows]),
        notes=tuple(notes),
    )
    return keyed.cut(usable, np.ones(len(cells.wordings), bool))


def centre(log_odds: Floats, plus: Mask, minus: Mask) -> Floats:
    """Yes-bias b of each wording, ``(wordings,)``: mean of the means of both key directions."""
    ends = [log_odds[group] for group in (plus, minus)]
    counts = [np.isfinite(end).sum(axis=0) for end in ends]
    with np.errstate(invalid="ignore"):  # the mean of no answers is NaN
        means = [np.nansum(e, axis=0) / n for e, n in zip(ends, counts, strict=True)]
    middle: Floats = (means[0] + means[1]) / 2
    return middle


def reached(z: Floats, gap: Floats) -> Floats:
    """Minimum and maximum of cells, ``(2, statements, wordings)``, with the missing share `gap` of
    each set to either end."""
    gap = np.nan_to_num(gap)
    return np.stack([(1 - gap) * z + gap * end for end in (-1.0, 1.0)])
