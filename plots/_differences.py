"""Moves: the rows of `differences.csv` and `shifts.csv`, as the figure of shifts draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from probes.errors import UsageError
from probes.types import Tables
from probes.types.reasons import Kind, kinds

from ._dots import Pair, Spread


@dataclass(frozen=True, slots=True)
class AxisDifference:
    """The difference of two models on one axis, in points."""

    start: float
    """Where the first one stands."""
    change: float
    low: float
    high: float
    kind: Kind

    @property
    def end(self) -> float:
        """Where the second one stands, by the statements that both answered."""
        return self.start + self.change


@dataclass(frozen=True, slots=True)
class ModelShift:
    """A model against the one that it was trained from."""

    model: str
    against: str
    steps: dict[str, AxisDifference] = field(hash=False)
    """By axis, where there is a difference."""

    def kind(self, axes: Sequence[str]) -> Kind:
        """Of the move on some axes: the most that is seen on any."""
        seen = {self.steps[axis].kind for axis in axes}
        return "further" if "further" in seen else "decided" if "decided" in seen else "still"


def moves(tables: Tables) -> list[ModelShift]:
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
    found: dict[tuple[str, str], ModelShift] = {}
    for row, kind in zip(table.to_dict("records"), kinds(table), strict=True):
        names = str(row["model"]), str(row["against"])
        move = found.setdefault(names, ModelShift(*names, {}))
        start, change = float(row["position_against"]), float(row["difference"])
        if math.isfinite(start) and math.isfinite(change):
            step = AxisDifference(start, change, float(row["low"]), float(row["high"]), kind)
            move.steps[str(row["axis"])] = step
    return list(found.values())


def title(shown: Sequence[ModelShift], tables: Tables) -> str:
    """How many models, and against what; saved comparisons need not be of kin."""
    about = tables.models
    parents = zip(about["model"], about["parent"], strict=True) if "parent" in about else []
    if not {(move.model, move.against) for move in shown} <= set(parents):
        return f"{len(shown)} difference{'s' if len(shown) != 1 else ''} between models"
    if len(shown) == 1:
        return "1 model against its parent"
    return f"{len(shown)} models against their parents"


def regions(tables: Tables, axes: Pair) -> dict[tuple[str, str], Spread]:
    """(model, against) -> the joint region of their difference, whichever way round axes are."""
    found: dict[tuple[str, str], Spread] = {}
    across, up = axes[0].name, axes[1].name
    for row in [] if tables.shifts is None else tables.shifts.to_dict("records"):
        x, both, y, radius = (float(row[n]) for n in ("var_x", "cov", "var_y", "radius"))
        if (row["x_axis"], row["y_axis"]) == (up, across):
            x, y = y, x
        elif (row["x_axis"], row["y_axis"]) != (across, up):
            continue
        if all(map(math.isfinite, (x, both, y, radius))):
            found[str(row["model"]), str(row["against"])] = (x, both, y, radius)
    return found
