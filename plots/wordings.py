"""The wordings: where each model would stand by each wording alone, one row a model.

The spread of the marks in a row is what the wording makes of a model; the upright stroke is its
position, over all wordings. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.types import Tables

from . import _intervals, _marks, _small_multiples, _style
from ._model_rows import ModelRow, grouped, rows
from ._page import LegendEntry, Page

LISTED = 24
"""Most wordings that a legend names."""
STROKE = {"marker": "|", "mew": 1.4}
"""How the position over all wordings is marked."""

Spread = Mapping[tuple[str, str], Mapping[str, float]]
"""(model, axis) -> wording -> position."""


def draw(
    tables: Tables,
    *,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model by every wording; the figure is as tall as its rows need.

    Args:
        tables: What a run concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: there is no table of wordings, or nothing in it; an unknown style or size.
    """
    sheet = Page(_style.look(style, width, font_size))
    spread = _spread(tables)
    if not spread:
        raise UsageError("wordings.csv holds no position, so there is nothing to draw")
    models = rows(tables)
    lines = grouped(models, tables.axes[0].name)
    names = list(dict.fromkeys(name for at in spread.values() for name in at))
    looks = {
        name: {
            "marker": _marks.MARKERS[i % len(_marks.MARKERS)],
            "mfc": _style.COLOURS[i % len(_style.COLOURS)],
            "mec": "white",
            "mew": 0.3,
        }
        for i, name in enumerate(names)
    }
    with _style.ink():
        count = f"{len(models)} model{'s' if len(models) != 1 else ''}"
        by = f"each of {len(names)} wordings" if len(names) > 1 else "one wording"
        sheet.title(f"Positions of {count} by {by}")
        _draw_shelves(sheet, tables, lines, spread, looks)
        listed = names if len(names) <= LISTED else []
        sheet.legend([LegendEntry(_style.shorten(name), looks[name]) for name in listed])
        sheet.legend([LegendEntry("position over all wordings", {**STROKE, "color": _style.BLACK})])
        sheet.caption([tables.caption, *_remarks(models, names, spread)])
        return sheet.cut()


def _spread(tables: Tables) -> Spread:
    """What `wordings.csv` has.

    Raises:
        UsageError: an older version wrote the folder, without that table.
    """
    table = tables.wordings
    if table is None:
        raise UsageError("wordings.csv is not there; `probes place DIR` makes it")
    found: dict[tuple[str, str], dict[str, float]] = {}
    cells = (table[name] for name in ("model", "axis", "wording", "position"))
    for model, axis, wording, position in zip(*cells, strict=True):
        if position == position:  # noqa: PLR0124 (not NaN)
            at = found.setdefault((str(model), str(axis)), {})
            at[str(wording)] = float(position)
    return found


def _draw_shelves(
    sheet: Page,
    tables: Tables,
    lines: Sequence[ModelRow],
    spread: Spread,
    looks: Mapping[str, dict[str, object]],
) -> None:
    look = sheet.look
    lines, gutter = _small_multiples.fitted(sheet, lines)
    layout = _small_multiples.PanelLayout(
        lines,
        tables.scale,
        gutter=gutter,
        step=1.7 * look.size,
        digits=3.2 * look.small,
    )

    def cell(at: _small_multiples.RowCell) -> None:
        found = spread.get((at.row.model, at.head), {})
        _draw_row(at.panel, at.place, found, looks, look)
        span = at.row.on(at.head)
        (stroke,) = at.panel.plot(span.position, at.place, ls="none", zorder=2.5)
        colour = _style.BLACK if span.solid else _style.LIGHT
        stroke.set(label="position", ms=1.3 * look.size, color=colour, **STROKE)
        _intervals.write_position(sheet, span, *at.beside)

    least = _intervals.NARROWEST * look.size
    for axes in _intervals.shelves(tables.axes, sheet.width - layout.gutter, least):
        heads = [_small_multiples.PanelHead(axis.name, f"axis:{axis.name}", axis) for axis in axes]
        _small_multiples.draw(sheet, layout, heads, cell)


def _draw_row(
    panel: Axes,
    place: int,
    found: Mapping[str, float],
    looks: Mapping[str, dict[str, object]],
    look: _style.FigureStyle,
) -> None:
    """A thin line from the least to the greatest position, and a mark for each wording."""
    panel.axhline(place, color=_style.HAIR, lw=0.4, zorder=0.5)
    if not found:
        left, right = panel.get_xlim()
        note = panel.text(left + 0.01 * (right - left), place, "no position")
        note.set(size=look.small, color=_style.GREY, va="center_baseline")
        return
    ends = min(found.values()), max(found.values())
    panel.plot(ends, (place, place), color=_style.LIGHT, lw=1.0, zorder=2, label="spread")
    for name, position in found.items():
        (mark,) = panel.plot(position, place, ls="none", ms=0.52 * look.size, zorder=3)
        mark.set(label=f"wording:{name}", clip_on=False, **looks[name])


def _remarks(models: Sequence[ModelRow], names: Sequence[str], spread: Spread) -> list[str]:
    said = []
    if len(names) > LISTED:
        said.append(f"{len(names)} wordings: wordings.csv has their names")
    if any(not span.solid for row in models for span in row.spans.values()):
        said.append("Grey strokes and names: not placed, or missing answers could move it")
    if any(len(at) == 1 for at in spread.values()):
        said.append("A single mark in a row: asked in one wording, so that no spread is known")
    return said
