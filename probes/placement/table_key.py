"""Table keys: the points of an official test, as it would be filled in.

Each wording that offers the key's own four options fills in the test once; the axis is
``(sum of points + constant) / divisor``. Missing answers stand half way between the mild ones,
with bounds over all four. Items become `KeyedCells`, with cells in [-1, 1]; `axis` makes intervals.
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
"""The number of "agree" among the four answers."""
MILD_FIRST = (1, 2, 0, 3)
"""Of equally probable answers the milder is taken, then disagreeing."""
EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class TableItems:
    """An axis of a table key: items x (strongly disagree, disagree, agree, strongly agree)."""

    ids: tuple[str, ...]
    points: Floats
    constant: float = 0.0
    divisor: float = 1.0

    @classmethod
    def of(cls, statements: StatementSet, axis: str) -> "TableItems":
        """The items of a set that have points on `axis`."""
        scored = [s for s in statements.statements if axis in s.table]
        points = np.array([s.table[axis] for s in scored], dtype=np.float64).reshape(-1, 4)
        scoring = statements.scoring
        constant, divisor = scoring.constant.get(axis, 0.0), scoring.divisor.get(axis, 1.0)
        return cls(tuple(s.id for s in scored), points, constant, divisor)

    @property
    def half(self) -> Floats:
        """h_i, half of item i's range of points."""
        half: Floats = np.ptp(self.points, axis=1) / 2
        return half

    @property
    def middle(self) -> Floats:
        """Midpoint of each item's range."""
        middle: Floats = (self.points.max(axis=1) + self.points.min(axis=1)) / 2
        return middle

    @property
    def mild(self) -> Floats:
        """Mean points of disagree and agree: what a missing answer counts."""
        mild: Floats = self.points[:, 1:3].mean(axis=1)
        return mild

    @property
    def direction(self) -> Floats:
        """+1 or -1, where agreeing pulls; 0 where it pulls nowhere."""
        pull: Floats = np.sign(self.points[:, 2:].sum(axis=1) - self.points[:, :2].sum(axis=1))
        return pull

    def position(self, total: float) -> float:
        """Of a sum of points."""
        return float((total + self.constant) / self.divisor)

    def coin(self) -> tuple[float, float]:
        """Exact mean and standard deviation of a respondent who answers all four at random."""
        deviation = float(np.sqrt(self.points.var(axis=1).sum())) / abs(self.divisor)
        return self.position(float(self.points.mean(axis=1).sum())), deviation


def sheet(items: TableItems, answers: Sequence[int | None]) -> tuple[float, float, float]:
    """Position, minimum and maximum of one answer sheet: 0 to 3 an item, None where missing.

    The minimum and maximum are over all answers that the missing ones could have been.
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
    """The axis as cells: z = (points - midpoint) / h, weight h; items with h = 0 are left out.

    `cells` hold only wordings that offer four options. Position = offset + scale x mean with
    scale = sum h / divisor, offset = (sum of midpoints + constant) / divisor, over the whole key:
    items that were not asked are taken to answer as the others do.
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
    """Least and most keyed leaning of each cell, ``(2, statements, wordings)``, NaN where missing.

    Another answer than the most probable may be given if what is missing, or was not told of, is
    enough to lift it there: by `room`, ``(statements, wordings)``.
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
    """The position that the answers' probabilities lead to, instead of the most probable ones."""
    items = TableItems.of(statements, axis)
    cell, item = _asked_items(cells, items)
    expected = np.einsum("swk,sk->sw", _probabilities(cells, cell), items.points[item])
    z = (expected - items.middle[item][:, None]) / items.half[item][:, None]
    return keyed.at(mean(replace(keyed, z=z).answered.complete, keyed.weight, keyed.lexicons))


def counted(keyed: KeyedCells, cells: Cells) -> KeyedCells:
    """With L and yes-bias of replies without probabilities, from shares (docs/method.md 3)."""
    raw = cells.grids["raw"][[cells.statements.index(s) for s in keyed.statements]]
    bias, _ = tilted(raw, keyed.direction > 0, keyed.direction < 0)
    return replace(
        keyed,
        lam=2 * np.arctanh(np.clip(raw, -ALL, ALL)),
        yes_bias=np.where(np.isfinite(raw), np.tanh(bias / 2), np.nan),
        replies=True,
    )


def key_centred(keyed: KeyedCells) -> float:
    """The position after taking out yes-bias (`centred_by_key`); NaN if nothing pulls anywhere."""
    halved = centred_by_key(keyed).answered
    if not halved.statements:
        return np.nan
    return keyed.at(mean(halved.z, halved.share, halved.lexicons))


def centred_by_key(keyed: KeyedCells) -> KeyedCells:
    """Agreement centred between the key's directions, of the statements that pull anywhere.

    Agreement is ``tanh((L - b) / 2)``, or of replies without probabilities what `tilted` makes of
    their shares, on the scale of the key, half the weight to each direction.
    """
    z = keyed.direction[:, None] * _centred(keyed)
    pulls = keyed.direction != 0
    halved = replace(keyed, z=z, centred=pulls, neutral=None, notes=())
    return halved.cut(pulls, np.ones(z.shape[1], bool))


def decisiveness(keyed: KeyedCells) -> float:
    """The mean |leaning| after taking out yes-bias, as far as the axis is keyed both ways."""
    centred = _centred(keyed)
    leaning = np.where(np.isfinite(centred), centred, np.tanh(keyed.lam / 2))
    return mean(np.abs(leaning), keyed.share, keyed.lexicons)


def _centred(keyed: KeyedCells) -> Floats:
    """Agreement less yes-bias; of probabilities NaN in wordings that lack a key direction."""
    ways = keyed.direction > 0, keyed.direction < 0
    if keyed.replies:
        return tilted(np.tanh(keyed.lam / 2), *ways)[1]
    leaning: Floats = np.tanh((keyed.lam - centre(keyed.lam, *ways)) / 2)
    return leaning


def chosen(
    probable: Floats, order: Sequence[int] = MILD_FIRST
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number of the most probable answer, ``(...)`` from disagreement up, and whether it is tied.

    Args:
        probable: ``(..., answers)`` probabilities; where they are NaN any is chosen, and no tie.
        order: Of equally probable answers the first in this order is taken.
    """
    best = probable >= probable.max(axis=-1, keepdims=True) - EQUAL
    preferred = best[..., list(order)].argmax(axis=-1)
    return np.array(order)[preferred], best.sum(axis=-1) > 1


def _asked_items(cells: Cells, items: TableItems) -> tuple[list[int], list[int]]:
    """Numbers, in the cells and in the key, of the statements that move the axis."""
    number = {s.id: i for i, s in enumerate(cells.statements)}
    item = [i for i, name in enumerate(items.ids) if items.half[i] > 0 and name in number]
    return [number[items.ids[i]] for i in item], item


def _probabilities(cells: Cells, rows: list[int]) -> Floats:
    """``(statements, wordings, 4)``."""
    return np.stack([cells.grids[name][rows] for name in FOUR], axis=-1)
