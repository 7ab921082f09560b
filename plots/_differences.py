"""Differences between models: rows of `differences.csv` and `shifts.csv` as values to draw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes.errors import UsageError
from probes.phrases import phrase, plural
from probes.types import Tables
from probes.types.reasons import Kind, kinds

from ._dots import AxisPair, JointRegion, joint_regions

REGION = phrase(
    "A region is about both axes at once, an arm of a cross about one alone: either can reach"
    " beyond the other"
)
"""Remark of a figure that shows joint regions of differences as well as crosses of intervals."""


@dataclass(frozen=True, slots=True)
class AxisDifference:
    """Difference of two models on one axis, in points."""

    start: float
    """Position of the first model."""
    change: float
    low: float
    high: float
    kind: Kind

    @property
    def reach(self) -> tuple[float, float]:
        """Interval of the difference, added to the position of the first model."""
        return self.start + self.low, self.start + self.high

    @property
    def end(self) -> float:
        """Position of the first model plus the difference, which is paired by statement."""
        return self.start + self.change


@dataclass(frozen=True, slots=True)
class ModelShift:
    """Differences of a model from another, such as its parent."""

    model: str
    against: str
    steps: dict[str, AxisDifference] = field(hash=False)
    """Axis -> the difference on it, where there is one."""

    def kind(self, axes: Sequence[str]) -> Kind:
        """The strongest kind of change on any of these axes."""
        kinds_seen = {self.steps[axis].kind for axis in axes}
        return (
            "further"
            if "further" in kinds_seen
            else "decided"
            if "decided" in kinds_seen
            else "still"
        )


def model_shifts(tables: Tables) -> list[ModelShift]:
    """All pairs of models in the table, in its order.

    Raises:
        UsageError: no models of this run were compared.
    """
    table = tables.differences
    if table is None or table.empty:
        raise UsageError(
            "the figure 'shift' draws models against their parents, and no model of this run has"
            " its parent beside it (models.yaml: parent); `probes compare DIR A B --save` compares"
            " any two"
        )
    shifts: dict[tuple[str, str], ModelShift] = {}
    for row, kind in zip(table.to_dict("records"), kinds(table), strict=True):
        names = str(row["model"]), str(row["against"])
        shift = shifts.setdefault(names, ModelShift(*names, {}))
        start, change = float(row["position_against"]), float(row["difference"])
        if math.isfinite(start) and math.isfinite(change):
            step = AxisDifference(start, change, float(row["low"]), float(row["high"]), kind)
            shift.steps[str(row["axis"])] = step
    return list(shifts.values())


def title(shown: Sequence[ModelShift], tables: Tables) -> str:
    """Title: number of models or pairs; saved comparisons need not be of parent and child."""
    about = tables.models
    parents = zip(about["model"], about["parent"], strict=True) if "parent" in about else []
    if not {(move.model, move.against) for move in shown} <= set(parents):
        return plural(len(shown), "{n} difference between models", "{n} differences between models")
    return plural(len(shown), "{n} model against its parent", "{n} models against their parents")


def difference_regions(tables: Tables, axes: AxisPair) -> Mapping[tuple[str, ...], JointRegion]:
    """(model, against) -> joint region of their difference."""
    if tables.shifts is None:
        return {}
    return joint_regions(tables.shifts, axes, ("model", "against"))
