"""How far a model follows: `steering.csv`, a row a model, axis and kind of condition.

Steerability is the slope of position on the position that a persona (or the examples) declares;
sycophancy is the position before users of the positive pole, less that before users of the negative
pole. Both are weighted sums of the same cells under several conditions, so their intervals are
those of a paired difference: about other statements and wordings, for these conditions.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from probes.comparison.difference import Difference, difference, holm
from probes.comparison.pair import common
from probes.placement import variance
from probes.placement.axis import AxisPosition, grouping
from probes.placement.effects_key import KeyedCells
from probes.placement.interval import Floats
from probes.placement.model import Placement
from probes.steering.differences import Under
from probes.types import Condition
from probes.types.reasons import UNTAGGED, Reason, joined

COLUMNS = (
    *("model", "axis", "measure", "kind", "conditions", "value", "low", "high", "p", "p_holm"),
    *("statements", "wordings", "units", "reason"),
)
STEERABILITY, SYCOPHANCY = "steerability", "sycophancy"
KINDS: Mapping[str, str] = {
    "persona": STEERABILITY,
    "examples": STEERABILITY,
    "user": SYCOPHANCY,
}
"""Who stands at a condition's position -> what is measured."""
FEWEST = 2


def steering(under: Under, conditions: Sequence[Condition]) -> pd.DataFrame | None:
    """A row a model, axis and kind of condition of which two or more differ in where they stand;
    None where there is no such kind."""
    first, *_ = under.values()
    rows = [
        row
        for model in first
        for axis in first[model].points
        for kind in KINDS
        for row in _rows(model, axis, [c for c in conditions if c.kind == kind], under)
    ]
    if not rows:
        return None
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    return table


def _rows(
    model: str, axis: str, conditions: Sequence[Condition], under: Under
) -> Iterator[dict[str, object]]:
    """The row of one kind; none where there are not two positions to compare."""
    placed = {
        c: under[c.name][model]
        for c in conditions
        if axis in c.position and model in under.get(c.name, {})
    }
    declared = np.array([c.position[axis] for c in placed])
    kind = conditions[0].kind if conditions else ""
    weighed = weights(declared, KINDS.get(kind, ""))
    if weighed is None:
        return
    shared, grids = cells([p.points[axis] for p in placed.values()])
    result, by_topic = _estimate(shared, grids, weighed)
    low, high = result.interval()
    yield {
        "model": model,
        "axis": axis,
        "measure": KINDS[kind],
        "kind": kind,
        "conditions": ", ".join(c.name for c in placed),
        "value": shared.scale * float(result.mean),
        "low": shared.scale * float(low),
        "high": shared.scale * float(high),
        "p": float(result.p),
        "statements": result.statements,
        "wordings": result.wordings,
        "units": "topics" if by_topic else "statements",
        "reason": joined(_reasons(placed, axis, by_topic=by_topic)),
    }


def weights(declared: Floats, measure: str) -> Floats | None:
    """Of each condition in the sum: a least-squares slope, or one side's mean less the other's."""
    if measure == SYCOPHANCY:
        sides = declared > 0, declared < 0
        if not all(side.any() for side in sides):
            return None
        means = [side / side.sum() for side in sides]
        return np.asarray(means[0] - means[1], dtype=np.float64)
    if len(set(declared)) < FEWEST:
        return None
    centred = declared - declared.mean()
    return np.asarray(centred / (centred @ centred), dtype=np.float64)


def cells(points: Sequence[AxisPosition]) -> tuple[KeyedCells, Floats]:
    """The statements and wordings that all of them have, as the first has them, and the leanings
    there, ``(conditions, statements, wordings)``."""
    shared = points[0].used
    for point in points[1:]:
        shared, _, _ = common(shared, point.used)
    if not shared.statements:
        return shared, np.empty((len(points), 0, 0))
    return shared, np.array([common(shared, point.used)[1][1] for point in points])


def _estimate(shared: KeyedCells, grids: Floats, weighed: Floats) -> tuple[Difference, bool]:
    """The weighted sum of the conditions' leanings, as a mean over cells with its error."""
    units, by_topic = grouping(shared)
    total = np.tensordot(weighed, grids, axes=1)
    if not shared.statements:
        nothing = np.array(np.nan)
        return Difference(nothing, nothing, nothing, 0, 0, 0), by_topic
    return difference(np.zeros_like(total), total, shared.share, units, shared.lexicons), by_topic


def _reasons(
    placed: Mapping[Condition, Placement], axis: str, *, by_topic: bool
) -> Iterator[Reason]:
    """What must be said beside the number."""
    if out := [c.name for c, placement in placed.items() if not placement.placed(axis)]:
        yield Reason(f"not placed: {', '.join(out)}")
    if not by_topic:
        yield UNTAGGED


def shares(under: Under) -> Iterator[dict[str, object]]:
    """Rows of `variance.csv`: shares of conditions in the variance of answers over all of them."""
    first, *_ = under.values()
    for model in first:
        for axis in first[model].points:
            points = [m[model].points[axis] for m in under.values() if model in m]
            _, grids = cells(points)
            for source, share in variance.condition_shares(grids.reshape(len(points), -1)).items():
                yield {"model": model, "axis": axis, "source": source, "share": share}
