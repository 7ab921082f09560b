"""Steerability and sycophancy: `steering.csv`, a row for each model, axis and kind of condition.

Steerability is the slope of the model's position on the position that a persona (or the examples)
declares. Sycophancy is the position with users of the positive pole minus that with users of the
negative pole. Both are weighted sums of the same cells under several conditions, so they have the
intervals of a paired difference, which generalize to other statements and wordings, not conditions.
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
"""Kind of condition -> measure."""
FEWEST = 2


def steering(under: Under, conditions: Sequence[Condition]) -> pd.DataFrame | None:
    """A row for each model, axis and kind of condition with at least two different positions; None
    if there is no such kind."""
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
    """The row of one kind of condition; none if there are no two positions to compare."""
    by_condition = {
        c: under[c.name][model]
        for c in conditions
        if axis in c.position and model in under.get(c.name, {})
    }
    declared = np.array([c.position[axis] for c in by_condition])
    kind = conditions[0].kind if conditions else ""
    coefficients = weights(declared, KINDS.get(kind, ""))
    if coefficients is None:
        return
    shared, grids = cells([p.points[axis] for p in by_condition.values()])
    result, by_topic = _estimate(shared, grids, coefficients)
    low, high = result.interval()
    yield {
        "model": model,
        "axis": axis,
        "measure": KINDS[kind],
        "kind": kind,
        "conditions": ", ".join(c.name for c in by_condition),
        "value": shared.scale * float(result.mean),
        "low": shared.scale * float(low),
        "high": shared.scale * float(high),
        "p": float(result.p),
        "statements": result.statements,
        "wordings": result.wordings,
        "units": "topics" if by_topic else "statements",
        "reason": joined(_reasons(by_condition, axis, by_topic=by_topic)),
    }


def weights(declared: Floats, measure: str) -> Floats | None:
    """Weights ``(conditions,)`` of the least-squares slope (steerability), or of the mean of the
    positive side minus that of the negative one (sycophancy); None if undefined."""
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
    """The cells that all conditions share (as in the first), and their leanings, ``(conditions,
    statements, wordings)``."""
    shared = points[0].used
    for point in points[1:]:
        shared, _, _ = common(shared, point.used)
    if not shared.statements:
        return shared, np.empty((len(points), 0, 0))
    return shared, np.array([common(shared, point.used)[1][1] for point in points])


def _estimate(shared: KeyedCells, grids: Floats, coefficients: Floats) -> tuple[Difference, bool]:
    """The weighted sum of the conditions' leanings, averaged over cells, with its standard error;
    and whether units are topics."""
    units, by_topic = grouping(shared)
    total = np.tensordot(coefficients, grids, axes=1)
    if not shared.statements:
        nothing = np.array(np.nan)
        return Difference(nothing, nothing, nothing, 0, 0, 0), by_topic
    return difference(np.zeros_like(total), total, shared.share, units, shared.lexicons), by_topic


def _reasons(
    by_condition: Mapping[Condition, Placement], axis: str, *, by_topic: bool
) -> Iterator[Reason]:
    """Caveats on the estimate."""
    if out := [c.name for c, placement in by_condition.items() if not placement.placed(axis)]:
        yield Reason(f"not placed: {', '.join(out)}")
    if not by_topic:
        yield UNTAGGED


def shares(under: Under) -> Iterator[dict[str, object]]:
    """Rows of `variance.csv`: shares of the variance of answers that are due to conditions."""
    first, *_ = under.values()
    for model in first:
        for axis in first[model].points:
            points = [m[model].points[axis] for m in under.values() if model in m]
            _, grids = cells(points)
            for source, share in variance.condition_shares(grids.reshape(len(points), -1)).items():
                yield {"model": model, "axis": axis, "source": source, "share": share}
