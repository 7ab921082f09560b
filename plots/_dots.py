"""Models as dots on two axes of their set, with their joint confidence regions."""

import math
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from probes.errors import UsageError, nearest
from probes.phrases import phrase, say
from probes.types import Axis, Tables, reasons

from ._marks import ModelMark, marks

if TYPE_CHECKING:
    import pandas as pd

AxisPair = tuple[Axis, Axis]
UNBOUNDED = (-math.inf, math.inf)
NO_POSITION = phrase("no position")
UNKNOWN = (math.nan, math.nan)
NESTED, SMALLEST = 0.68, 0.2
"""Diameter of a dot relative to the dot below it; minimum relative to the usual diameter."""


class JointRegion(NamedTuple):
    """Joint 95 % region around a point; variances in squared points."""

    var_x: float
    cov: float
    var_y: float
    radius: float
    """Radius in standard deviations."""
    x_ends: tuple[float, float] = UNBOUNDED
    """Ends of the scale; the region is compressed so that it lies between them."""
    y_ends: tuple[float, float] = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Dot:
    """Position of one model on two axes."""

    model: str
    x: float
    y: float
    solid: bool
    """Whether its position makes a claim on both axes."""
    mark: ModelMark
    region: JointRegion | None
    ends: tuple[tuple[float, float], tuple[float, float]] = (UNKNOWN, UNKNOWN)
    """(low, high) of its horizontal and of its vertical interval; NaN without one."""

    @property
    def whiskers(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        """Its intervals as lines through the dot: [(xs, ys), ...]."""
        across, up = self.ends
        lines = [(across, (self.y, self.y)), ((self.x, self.x), up)]
        return [line for line in lines if all(map(math.isfinite, (*line[0], *line[1])))]


def axis_pair(tables: Tables, x: str | None, y: str | None) -> AxisPair:
    """The two axes by name; for None, the first axis that is not taken.

    Raises:
        UsageError: the set has fewer than two axes, or not these, or they are the same.
    """
    axes = {axis.name: axis for axis in tables.axes}
    if len(axes) < 2:
        raise UsageError(
            f"a compass needs two axes, and this set has only {', '.join(axes) or 'none'};"
            " the figure 'axes' draws any number of them"
        )
    for name in (x, y):
        if name is not None and name not in axes:
            raise UsageError(f"this set has no axis {name!r}; {nearest(name, axes)}")
    across = x or next(name for name in axes if name != y)
    up = y or next(name for name in axes if name != across)
    if across == up:
        raise UsageError(f"a compass needs two different axes, not {across!r} twice")
    return axes[across], axes[up]


def dots(
    tables: Tables, axes: AxisPair, kept: Container[str] = ()
) -> tuple[list[Dot], dict[str, str]]:
    """Dots sorted by family and name; and model -> reason, for models not placed on both axes.

    Of these, only those in `kept` have a dot, too.

    Raises:
        UsageError: no model has a position on both axes.
    """
    columns = (tables.placements[name] for name in ("model", "axis", "position", "low", "high"))
    numbers = {(str(model), str(axis)): ends for model, axis, *ends in zip(*columns, strict=True)}
    names = [axis.name for axis in axes]
    claims, why = reasons.claims(tables), reasons.unplaced_models(tables, names)
    regions = joint_regions(tables.ellipses, axes, ("model",))
    shown, absent, any_position = [], dict[str, str](), False
    for model, mark in marks(tables).items():
        (x, *across), (y, *up) = (numbers.get((model, axis.name), (math.nan,) * 3) for axis in axes)
        finite = math.isfinite(x) and math.isfinite(y)
        any_position = any_position or finite
        if not finite or model in why:
            absent[model] = why.get(model, say(NO_POSITION))
        if finite and (model in kept or model not in why):
            solid = all(claims[model, axis.name] for axis in axes)
            ends = (across[0], across[1]), (up[0], up[1])
            shown.append(Dot(model, x, y, solid, mark, regions.get((model,)), ends))
    if not any_position:
        raise UsageError(
            f"no model has a position on both axes ({axes[0].name}, {axes[1].name}), so there is"
            " nothing to draw; placements.csv says why"
        )
    return sorted(shown, key=lambda dot: (dot.mark.family, dot.model)), absent


def nesting(dots: Sequence[Dot], reach: float) -> list[float]:
    """Factors of the dots' diameters: each dot within `reach` (points of the scale) of earlier ones
    is smaller than the one below it, so that none is hidden."""
    sizes: list[float] = []
    for i, dot in enumerate(dots):
        below = sum(math.hypot(dot.x - other.x, dot.y - other.y) <= reach for other in dots[:i])
        sizes.append(max(NESTED**below, SMALLEST))
    return sizes


def joint_regions(
    table: "pd.DataFrame", axes: AxisPair, key: Sequence[str]
) -> dict[tuple[str, ...], JointRegion]:
    """Values of the columns `key` -> joint region; rows with the axes exchanged are transposed."""
    across, up = axes[0].name, axes[1].name
    regions: dict[tuple[str, ...], JointRegion] = {}
    for row in table.to_dict("records"):
        var_x, cov, var_y, radius = (float(row[n]) for n in ("var_x", "cov", "var_y", "radius"))
        x_ends, y_ends = _ends(row, "x"), _ends(row, "y")
        if (row["x_axis"], row["y_axis"]) == (up, across):
            var_x, var_y, x_ends, y_ends = var_y, var_x, y_ends, x_ends
        elif (row["x_axis"], row["y_axis"]) != (across, up):
            continue
        if all(map(math.isfinite, (var_x, cov, var_y, radius))):
            region = JointRegion(var_x, cov, var_y, radius, x_ends, y_ends)
            regions[tuple(str(row[name]) for name in key)] = region
    return regions


def _ends(row: Mapping[Hashable, object], side: str) -> tuple[float, float]:
    """Ends of the scale; infinite for differences and for tables of an older version."""
    ends = (row.get(f"{side}_from"), row.get(f"{side}_to"))
    return UNBOUNDED if None in ends else (float(str(ends[0])), float(str(ends[1])))
