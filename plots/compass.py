"""The compass: two axes, one dot a model, and how sure each dot is.

Dots carry the 95 % joint ellipses of `ellipses.csv`; what could not be placed is hollow, with a
dashed outline. Behind them, in grey: where random and constant answers land. Quadrants are named
by the set's own poles. Draws finished numbers and computes none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Ellipse, Rectangle

from probes.errors import UsageError, nearest

from . import _ink, _labels
from ._sheet import EDGE, Entry, Sheet, extent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from probes.types import Axis, Tables

TINTS = (("#f1f5ee", "#f6f2e9"), ("#f6eeec", "#edf2f7"))
"""Of the quadrants: rows from below, columns from the left."""

POINTS = ("+", "_", "x", "|")
"""Marks of constant respondents."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One model's position on two axes."""

    model: str
    x: float
    y: float
    placed: bool
    mark: _ink.Mark
    spread: tuple[float, float, float, float] | None
    """Variance on x, covariance, variance on y (squared points), radius (standard units)."""


def draw(  # noqa: PLR0913
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    style: _ink.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw models on two axes of their set, by default its first two.

    Args:
        tables: What a run concluded.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        style: Sizes: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 13 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for a set with one axis, an unknown axis or style, or nothing to draw.
    """
    pair = _axes(tables, x, y)
    sheet = Sheet(_ink.look(style, width, font_size))
    with _ink.ink():
        dots, absent = _dots(tables, pair)
        models = f"{len(dots)} model{'s' if len(dots) > 1 else ''}"
        sheet.title(f"{models} on the {pair[0].name} and {pair[1].name} axes")
        panel = _panel(sheet, tables.scale, pair)
        corners = _quadrants(sheet, panel, pair)
        behind = _reference(panel, tables, pair)
        diameter = _diameter(sheet.look, len(dots))
        for dot in dots:
            _draw_dot(panel, dot, diameter)
        labels = [
            _labels.Label(d.x, d.y, _ink.shorten(d.model), _ink.BLACK if d.placed else _ink.GREY)
            for d in dots
        ]
        written = _labels.place(panel, labels, sheet.look.small, diameter, corners)
        sheet.legend([*_families(dots), *_warnings(dots), *behind])
        sheet.key(_key(dots, written))
        sheet.caption([tables.caption, *_remarks(dots, absent, written)])
        return sheet.cut()


# --- what to draw ------------------------------------------------------------------------------


def _axes(tables: Tables, x: str | None, y: str | None) -> tuple[Axis, Axis]:
    """The two axes asked for; where only one is, the first other one goes with it."""
    axes = {axis.name: axis for axis in tables.axes}
    if len(axes) < 2:
        raise UsageError(
            f"a compass needs two axes and this set has only {', '.join(axes) or 'none'};"
            " the figure 'axes' draws any number"
        )
    for name in (x, y):
        if name is not None and name not in axes:
            raise UsageError(f"this set has no axis {name!r}; {nearest(name, axes)}")
    across = x or next(name for name in axes if name != y)
    up = y or next(name for name in axes if name != across)
    if across == up:
        raise UsageError(f"a compass needs two different axes, not {across!r} twice")
    return axes[across], axes[up]


def _dots(tables: Tables, pair: tuple[Axis, Axis]) -> tuple[list[Dot], list[str]]:
    """What can be drawn, by family and name; and models that have no position."""
    rows = {
        (str(row.model), str(row.axis)): (float(row.position), row.placed is True or row.placed == 1)
        for row in tables.placements.itertuples()
    }
    spreads = _spreads(tables, pair)
    nowhere = (math.nan, False)
    dots, absent = [], []
    for model, mark in _ink.marks(tables).items():
        (x, placed_x), (y, placed_y) = (rows.get((model, axis.name), nowhere) for axis in pair)
        if math.isfinite(x) and math.isfinite(y):
            dots.append(Dot(model, x, y, placed_x and placed_y, mark, spreads.get(model)))
        else:
            absent.append(model)
    if not dots:
        raise UsageError(
            f"no model has a position on both {pair[0].name!r} and {pair[1].name!r}:"
            " there is nothing to draw"
        )
    return sorted(dots, key=lambda dot: (dot.mark.family, dot.model)), absent


def _spreads(
    tables: Tables, pair: tuple[Axis, Axis]
) -> dict[str, tuple[float, float, float, float]]:
    """Covariance and radius by model, whichever way round the table has the axes."""
    across, up = pair[0].name, pair[1].name
    found = {}
    for row in tables.ellipses.itertuples():
        numbers = float(row.var_x), float(row.cov), float(row.var_y), float(row.radius)
        if (row.x_axis, row.y_axis) == (up, across):
            numbers = numbers[2], numbers[1], numbers[0], numbers[3]
        elif (row.x_axis, row.y_axis) != (across, up):
            continue
        if all(map(math.isfinite, numbers)):
            found[str(row.model)] = numbers
    return found


# --- the panel ---------------------------------------------------------------------------------


def _panel(sheet: Sheet, scale: float, pair: tuple[Axis, Axis]) -> Axes:
    """A square from pole to pole, its ticks, and the poles' names along two sides."""
    look = sheet.look
    left = EDGE + 1.5 * look.size + extent(f"\N{MINUS SIGN}{scale:g}", look.small) + 3
    side = look.points - EDGE - left
    top = sheet.y
    panel = sheet.panel(left, side, side, "compass")
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    names = [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    panel.set(xlim=(-scale, scale), ylim=(-scale, scale), aspect="equal")
    panel.set_xticks(ticks, names)
    panel.set_yticks(ticks, names)
    sheet.y += side + 3 + 1.3 * look.small + 1.2 * look.size
    _poles(sheet, pair[0], (left, sheet.y), side, 0)
    _poles(sheet, pair[1], (EDGE + look.size, top + side), side, 90)
    sheet.y += 0.7 * look.size
    return panel


def _poles(sheet: Sheet, axis: Axis, start: tuple[float, float], length: float, turn: int) -> None:
    """An axis' name with its poles at either end, along a line that runs right or upwards."""
    negative, positive = _ink.shorten(axis.negative, 24), _ink.shorten(axis.positive, 24)
    parts = (
        (0.0, "left", f"\N{LEFTWARDS ARROW} {negative}", _ink.BLACK),
        (0.5, "center", _ink.shorten(axis.name, 24), _ink.GREY),
        (1.0, "right", f"{positive} \N{RIGHTWARDS ARROW}", _ink.BLACK),
    )
    wide = sum(extent(text, sheet.look.size) for _, _, text, _ in parts) + 2 * sheet.look.size
    for share, side, text, colour in parts:
        if share == 0.5 and wide > length:
            continue
        x, y = (start[0] + share * length, start[1]) if not turn else (start[0], start[1] - share * length)
        looks = {"ha": side, "rotation": turn, "rotation_mode": "anchor", "color": colour}
        sheet.write(x, y, text, **looks)


def _quadrants(sheet: Sheet, panel: Axes, pair: tuple[Axis, Axis]) -> list[Text]:
    """Light tints, the cross at zero, and a name in each corner."""
    scale = panel.get_xlim()[1]
    pad = 0.8 * sheet.look.small / 72 * 2 * scale / (panel.bbox.width / panel.figure.dpi)
    names = []
    for row, y_pole in enumerate((pair[1].negative, pair[1].positive)):
        for column, x_pole in enumerate((pair[0].negative, pair[0].positive)):
            corner = (column - 1) * scale, (row - 1) * scale
            panel.add_patch(Rectangle(corner, scale, scale, fc=TINTS[row][column], lw=0, zorder=0))
            x, y = (2 * column - 1) * (scale - pad), (2 * row - 1) * (scale - pad)
            name = _ink.shorten(f"{y_pole} {x_pole}", 30)
            names.append(
                panel.text(
                    x, y, name, size=sheet.look.small, color="#99938a", zorder=1,
                    ha=("left", "right")[column], va=("bottom", "top")[row], parse_math=False,
                )
            )  # fmt: skip
    for line in (panel.axhline, panel.axvline):
        line(0, color="#c9c6c0", lw=0.6, zorder=0.5)
        for tick in (-scale / 2, scale / 2):
            line(tick, color="white", lw=0.6, zorder=0.4)
    return names


def _reference(panel: Axes, tables: Tables, pair: tuple[Axis, Axis]) -> list[Entry]:
    """Random respondents as a cloud two deviations wide, constant ones as points joined by a line."""
    entries, points = [], []
    for kind, rows in tables.reference.groupby("kind", sort=False):
        at = {str(row.axis): (float(row.position), float(row.sd)) for row in rows.itertuples()}
        if not {pair[0].name, pair[1].name} <= at.keys():
            continue
        (x, sd_x), (y, sd_y) = at[pair[0].name], at[pair[1].name]
        if sd_x > 0 and sd_y > 0:
            cloud = Ellipse((x, y), 4 * sd_x, 4 * sd_y, fc="#000000", alpha=0.07, lw=0, zorder=1.5)
            cloud.set_gid("cloud")
            panel.add_patch(cloud)
            style = {"marker": "o", "color": "#000000", "alpha": 0.12, "markeredgewidth": 0}
            entries.append(Entry(f"{kind} (two standard deviations)", style))
        else:
            style = {"marker": POINTS[len(points) % len(POINTS)], "color": _ink.GREY}
            panel.plot(x, y, ms=5, mew=0.7, zorder=1.8, ls="none", gid="constant", **style)
            points.append((x, y))
            entries.append(Entry(str(kind), style | {"markeredgewidth": 0.7}))
    if points:
        panel.plot(*zip(*points, strict=True), color=_ink.LIGHT, lw=0.6, zorder=1.7)
    return entries


def _diameter(look: _ink.Look, count: int) -> float:
    """Of a dot, in points: smaller where there are many."""
    return look.size * (0.62 if count <= 20 else 0.52 if count <= 60 else 0.42)


def _draw_dot(panel: Axes, dot: Dot, diameter: float) -> None:
    colour = dot.mark.ink
    panel.plot(
        dot.x, dot.y, marker=dot.mark.marker, ms=diameter, ls="none", zorder=5,
        mfc=colour if dot.placed else "white", mec="white" if dot.placed else colour,
        mew=0.4 if dot.placed else 0.9, gid=f"dot:{dot.model}", clip_on=False,
    )  # fmt: skip
    if dot.spread is None:
        return
    var_x, cov, var_y, radius = dot.spread
    values, vectors = np.linalg.eigh([[var_x, cov], [cov, var_y]])
    minor, major = 2 * radius * np.sqrt(np.clip(values, 0, None))
    angle = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
    for z, looks in (
        (2.0, {"fc": colour, "ec": "none", "alpha": 0.08 if dot.placed else 0}),
        (2.5, {"fc": "none", "ec": colour, "alpha": 0.55, "lw": 0.6 if dot.placed else 0.5,
               "ls": "-" if dot.placed else (0, (3, 2.5))}),
    ):  # fmt: skip
        ellipse = Ellipse((dot.x, dot.y), major, minor, angle=angle, zorder=z, **looks)
        ellipse.set_gid(f"ellipse:{dot.model}" if z > 2 else None)
        panel.add_patch(ellipse)


# --- what it means -----------------------------------------------------------------------------


def _families(dots: Sequence[Dot]) -> list[Entry]:
    marks = {dot.mark.family: dot.mark for dot in dots}
    if len(marks) < 2:
        return []
    return [
        Entry(_ink.shorten(kin) or "other", {"marker": mark.marker, "color": mark.colour, "mec": "white", "mew": 0.3})
        for kin, mark in sorted(marks.items(), key=lambda item: (item[0] == "", item[0]))
    ]


def _warnings(dots: Sequence[Dot]) -> list[Entry]:
    entries = []
    if not all(dot.placed for dot in dots):
        entries.append(Entry("not placed", {"marker": "o", "mfc": "white", "mec": _ink.GREY, "mew": 0.9}))
    if any(dot.mark.pale for dot in dots):
        entries.append(
            Entry("pale: little probability on the options", {"marker": "o", "color": "#cccccc"})
        )
    return entries


def _key(dots: Sequence[Dot], written: _labels.Labelled) -> list[Entry]:
    return [
        Entry(f"{number}  {_ink.shorten(dots[i].model)}", {"marker": dots[i].mark.marker, "color": dots[i].mark.ink})
        for number, i in enumerate(written.numbered, start=1)
    ]


def _remarks(dots: Sequence[Dot], absent: Sequence[str], written: _labels.Labelled) -> list[str]:
    said = []
    if any(dot.spread for dot in dots):
        said.append("Ellipses: 95 % joint regions, wider than the interval of each axis alone")
    if absent:
        said.append(f"{_count(len(absent))} without a position not drawn")
    if missing := sum(text is None for text in written.texts):
        said.append(f"{missing} label{'s' if missing > 1 else ''} left out for want of room")
    return said


def _count(models: int) -> str:
    return f"{models} model{'s' if models > 1 else ''}"
