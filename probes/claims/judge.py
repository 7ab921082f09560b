"""Outcomes of claims (held, failed, undecided), from placements: one row per claim.

Let low and high be the 95 % interval, widened by the bounds for missing answers, with the claimed
direction as positive. A claim holds if low is above its margin and fails if high is below it. A
claim about the centre holds if the interval is within the margin and fails if it is outside. It is
undecided in a trial run, if a model is not placed, or if the interval is only a lower bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from probes.claims.claim import CENTRE, Prediction
from probes.comparison.limits import limits
from probes.comparison.pair import pair
from probes.comparison.table import one_unit
from probes.types import Materials
from probes.types.reasons import APART, AT_LEAST, UNTAGGED, codes

if TYPE_CHECKING:
    import pandas as pd

    from probes.placement.model import Placement

TRIAL = "a trial run decides nothing"
Outcome = Literal["held", "failed", "undecided"]
COLUMNS = (
    *("claim", "model", "against", "axis", "pole", "margin"),
    *("position", "low", "high", "outcome", "reason"),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimate that a claim is judged by, in points of the set's scale."""

    position: float
    """The model's position; with `against`, its difference from the other model."""
    low: float
    high: float
    """End of the 95 % interval, bounds for missing answers included; NaN without an interval."""
    obstacle: str = ""
    """Why the claim cannot be decided; empty if it can."""


def judge(
    claims: Sequence[Prediction], models: "Sequence[Placement]", materials: Materials
) -> "pd.DataFrame":
    """One row per claim: the claim, its estimate, and ``held``, ``failed`` or ``undecided``."""
    import pandas as pd

    placements = {model.info.name: model for model in models}
    rows = [_row(claim, placements, materials) for claim in claims]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    claim: Prediction, placements: "Mapping[str, Placement]", materials: Materials
) -> dict[str, object]:
    absent = [name for name in claim.models if name not in placements]
    if absent:
        nan = float("nan")
        estimate = Estimate(nan, nan, nan, f"not asked yet: {' and '.join(absent)}")
    elif claim.against:
        estimate = _difference(claim, placements, materials)
    else:
        estimate = _position(claim, placements[claim.model])
    negative = {axis.name: axis.negative for axis in materials.statements.axes}[claim.axis]
    fields = {name: getattr(claim, name) for name in ("model", "against", "axis", "margin")}
    interval = {name: getattr(estimate, name) for name in ("position", "low", "high")}
    turn = -1 if claim.direction == negative else 1
    ends = sorted((turn * estimate.low, turn * estimate.high))
    outcome: Outcome = "undecided" if estimate.obstacle else _outcome(claim, *ends)
    return {
        "claim": claim.name,
        "pole": claim.direction,
        **fields,
        **interval,
        "outcome": outcome,
        "reason": estimate.obstacle,
    }


def _outcome(claim: Prediction, low: float, high: float) -> Outcome:
    if claim.direction == CENTRE:
        if -claim.margin <= low and high <= claim.margin:
            return "held"
        return "failed" if low > claim.margin or high < -claim.margin else "undecided"
    return "held" if low > claim.margin else "failed" if high < claim.margin else "undecided"


def _position(claim: Prediction, model: "Placement") -> Estimate:
    row = next(row for row in model.rows if row["axis"] == claim.axis)
    point = model.points[claim.axis]
    obstacle = ""
    if row["trial"]:
        obstacle = TRIAL
    elif not model.placed(claim.axis):
        obstacle = f"not placed: {row['reason']}"
    elif AT_LEAST.code in codes(str(row["reason"])):
        obstacle = AT_LEAST.text
    low, high = min(point.low, point.minimum), max(point.high, point.maximum)
    return Estimate(point.position, low, high, obstacle)


def _difference(
    claim: Prediction, placements: "Mapping[str, Placement]", materials: Materials
) -> Estimate:
    first, second = placements[claim.against], placements[claim.model]
    change = pair(first.points[claim.axis], second.points[claim.axis], limits(materials))
    unplaced = [model.info.name for model in (first, second) if not model.placed(claim.axis)]
    obstacle = ""
    if any(row["trial"] for model in (first, second) for row in model.rows):
        obstacle = TRIAL
    elif unplaced:
        obstacle = f"not placed: {' and '.join(unplaced)}"
    elif not one_unit(first, second):
        obstacle = APART.text
    elif change.units != "topics" or not change.statements:
        obstacle = UNTAGGED.text
    low, high = min(change.low, change.minimum), max(change.high, change.maximum)
    return Estimate(change.difference, low, high, obstacle)
