"""The timeline: positions against release date, parameters or access, a panel an axis.

Lines run from each model to those that were trained from it, such as from a base model to its
aligned form, where both are in the run. Draws finished numbers and computes none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from probes.errors import UsageError, nearest
from probes.types import Axis, Tables

from . import _marks, _names, _style, _time_axis
from ._model_rows import AxisInterval, ModelRow, rows
from ._page import EDGE, LegendEntry, Page, extent

ARROW = Path(
    [(-1, 0), (1, 0), (0.4, 0.5), (1, 0), (0.4, -0.5)],
    [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO],
)
KIN = {"marker": ARROW, "mfc": "none", "mec": _style.GREY, "mew": 0.9}
"""The legend's mark of a line between kin."""


@dataclass(frozen=True, slots=True)
class _Point(_names.DotName):
    """A model on one axis."""

    span: AxisInterval


def draw(
    tables: Tables,
    *,
    by: str = "released",
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw positions against what `models.csv` says of the models.

    Args:
        tables: What a run concluded.
        by: ``released`` (year and month), ``parameters`` or ``access`` (open, gated, api).
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for something else than these three, an unknown style or size, or no model
            with a position of which it is known.
    """
    if by not in _time_axis.KINDS:
        raise UsageError(f"--by {by}: {nearest(by, _time_axis.KINDS)}")
    sheet = Page(_style.look(style, width, font_size))
    models = rows(tables)
    ruler = _time_axis.ruler(tables, by, [row.model for row in models if _placed(row)])
    shown = {axis: _points(models, axis.name, ruler.at) for axis in tables.axes}
    shown = {axis: points for axis, points in shown.items() if points}
    every = [point for points in shown.values() for point in points]
    if not every:
        raise UsageError(
            f"no model with a position has {_time_axis.WANTS[by]}, so there is nothing to draw; an"
            f" entry of models.yaml can say it ({_time_axis.SAYS[by]})"
        )
    with _style.ink():
        marks = {point.model: point.mark for point in every}
        count = f"{len(marks)} model{'s' if len(marks) != 1 else ''}"
        sheet.title(f"Positions of {count} by {_time_axis.TITLES[by]}")
        kin, numbered = _kin(tables), _names.numbers(marks)
        missing = 0
        for axis, points in shown.items():
            panel = _panel(sheet, tables.scale, axis, ruler, _tall(sheet, len(shown)))
            _draw_kin(panel, points, kin)
            missing += _draw_points(sheet, panel, points, numbered)
        sheet.legend(_marks.families(marks.values()))
        sheet.legend(_meanings(shown, kin))
        solid = {point.model: point.solid for point in every}
        sheet.key(_names.key(marks, solid, numbered))
        absent = (
            f"Not drawn, without {_time_axis.WANTS[by]} or a position: {len(models) - len(marks)}"
        )
        small = [tables.caption, absent if len(models) > len(marks) else ""]
        room = f"Not labelled, for want of room: {missing}" if missing else ""
        sheet.caption([*small, _time_axis.SMALL[by], room])
        return sheet.cut()


def _placed(row: ModelRow) -> bool:
    return any(math.isfinite(span.position) for span in row.spans.values())


def _points(models: Sequence[ModelRow], axis: str, at: Mapping[str, float]) -> list[_Point]:
    """Models of which both are known."""
    return [
        _Point(row.model, at[row.model], span.position, span.solid, row.mark, span)
        for row in models
        if row.mark and row.model in at
        for span in [row.on(axis)]
        if math.isfinite(span.position)
    ]


def _kin(tables: Tables) -> dict[str, str]:
    """Model -> the model that it was trained from, where that is in the run."""
    models = set(tables.models["model"].astype(str))
    pairs = zip(tables.models["model"], tables.models["parent"], strict=True)
    return {str(model): str(parent) for model, parent in pairs if str(parent) in models}


# --- the panels --------------------------------------------------------------------------------


def _tall(sheet: Page, panels: int) -> float:
    """Height of a panel: on a slide, so that all fit on one if they can."""
    look = sheet.look
    slide = (0.5625 * look.points - 12 * look.size) / panels - 3 * look.size
    return max(15 * look.size, slide if look.beside else 0.36 * look.points)


def _panel(sheet: Page, scale: float, axis: Axis, ruler: _time_axis.RightAxis, tall: float) -> Axes:
    """Time or size to the right, the axis upwards."""
    look, top = sheet.look, sheet.y
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    names = [_style.figures(tick, "g") for tick in ticks]
    left = EDGE + 1.5 * look.size + max(extent(name, look.small) for name in names) + 3
    wide = look.points - EDGE - left
    panel = sheet.panel(left, wide, tall, f"axis:{axis.name}")
    panel.set(xlim=ruler.ends, ylim=(-scale, scale))
    panel.set_yticks(ticks, names)
    panel.set_xticks(list(ruler.ticks), list(ruler.ticks.values()))
    for tick in ticks:
        panel.axhline(tick, color="#c9c6c0" if tick == 0 else _style.HAIR, lw=0.6, zorder=0.6)
    for tick in ruler.lines:
        panel.axvline(tick, color=_style.HAIR, lw=0.6, zorder=0.5)
    sheet.poles(axis, (EDGE + look.size, top + tall), tall, turn=90)
    sheet.y = top + tall + 3 + 1.3 * look.small + 1.1 * look.size
    return panel


def _draw_kin(panel: Axes, points: Sequence[_Point], kin: Mapping[str, str]) -> None:
    """A line with a head from each model to those trained from it."""
    there = {point.model: point for point in points}
    for model, parent in kin.items():
        if model in there and parent in there:
            child, base = there[model], there[parent]
            arrow = {"arrowstyle": "-|>,head_length=0.32,head_width=0.14", "lw": 0.9}
            panel.annotate(
                "", (child.x, child.y), (base.x, base.y), zorder=2.6, label=f"kin:{model}",
                arrowprops={**arrow, "color": child.mark.colour, "shrinkA": 2.5, "shrinkB": 2.5},
            )  # fmt: skip


def _draw_points(
    sheet: Page, panel: Axes, points: Sequence[_Point], numbered: Mapping[str, int]
) -> int:
    """Intervals as thin upright lines, dots, and names; how many names found no room."""
    diameter = (0.62 if len(points) <= 60 else 0.44) * sheet.look.size
    for point in points:
        ends, span = (point.x, point.x), point.span
        (line,) = panel.plot(ends, (span.low, span.high), zorder=2, label="interval")
        line.set(color=point.mark.ink, lw=0.7, alpha=0.55, ls="-" if point.solid else (0, (3, 2)))
        (dot,) = panel.plot(point.x, point.y, ls="none", ms=diameter, zorder=5, clip_on=False)
        dot.set(label=f"dot:{point.model}", **point.mark.style(solid=point.solid))
    return _names.write(panel, points, numbered, sheet.look.small, diameter)


# --- what is written ---------------------------------------------------------------------------


def _meanings(shown: Mapping[Axis, Sequence[_Point]], kin: Mapping[str, str]) -> list[LegendEntry]:
    every = [point for points in shown.values() for point in points]
    drawn = {point.model for point in every}
    found = [
        LegendEntry(
            "95\N{NO-BREAK SPACE}% interval", {"marker": "|", "color": _style.GREY, "mew": 0.7}
        )
    ]
    if any(model in drawn and parent in drawn for model, parent in kin.items()):
        found.append(LegendEntry("from a model to one trained from it", KIN))
    return [*found, *_marks.states((point.solid, point.mark) for point in every)]
