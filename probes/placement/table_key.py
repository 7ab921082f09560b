"""Table keys: the points of an official test, applied to filled-in answer sheets.

Each wording that offers the key's four options gives one sheet; the position on an axis is ``(sum
of points + constant) / divisor``. A missing answer counts the mean of the two mild ones, with
bounds over all four. Items become `KeyedCells` in [-1, 1]; `axis` computes intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probes.agreement.log_odds import FOUR
from probes.placement.effects_key import ALL, KeyedCells, centre, mean
from probes.placement.grid import Cells
from probes.placement.interval import Floats
from probes.placement.reply_leanings import tilted
from probes.types import Missing, Recipe, StatementSet
from probes.types.reasons import Reason

AGREE = 2
"""Index of "agree" among the four answers."""
MILD_FIRST = (1, 2, 0, 3)
"""Order in which tied answers are taken: mild before strong, then disagreement first."""
EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class TableItems:
    """An axis of a table key: points ``(items, 4)``, from strongly disagree to strongly agree."""

    ids: tuple[str, ...]
    points: Floats
    constant: float = 0.0
    divisor: float = 1.0

    @classmethod
    def of(cls, statements: StatementSet, axis: str) -> "TableItems":
        """Items of a set that have points on `axis`."""
        scored = [s for s in statements.statements if axis in s.table]
        points = np.array([s.table[axis] for s in scored], dtype=np.float64).reshape(-1, 4)
        scoring = statements.scoring
        constant, divisor = scoring.constant.get(axis, 0.0), scoring.divisor.get(axis, 1.0)
        return cls(tuple(s.id for s in scored), points, constant, divisor)

    @property
    def half(self) -> Floats:
        """h_i: half the range of points of item i."""
        half: Floats = np.ptp(self.points, axis=1) / 2
        return half

    @property
    def middle(self) -> Floats:
        """Midpoint of each item's range."""
        middle: Floats = (self.points.max(axis=1) + self.points.min(axis=1)) / 2
        return middle

    @property
    def mild(self) -> Floats:
        """Mean of the points of disagree and agree, used for a missing answer."""
        mild: Floats = self.points[:, 1:3].mean(axis=1)
        return mild

    @property
    def direction(self) -> Floats:
        """+1 or -1, the pole that agreement points to; 0 if agreement does not count."""
        pull: Floats = np.sign(self.points[:, 2:].sum(axis=1) - self.points[:, :2].sum(axis=1))
        return pull

    def position(self, total: float) -> float:
        """Position for a sum of points."""
        return float((total + self.constant) / self.divisor)

    def coin(self) -> tuple[float, float]:
        """Exact mean and standard deviation of the position of uniformly random answers."""
        deviation = float(np.sqrt(self.points.var(axis=1).sum())) / abs(self.divisor)
        return self.position(float(self.points.mean(axis=1).sum())), deviation


def sheet(items: TableItems, answers: Sequence[int | None]) -> tuple[float, float, float]:
    """Position, minimum and maximum of one answer sheet: 0 to 3 an item, None where missing.

    Minimum and maximum are over all possible values of the missing answers.
    """
    rows = list(zip(items.points, items.mild, answers, strict=True))
    totals = (
        sum(float(mild if a is None else points[a]) for points, mild, a in rows),
        sum(float(points.min() if a is None else points[a]) for points, _, a in rows),
        sum(float(points.max() if a is None else points[a]) for points, _, a in rows),
    )
    position, *ends = (items.position(total) for total in totals)
    return position, min(ends), max(ends)


def graded(recipe: Recipe) -> list[str]:
    """Names of the wordings that offer the key's four options."""
    need = {(side, strong) for side in ("agree", "disagree") for strong in (False, True)}
    return [w.name for w in recipe.wordings if need <= {(o.side, o.strong) for o in w.options}]


def table(
    cells: Cells, statements: StatementSet, axis: str, missing: Missing = "honest"
) -> KeyedCells:
    """The axis as keyed cells: z = (points - midpoint) / h, weight h; items with h = 0 are left
    out.

    `cells` must hold only wordings that offer four options. Position = offset + scale x mean, with
    scale = sum h / divisor and offset = (sum of midpoints + constant) / divisor over the whole key:
    items that were not asked are assumed to be answered like the others.
    """
    items = TableItems.of(statements, axis)
    cell, item = _asked_items(cells, items)
    h, middle = items.half[item], items.middle[item]
    choice, ties = chosen(_probabilities(cells, cell))
    points = np.take_along_axis(items.points[item][:, None, :], choice[..., None], axis=2)[..., 0]
    unanswered = np.isnan(cells.grids[FOUR[0]][cell])
    log_odds, direction = cells.grids["log_odds"][cell], items.direction[item]
    bias = centre(log_odds, direction > 0, direction < 0)
    notes = [Reason(f"{ties.sum()} ties between answers went to the milder")] if ties.any() else []
    if len(item) < int((items.half > 0).sum()):
        text = "not every item of the key was asked: the others are taken to answer alike"
        notes.append(Reason(text))
    keyed = KeyedCells(
        statements=tuple(cells.statements[i] for i in cell),
        wordings=cells.wordings,
        lexicons=cells.lexicons,
        z=np.where(unanswered, np.nan, (points - middle[:, None]) / h[:, None]),
        lam=log_odds,
        direction=direction,
        weight=h,
        centred=np.zeros(len(h), bool),
        yes_bias=np.where(np.isnan(log_odds), np.nan, np.tanh(bias / 2)),
        scale=float(items.half.sum()) / items.divisor,
        offset=items.position(float(items.middle.sum())),
        neutral=(items.mild[item] - middle) / h,
        ends=_ends(items, item, _probabilities(cells, cell), cells.grids["room"][cell]),
        notes=tuple(notes),
    )
    if missing == "legacy-agree":
        return keyed.agreeing((items.points[item][:, AGREE] - middle) / h)
    return keyed


def _ends(items: TableItems, item: list[int], probable: Floats, room: Floats) -> Floats:
    """Minimum and maximum keyed leaning of each cell, ``(2, statements, wordings)``, NaN where
    missing.

    Another answer than the most probable is possible if the missing or unreported probability
    `room`, ``(statements, wordings)``, is enough to make it the most probable.
    """
    best = probable.max(axis=-1, keepdims=True)
    possible = probable + np.nan_to_num(room)[..., None] >= best - EQUAL
    leanings = (items.points[item] - items.middle[item][:, None]) / items.half[item][:, None]
    answer_leanings = np.where(np.isnan(best), np.nan, leanings[:, None, :])
    least = np.where(possible, answer_leanings, np.inf).min(axis=-1)
    most = np.where(possible, answer_leanings, -np.inf).max(axis=-1)
    ends = np.stack([least, most])
    return np.where(np.isnan(best[..., 0]), np.nan, ends)


def expectation(cells: Cells, statements: StatementSet, axis: str, keyed: KeyedCells) -> float:
    """Expected position over the answers' probabilities, not that of the most probable answers."""
    items = TableItems.of(statements, axis)
    cell, item = _asked_items(cells, items)
    expected = np.einsum("swk,sk->sw", _probabilities(cells, cell), items.points[item])
    z = (expected - items.middle[item][:, None]) / items.half[item][:, None]
    return keyed.at(mean(replace(keyed, z=z).answered.complete, keyed.weight, keyed.lexicons))


def counted(keyed: KeyedCells, cells: Cells) -> KeyedCells:
    """The cells with L and yes-bias of replies without probabilities (docs/method.md 3)."""
    raw = cells.grids["raw"][[cells.statements.index(s) for s in keyed.statements]]
    bias, _ = tilted(raw, keyed.direction > 0, keyed.direction < 0)
    return replace(
        keyed,
        lam=2 * np.arctanh(np.clip(raw, -ALL, ALL)),
        yes_bias=np.where(np.isfinite(raw), np.tanh(bias / 2), np.nan),
        replies=True,
    )


def key_centred(keyed: KeyedCells) -> float:
    """Position after removing yes-bias (`centred_by_key`); NaN if no statement has a direction."""
    halved = centred_by_key(keyed).answered
    if not halved.statements:
        return np.nan
    return keyed.at(mean(halved.z, halved.share, halved.lexicons))


def centred_by_key(keyed: KeyedCells) -> KeyedCells:
    """Agreement centred between the key's two directions, for statements that have a direction.

    Agreement is ``tanh((L - b) / 2)``, or for replies without probabilities the leaning by
    `tilted`, on the scale of the key; each direction has half the weight.
    """
    z = keyed.direction[:, None] * _centred(keyed)
    pulls = keyed.direction != 0
    halved = replace(keyed, z=z, centred=pulls, neutral=None, notes=())
    return halved.cut(pulls, np.ones(z.shape[1], bool))


def decisiveness(keyed: KeyedCells) -> float:
    """Mean |leaning| after removing yes-bias, if the axis is keyed both ways."""
    centred = _centred(keyed)
    leaning = np.where(np.isfinite(centred), centred, np.tanh(keyed.lam / 2))
    return mean(np.abs(leaning), keyed.share, keyed.lexicons)


def _centred(keyed: KeyedCells) -> Floats:
    """Agreement less yes-bias; for probabilities, NaN in wordings that lack a key direction."""
    ways = keyed.direction > 0, keyed.direction < 0
    if keyed.replies:
        return tilted(np.tanh(keyed.lam / 2), *ways)[1]
    leaning: Floats = np.tanh((keyed.lam - centre(keyed.lam, *ways)) / 2)
    return leaning


def chosen(
    probable: Floats, order: Sequence[int] = MILD_FIRST
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Index of the most probable answer, ``(...)`` from disagreement to agreement, and whether it
    is tied.

    Args:
        probable: ``(..., answers)`` probabilities; where NaN, the index is arbitrary and not tied.
        order: Among tied answers the first in this order is taken.
    """
    best = probable >= probable.max(axis=-1, keepdims=True) - EQUAL
    preferred = best[..., list(order)].argmax(axis=-1)
    return np.array(order)[preferred], best.sum(axis=-1) > 1


def _asked_items(cells: Cells, items: TableItems) -> tuple[list[int], list[int]]:
    """Indices, in the cells and in the key, of the statements that count on the axis."""
    number = {s.id: i for i, s in enumerate(cells.statements)}
    item = [i for i, name in enumerate(items.ids) if items.half[i] > 0 and name in number]
    return [number[items.ids[i]] for i in item], item


def _probabilities(cells: Cells, rows: list[int]) -> Floats:
    """Probabilities of the four answers, ``(statements, wordings, 4)``."""
    return np.stack([cells.grids[name][rows] for name in FOUR], axis=-1)
