"""The axes: one row a model, one panel an axis; position, interval and bounds.

The figure for a referee: each number of a placement at its place, nothing to disentangle, any
number of axes. Rows are grouped by family and sorted by position on the first axis. Draws
finished numbers and computes none.
"""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from probes.errors import UsageError
from probes.types import Axis, Tables

from . import _backdrop, _ink, _marks
from ._rows import Row, Span, grouped, rows
from ._sheet import EDGE, Entry, Sheet, extent

NARROWEST = 14
"""Ems that a panel needs; where the page is too narrow for all, panels go on below."""

TALL = 30
"""Rows from which on the ticks stand above the panels too."""

BOUNDS = Path(
    [(-1, -0.6), (-1, 0.6), (-1, 0), (1, 0), (1, -0.6), (1, 0.6)],
    [Path.MOVETO, Path.LINETO] * 3,
)
"""The legend's mark for bounds: a line with ends."""


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
        for axes in _shelves(tables.axes, sheet.width - gutter, NARROWEST * sheet.look.size):
            _draw_shelf(sheet, tables, axes, lines, gutter)
        if len(lines) == len(models):
            sheet.legend(_marks.families(row.mark for row in models if row.mark))
        sheet.legend([*_strokes(models), *_states(models), *_behind(tables)])
        sheet.caption([tables.caption, *_remarks(models)])
        return sheet.cut()


# --- the panels --------------------------------------------------------------------------------


def _shelves(axes: Sequence[Axis], room: float, least: float) -> Iterator[Sequence[Axis]]:
    """Axes that stand side by side, as many as leave each panel `least` points."""
    most = max(1, int(room // least))
    shelves = math.ceil(len(axes) / most)
    each = math.ceil(len(axes) / shelves)
    for start in range(0, len(axes), each):
        yield axes[start : start + each]


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
        _rule(panel, tables.scale, len(lines))
        panel.tick_params(labeltop=above > 0, pad=4)
        _draw_backdrop(panel, tables, axis.name, 0.55 * look.size)
        for place, row in enumerate(lines):
            if row.mark:
                span, middle = row.on(axis.name), sheet.y + (place + 0.5) * step
                _draw_span(panel, place, row.mark, span, look)
                _write_position(sheet, span, left + wide + digits, middle)
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


def _write_position(sheet: Sheet, span: Span, right: float, middle: float) -> None:
    """The position in figures, beside its row."""
    known = math.isfinite(span.position)
    text = _ink.figures(span.position, "z.1f") if known else "\N{EN DASH}"
    size = sheet.look.small
    sheet.write(right, middle + 0.36 * size, text, size=size, color=_ink.GREY, ha="right")


def _rule(panel: Axes, scale: float, rows: int) -> None:
    """Room for the rows, ticks, and the line at zero."""
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    panel.set(xlim=(-scale, scale), ylim=(rows - 0.5, -0.5), yticks=[])
    panel.set_xticks(ticks, [_ink.figures(tick, "g") for tick in ticks])
    for tick in ticks:
        panel.axvline(tick, color="#c9c6c0" if tick == 0 else _ink.HAIR, lw=0.6, zorder=0.6)


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


def _draw_span(panel: Axes, place: int, mark: _marks.Mark, span: Span, look: _ink.Look) -> None:
    """Bounds as a thin line with ends, the interval as a strong one, the position as a dot."""
    if not math.isfinite(span.position):
        left, right = panel.get_xlim()
        note = panel.text(left + 0.01 * (right - left), place, "no position")
        note.set(size=look.small, color=_ink.GREY, va="center_baseline")
        return
    panel.axhline(place, color=_ink.HAIR, lw=0.4, zorder=0.5)
    if span.maximum > span.minimum:
        thin, ends = _ink.paler(mark.colour), (span.minimum, span.maximum)
        panel.plot(ends, (place, place), label="bounds", color=thin, lw=0.8, zorder=2)
        panel.vlines(ends, place - 0.25, place + 0.25, color=thin, lw=0.8, zorder=2)
    (line,) = panel.plot((span.low, span.high), (place, place), label="interval", zorder=3)
    line.set(color=mark.ink, lw=1.5, solid_capstyle="butt")
    if not span.solid:
        line.set(lw=1.0, ls=(0, (3, 2)))
    (dot,) = panel.plot(span.position, place, ls="none", zorder=4, clip_on=False, label="dot")
    dot.set(ms=0.66 * look.size, **mark.style(solid=span.solid))


# --- what is written ---------------------------------------------------------------------------


def _strokes(models: Sequence[Row]) -> Iterator[Entry]:
    strong = {"marker": "_", "color": _ink.GREY, "mew": 1.5}
    yield Entry("95\N{NO-BREAK SPACE}% interval", strong)
    if any(span.maximum > span.minimum for row in models for span in row.spans.values()):
        thin = {"marker": BOUNDS, "mfc": "none", "mec": _ink.LIGHT, "mew": 0.8}
        yield Entry("bounds: missing answers at either extreme", thin)


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
