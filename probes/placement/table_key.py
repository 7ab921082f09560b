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
from probes.placement.effects_key import KeyedCells, centre, mean
from probes.placement.grid import Cells
from probes.placement.interval import Floats
from probes.types import Missing, Recipe, StatementSet
from probes.types.reasons import Reason

LEAST = 0.001
"""Missing share of a cell from which its answer may be another: one reply of a thousand."""
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
    notes = [Reason(f"{ties} ties between answers went to the milder")] if ties else []
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
        # The test is filled in by majority: one missing reply may turn it.
        gap=np.where(cells.grids["unanswered"][cell] >= LEAST, 1.0, 0.0),
        notes=tuple(notes),
    )
    if missing == "legacy-agree":
        return keyed.agreeing((items.points[item][:, AGREE] - middle) / h)
    return keyed


def expectation(cells: Cells, statements: StatementSet, axis: str, keyed: KeyedCells) -> float:
    """The position that the answers' probabilities lead to, instead of the most probable ones."""
    items = TableItems.of(statements, axis)
    cell, item = _asked_items(cells, items)
    expected = np.einsum("swk,sk->sw", _probabilities(cells, cell), items.points[item])
    z = (expected - items.middle[item][:, None]) / items.half[item][:, None]
    return keyed.at(mean(replace(keyed, z=z).answered.complete, keyed.weight, keyed.lexicons))


def key_centred(keyed: KeyedCells) -> float:
    """The position after taking out yes-bias (`centred_by_key`); NaN if nothing pulls anywhere."""
    halved = centred_by_key(keyed).answered
    if not halved.statements:
        return np.nan
    return keyed.at(mean(halved.z, halved.share, halved.lexicons))


def centred_by_key(keyed: KeyedCells) -> KeyedCells:
    """Agreement centred between the key's directions, of the statements that pull anywhere.

    Agreement is ``tanh((L - b) / 2)``, on the scale of the key, half the weight to each direction.
    """
    z = keyed.direction[:, None] * np.tanh(_centred(keyed) / 2)
    pulls = keyed.direction != 0
    halved = replace(keyed, z=z, centred=pulls, neutral=None, notes=())
    return halved.cut(pulls, np.ones(z.shape[1], bool))


def decisiveness(keyed: KeyedCells) -> float:
    """The mean |leaning| after taking out yes-bias, as far as the axis is keyed both ways."""
    centred = _centred(keyed)
    lam = np.where(np.isfinite(centred), centred, keyed.lam)
    return mean(np.abs(np.tanh(lam / 2)), keyed.share)


def _centred(keyed: KeyedCells) -> Floats:
    """L - b; NaN in wordings where one key direction has no answer."""
    return keyed.lam - centre(keyed.lam, keyed.direction > 0, keyed.direction < 0)


def chosen(probable: Floats) -> tuple[NDArray[np.int64], int]:
    """Most probable of the four answers, ``(...)`` of 0 to 3, and how many were ties.

    Args:
        probable: ``(..., 4)`` probabilities; 0 is chosen where they are NaN, and is no tie.
    """
    best = probable >= probable.max(axis=-1, keepdims=True) - EQUAL
    preferred = best[..., MILD_FIRST].argmax(axis=-1)
    return np.array(MILD_FIRST)[preferred], int((best.sum(axis=-1) > 1).sum())


def _asked_items(cells: Cells, items: TableItems) -> tuple[list[int], list[int]]:
    """Numbers, in the cells and in the key, of the statements that move the axis."""
    number = {s.id: i for i, s in enumerate(cells.statements)}
    item = [i for i, name in enumerate(items.ids) if items.half[i] > 0 and name in number]
    return [number[items.ids[i]] for i in item], item


def _probabilities(cells: Cells, rows: list[int]) -> Floats:
    """``(statements, wordings, 4)``."""
    return np.stack([cells.grids[name][rows] for name in FOUR], axis=-1)
