"""Moves: the rows of `differences.csv` and `shifts.csv`, as the figure of shifts draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from probes.errors import UsageError
from probes.types import Tables

from ._dots import Pair, Spread

Kind = Literal["further", "decided", "still"]
"""Moved along an axis; only more, or less, decided; or not seen to move."""

SMALL = "by less than the margin"
DECIDED = ("more decided, not further", "less decided, not less far")
"""What a reason begins with that tells the kinds apart."""


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
        kinds = {self.steps[axis].kind for axis in axes}
        return "further" if "further" in kinds else "decided" if "decided" in kinds else "still"


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
    for row in table.to_dict("records"):
        names = str(row["model"]), str(row["against"])
        move = found.setdefault(names, ModelShift(*names, {}))
        start, change = float(row["position_against"]), float(row["difference"])
        if math.isfinite(start) and math.isfinite(change):
            kind = _kind(str(row["verdict"]), row["reason"])
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


def _kind(verdict: str, reason: object) -> Kind:
    said = reason if isinstance(reason, str) else ""  # a CSV reads an empty one as NaN
    if verdict != "moved" or SMALL in said:
        return "still"
    return "decided" if any(text in said for text in DECIDED) else "further"


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
