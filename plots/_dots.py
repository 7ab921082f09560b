"""Dots: models on two axes of their set, as the tables have them."""

import math
from dataclasses import dataclass

from probes.errors import UsageError, nearest
from probes.types import Axis, Tables, reasons

from ._marks import ModelMark, marks

Pair = tuple[Axis, Axis]
Spread = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """One model's position on two axes."""

    model: str
    x: float
    y: float
    solid: bool
    """A claim is made of its position, on both axes."""
    mark: ModelMark
    spread: Spread | None
    """Variance on x, covariance, variance on y (squared points), radius (standard units)."""


def pair(tables: Tables, x: str | None, y: str | None) -> Pair:
    """The two axes asked for; where only one is, the first other one goes with it.

    Raises:
        UsageError: the set has one axis, or not those, or they are the same.
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


def dots(tables: Tables, axes: Pair) -> tuple[list[Dot], list[str]]:
    """What can be drawn, by family and name; and the models that have no position.

    Raises:
        UsageError: no model has a position on both axes.
    """
    columns = (tables.placements[name] for name in ("model", "axis", "position"))
    positions = {
        (str(model), str(axis)): float(at) for model, axis, at in zip(*columns, strict=True)
    }
    claims = reasons.claims(tables)
    spreads = _spreads(tables, axes)
    found, absent = [], []
    for model, mark in marks(tables).items():
        x, y = (positions.get((model, axis.name), math.nan) for axis in axes)
        if math.isfinite(x) and math.isfinite(y):
            solid = all(claims[model, axis.name] for axis in axes)
            found.append(Dot(model, x, y, solid, mark, spreads.get(model)))
        else:
            absent.append(model)
    if not found:
        raise UsageError(
            f"no model has a position on both axes ({axes[0].name}, {axes[1].name}), so there is"
            " nothing to draw; placements.csv says why"
        )
    return sorted(found, key=lambda dot: (dot.mark.family, dot.model)), absent


def _spreads(tables: Tables, axes: Pair) -> dict[str, Spread]:
    """Covariance and radius of each model, whichever way round the table has the axes."""
    across, up = axes[0].name, axes[1].name
    found: dict[str, Spread] = {}
    columns = ("model", "x_axis", "y_axis", "var_x", "cov", "var_y", "radius")
    for model, x_axis, y_axis, *shape in zip(*(tables.ellipses[c] for c in columns), strict=True):
        x, both, y, radius = map(float, shape)
        if (x_axis, y_axis) == (up, across):
            x, y = y, x
        elif (x_axis, y_axis) != (across, up):
            continue
        if all(map(math.isfinite, (x, both, y, radius))):
            found[str(model)] = (x, both, y, radius)
    return found
