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
from probes.types import Tables

from . import _anchors, _backdrop, _intervals, _marks, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow, grouped, rows
from ._page import LegendEntry, Page

ANCHORS = "respondents of the set"
"""The heading over their rows."""


def draw(
    tables: Tables,
    *,
    anchors: bool = False,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model on every axis; the figure is as tall as its rows need.

    Args:
        tables: What a run concluded.
        anchors: Also draw the set's own respondents, such as parties, in rows of their own.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for an unknown style or size, no model to draw, or no such anchors.
    """
    sheet = Page(_style.look(style, width, font_size))
    models = rows(tables)
    if not models or not tables.axes:
        raise UsageError("placements.csv holds no model on any axis, so there is nothing to draw")
    lines = grouped(models, tables.axes[0].name)
    headed = len(lines) > len(models)
    if anchors:
        lines = [*lines, ModelRow(ANCHORS), *_known(tables)]
    with _style.ink():
        lines, gutter = _small_multiples.fitted(sheet, lines)
        sheet.title(f"Positions of {len(models)} model{'s' if len(models) != 1 else ''}")
        layout = _small_multiples.PanelLayout(
            lines,
            tables.scale,
            gutter=gutter,
            step=1.7 * sheet.look.size,
            digits=3.2 * sheet.look.small,
        )
        _draw_shelves(sheet, tables, layout)
        if not headed:
            sheet.legend(_marks.families(row.mark for row in models if row.mark))
        spans = [span for row in models for span in row.spans.values()]
        sheet.legend([*_intervals.strokes(spans), *_states(models), *_behind(tables)])
        sheet.caption([tables.caption, *_remarks(models)])
        return sheet.cut()


def _known(tables: Tables) -> list[ModelRow]:
    """Respondents of the set as rows: a position where there is one, and nothing about it."""
    found: dict[str, dict[str, AxisInterval]] = {}
    for axis in tables.axes:
        for one in _anchors.known(tables, [axis.name]):
            (at,) = one.at[axis.name]
            found.setdefault(one.name, {})[axis.name] = AxisInterval(at, solid=True)
    mark = _marks.ModelMark("", _style.GREY, _anchors.MARKERS[ANCHORS])
    return [ModelRow(_style.shorten(name), mark, spans, name) for name, spans in found.items()]


# --- the panels --------------------------------------------------------------------------------


def _draw_shelves(sheet: Page, tables: Tables, layout: _small_multiples.PanelLayout) -> None:
    least = _intervals.NARROWEST * sheet.look.size

    def cell(at: _small_multiples.RowCell) -> None:
        span = at.row.on(at.head)
        if at.row.mark:
            _intervals.draw_span(at.panel, at.place, at.row.mark, span, sheet.look)
            _intervals.write_position(sheet, span, *at.beside)

    def behind(panel: Axes, head: str) -> None:
        _draw_backdrop(panel, tables, head, 0.55 * sheet.look.size)

    for axes in _intervals.shelves(tables.axes, sheet.width - layout.gutter, least):
        heads = [_small_multiples.PanelHead(axis.name, f"axis:{axis.name}", axis) for axis in axes]
        _small_multiples.draw(sheet, layout, heads, cell, behind)


def _draw_backdrop(panel: Axes, tables: Tables, axis: str, size: float) -> None:
    """Random respondents as a band, constant ones as a dotted line with a mark above."""
    for one in _backdrop.respondents(tables, [axis]):
        position, sd = one.at[axis]
        if one.marker is None:
            low, high = position - 2 * sd, position + 2 * sd
            band = panel.axvspan(low, high, fc="black", alpha=_backdrop.CLOUD, lw=0, zorder=0.3)
            band.set_label(f"cloud:{one.kind}")
        else:
            panel.axvline(position, color=_style.LIGHT, lw=0.6, ls=(0, (1, 2)), zorder=0.7)
            (mark,) = panel.plot(position, 1, ms=size, ls="none", clip_on=False)
            mark.set_transform(panel.get_xaxis_transform())
            mark.set(label=f"constant:{one.kind}", **one.style)


# --- what is written ---------------------------------------------------------------------------


def _states(models: Sequence[ModelRow]) -> Iterator[LegendEntry]:
    return _marks.states(
        (span.solid, row.mark) for row in models if row.mark for span in row.spans.values()
    )


def _behind(tables: Tables) -> list[LegendEntry]:
    each = [one for axis in tables.axes for one in _backdrop.respondents(tables, [axis.name])]
    return _backdrop.legend(list({one.kind: one for one in each}.values()))


def _remarks(models: Sequence[ModelRow]) -> list[str]:
    absent = sum(any(not math.isfinite(s.position) for s in row.spans.values()) for row in models)
    return [f"Without a position on some axis: {absent}"] if absent else []
