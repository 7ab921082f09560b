"""The axes: one row a model, one panel an axis; position, interval and bounds.

The figure for a referee: each number of a placement at its place, nothing to disentangle, any
number of axes. Rows are grouped by family and sorted by position on the first axis. Draws
finished numbers and computes none.
"""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.types import Axis, Tables

from . import _backdrop, _ink, _marks, _spans
from ._rows import Row, grouped, rows
from ._sheet import EDGE, Entry, Sheet, extent

TALL = 30
"""Rows from which on the ticks stand above the panels too."""


def draw(
    tables: Tables,
    *,
    style: _ink.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model on every axis; the figure is as tall as its rows need.

    Args:
        tables: What a run concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for an unknown style or size, or no model to draw.
    """
    sheet = Sheet(_ink.look(style, width, font_size))
    models = rows(tables)
    if not models:
        raise UsageError("placements.csv holds no model, so there is nothing to draw")
    lines = grouped(models, tables.axes[0].name)
    with _ink.ink():
        sheet.title(f"Positions of {len(models)} model{'s' if len(models) != 1 else ''}")
        gutter = max(extent(row.name, sheet.look.size) for row in lines) + 2 * sheet.look.size
        least = _spans.NARROWEST * sheet.look.size
        for axes in _spans.shelves(tables.axes, sheet.width - gutter, least):
            _draw_shelf(sheet, tables, axes, lines, gutter)
        if len(lines) == len(models):
            sheet.legend(_marks.families(row.mark for row in models if row.mark))
        spans = [span for row in models for span in row.spans.values()]
        sheet.legend([*_spans.strokes(spans), *_states(models), *_behind(tables)])
        sheet.caption([tables.caption, *_remarks(models)])
        return sheet.cut()


# --- the panels --------------------------------------------------------------------------------


def _draw_shelf(
    sheet: Sheet, tables: Tables, axes: Sequence[Axis], lines: Sequence[Row], gutter: float
) -> None:
    """Names once, then a panel for each of `axes`; the page is written down to the ticks."""
    look, digits = sheet.look, 3.2 * sheet.look.small
    step, gap = 1.7 * look.size, digits + 1.2 * look.size
    wide = (sheet.width - gutter - digits - gap * (len(axes) - 1)) / len(axes)
    above = 1.6 * look.small if len(lines) > TALL else 0.0
    sheet.y += 3.2 * look.size + above
    for k, axis in enumerate(axes):
        left = EDGE + gutter + k * (wide + gap)
        head = sheet.y - 0.7 * look.size - above
        sheet.write(left + wide / 2, head - 1.5 * look.size, axis.name, ha="center")
        sheet.poles(axis, (left, head), wide, named=False)
        panel = sheet.panel(left, wide, step * len(lines), f"axis:{axis.name}")
        _spans.rule(panel, tables.scale, -0.5, len(lines) - 0.5)
        panel.tick_params(labeltop=above > 0, pad=4)
        _draw_backdrop(panel, tables, axis.name, 0.55 * look.size)
        for place, row in enumerate(lines):
            if row.mark:
                span, middle = row.on(axis.name), sheet.y + (place + 0.5) * step
                _spans.draw_span(panel, place, row.mark, span, look)
                _spans.write_position(sheet, span, left + wide + digits, middle)
    headed = any(row.mark is None for row in lines)
    for place, row in enumerate(lines):
        indent = 0.9 * look.size if headed and row.mark else 0
        _write_name(sheet, row, indent, sheet.y + (place + 0.5) * step)
    sheet.y += step * len(lines) + 4 + 1.6 * look.small


def _write_name(sheet: Sheet, row: Row, indent: float, middle: float) -> None:
    """A model's name, grey where it is placed on no axis; or a family's, smaller."""
    placed = any(span.solid for span in row.spans.values())
    size = sheet.look.size if row.mark else sheet.look.small
    colour = _ink.BLACK if placed else _ink.GREY
    y = middle + 0.36 * size
    sheet.write(EDGE + indent, y, row.name, size=size, color=colour, label="name")


def _draw_backdrop(panel: Axes, tables: Tables, axis: str, size: float) -> None:
    """Random respondents as a band, constant ones as a dotted line with a mark above."""
    for one in _backdrop.respondents(tables, [axis]):
        position, sd = one.at[axis]
        if one.marker is None:
            low, high = position - 2 * sd, position + 2 * sd
            band = panel.axvspan(low, high, fc="black", alpha=_backdrop.CLOUD, lw=0, zorder=0.3)
            band.set_label(f"cloud:{one.kind}")
        else:
            panel.axvline(position, color=_ink.LIGHT, lw=0.6, ls=(0, (1, 2)), zorder=0.7)
            (mark,) = panel.plot(position, 1, ms=size, ls="none", clip_on=False)
            mark.set_transform(panel.get_xaxis_transform())
            mark.set(label=f"constant:{one.kind}", **one.style)


# --- what is written ---------------------------------------------------------------------------


def _states(models: Sequence[Row]) -> Iterator[Entry]:
    return _marks.states(
        (span.solid, row.mark) for row in models if row.mark for span in row.spans.values()
    )


def _behind(tables: Tables) -> list[Entry]:
    each = [one for axis in tables.axes for one in _backdrop.respondents(tables, [axis.name])]
    return _backdrop.legend(list({one.kind: one for one in each}.values()))


def _remarks(models: Sequence[Row]) -> list[str]:
    absent = sum(any(not math.isfinite(s.position) for s in row.spans.values()) for row in models)
    return [f"Without a position on some axis: {absent}"] if absent else []
