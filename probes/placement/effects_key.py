"""Keys: what agreeing with a statement says about an axis.

`effects` turns a model's cells into leanings that point along one axis: signed by the key, centred
where the set has no mirrors, weighted. Table keys are in `table_key`, intervals in `axis`.
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
"""A leaning of 1 or more has no log-odds: it counts as this."""
CENTRED = Reason(
    phrase("key-centred: assumes that the statements keyed either way are equally extreme")
)
PART_ONE_WAY = Reason(phrase("statements without mirrors are keyed one way and left out"))


@dataclass(frozen=True, slots=True)
class KeyedCells:
    """The cells of one axis, signed so that its positive pole is above 0.

    Position = offset + scale x mean.
    """

    statements: tuple[Statement, ...]
    wordings: tuple[str, ...]
    lexicons: tuple[str, ...]
    """Of each wording."""
    z: Floats
    """``(statements, wordings)`` keyed leaning in [-1, 1]; NaN where missing."""
    lam: Floats
    """The same before the key, in log-odds: above 0 agrees with the statement."""
    direction: Floats
    """``(statements,)``: +1 or -1, where agreeing pulls."""
    weight: Floats
    """``(statements,)``: the key's weight, above 0."""
    centred: Mask
    """``(statements,)``: without mirror, so that either key direction gets half the weight."""
    yes_bias: Floats
    """``(statements, wordings)`` in [-1, 1]."""
    scale: float
    offset: float = 0.0
    neutral: Floats | None = None
    """``(statements,)``: what stands for a missing cell; None: additive least squares."""
    ends: Floats | None = None
    """``(2, statements, wordings)``: least and most keyed leaning that a cell could have, whatever
    its missing replies were; None: as it is."""
    replies: bool = False
    """Made of shares of replies without probabilities."""
    error: float = 0.0
    """Standard error of every leaning that a stance model's rates bring with them, as a share."""
    notes: tuple[Reason, ...] = ()
    """What must be said of positions that are made of these cells."""

    @property
    def share(self) -> Floats:
        """``(statements,)``: weights that count, summing to 1."""
        return halved(self.weight, self.direction, self.centred)

    @property
    def answered(self) -> "KeyedCells":
        """Without the statements and wordings that have no cell to make a position of."""
        finite = np.isfinite(self.z)
        has_neutral = self.neutral is not None
        return self.cut(*(np.asarray(finite.any(axis=axis) | has_neutral) for axis in (1, 0)))

    @property
    def empty(self) -> bool:
        """Nothing was answered; if there is a point, it is what stands for missing cells."""
        return not np.isfinite(self.z).any()

    def agreeing(self, mild: Floats) -> "KeyedCells":
        """With missing cells taken for agreement, as some published numbers have it.

        Args:
            mild: ``(statements,)``, the keyed leaning in [-1, 1] of who plainly agrees.
        """
        note = legacy(int(np.isnan(self.z).sum()), self.z.size)
        return replace(self, neutral=mild, notes=(note, *self.notes))

    @property
    def complete(self) -> Floats:
        """`z` with missing cells filled in, for the point; of what is `answered`."""
        if self.neutral is None:
            return filled(self.z)
        return np.where(np.isnan(self.z), self.neutral[:, None], self.z)

    @property
    def columns(self) -> Floats:
        """``(statements, columns)``: `complete`, wordings that share a lexicon averaged."""
        average: Floats = self.complete @ averaging(self.lexicons)
        return average

    @property
    def missing(self) -> float:
        """How many cells of `columns` are filled in; an average counts by the share of it."""
        return float((np.isnan(self.z) @ averaging(self.lexicons)).sum())

    def cut(self, rows: Mask, columns: Mask) -> "KeyedCells":
        """Some statements and some wordings."""
        grid = np.ix_(rows, columns)
        return replace(
            self,
            statements=_kept(self.statements, rows),
            wordings=_kept(self.wordings, columns),
            lexicons=_kept(self.lexicons, columns),
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
        """The position of a mean leaning."""
        return self.offset + self.scale * mean


def _kept(values: tuple[Kept, ...], keep: Mask) -> tuple[Kept, ...]:
    return tuple(value for value, flag in zip(values, keep, strict=True) if flag)


def halved(weight: Floats, direction: Floats, centred: Mask) -> Floats:
    """Weights that sum to 1; among the `centred` statements each key direction has half."""
    weight, whole = weight.astype(np.float64), weight[centred].sum()
    for sign in (-1, 1):
        group = centred & (direction == sign)
        if group.any():
            weight[group] *= whole / 2 / weight[group].sum()
    share: Floats = weight / weight.sum()
    return share


def mean(grid: Floats, weight: Floats, lexicons: Sequence[str] = ()) -> float:
    """The default estimator on any grid in [-1, 1]: weighted over statements; over wordings plain,
    or lexicon by lexicon (`averaging`) where those of its wordings are given.

    Missing cells by `filled`; statements and wordings without any cell are left out, NaN if that
    is all of them.
    """
    finite = np.isfinite(grid)
    rows, columns = finite.any(axis=1), finite.any(axis=0)
    if not rows.any():
        return np.nan
    weight = weight[rows] / weight[rows].sum()
    used = [lexicons[int(column)] for column in np.flatnonzero(columns)] if lexicons else []
    count = averaging(used) if used else np.eye(int(columns.sum()))
    average = float(weight @ (filled(grid[np.ix_(rows, columns)]) @ count).mean(axis=1))
    return max(-1.0, min(1.0, average)) + 0.0  # weights sum to 1 but for rounding; no -0.0


def decisiveness(keyed: KeyedCells) -> float:
    """The mean |leaning|."""
    return mean(np.abs(np.tanh(keyed.lam / 2)), keyed.share, keyed.lexicons)


def effects(cells: Cells, axis: str, scale: float) -> KeyedCells:
    """Effects key: leaning = tanh(lambda / 2), signed by the effect on `axis`.

    Without mirrors lambda is L - b, with b = (mean L of items keyed + plus mean L of items keyed
    -) / 2 in each wording. Statements without mirrors that are all keyed one way are left out.
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
    """Yes-bias b of each wording, ``(wordings,)``: half way between the two key directions."""
    ends = [log_odds[group] for group in (plus, minus)]
    counts = [np.isfinite(end).sum(axis=0) for end in ends]
    with np.errstate(invalid="ignore"):  # a direction without an answer has no mean: NaN
        means = [np.nansum(e, axis=0) / n for e, n in zip(ends, counts, strict=True)]
    middle: Floats = (means[0] + means[1]) / 2
    return middle


def reached(z: Floats, gap: Floats) -> Floats:
    """Least and most that cells could be, ``(2, statements, wordings)``, if their missing share
    `gap` went to either end."""
    gap = np.nan_to_num(gap)
    return np.stack([(1 - gap) * z + gap * end for end in (-1.0, 1.0)])
