"""Differences between models: the rows of `differences.csv` and `shifts.csv` as values to draw."""

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
"""Of a figure with joint regions of differences, and intervals as crosses."""


@dataclass(frozen=True, slots=True)
class AxisDifference:
    """The difference of two models on one axis, in points."""

    start: float
    """Position of the first model."""
    change: float
    low: float
    high: float
    kind: Kind

    @property
    def reach(self) -> tuple[float, float]:
        """The interval of the difference, from where the first model stands."""
        return self.start + self.low, self.start + self.high

    @property
    def end(self) -> float:
        """Position of the second model, by the statements that both answered."""
        return self.start + self.change


@dataclass(frozen=True, slots=True)
class ModelShift:
    """A model against the one that it was trained from."""

    model: str
    against: str
    steps: dict[str, AxisDifference] = field(hash=False)
    """Axis -> the difference on it, where there is one."""

    def kind(self, axes: Sequence[str]) -> Kind:
        """The strongest kind on any of these axes."""
        seen = {self.steps[axis].kind for axis in axes}
        return "further" if "further" in seen else "decided" if "decided" in seen else "still"


def model_shifts(tables: Tables) -> list[ModelShift]:
    """Every pair of the run, in table order.

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
    """How many models, and against what: saved comparisons need not be of parent and child."""
    about = tables.models
    parents = zip(about["model"], about["parent"], strict=True) if "parent" in about else []
    if not {(move.model, move.against) for move in shown} <= set(parents):
        return plural(len(shown), "{n} difference between models", "{n} differences between models")
    return plural(len(shown), "{n} model against its parent", "{n} models against their parents")


def difference_regions(tables: Tables, axes: AxisPair) -> Mapping[tuple[str, ...], JointRegion]:
    """(model, against) -> the joint region of their difference."""
    if tables.shifts is None:
        return {}
    return joint_regions(tables.shifts, axes, ("model", "against"))
