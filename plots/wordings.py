"""The wordings: position of each model by each single wording, one row per model.

The spread of the marks in a row shows the influence of the wording; the vertical stroke is the
position over all wordings. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _intervals, _marks, _names, _small_multiples, _style
from ._model_rows import ModelRow, group_by_family, model_rows
from ._page import LegendEntry, Page

MAX_LEGEND = 24
"""Maximum number of wordings in the legend."""
STROKE = {"marker": "|", "mew": 1.4}
"""Marker of the position over all wordings."""

Positions = Mapping[tuple[str, str], Mapping[str, float]]
"""(model, axis) -> wording -> position."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model by every wording; the figure's height depends on the number of rows.

    Raises:
        UsageError: there is no table of wordings, or it is empty; an unknown style or size.
    """
    page = Page(_style.figure_style(**style))
    positions = _read_positions(tables)
    if not positions:
        raise UsageError("wordings.csv holds no position, so there is nothing to draw")
    models = model_rows(tables)
    lines = group_by_family(models, tables.axes[0].name)
    names = list(dict.fromkeys(name for by_wording in positions.values() for name in by_wording))
    marks = {
        name: {
            "marker": _marks.MARKERS[i % len(_marks.MARKERS)],
            "mfc": _style.COLOURS[i % len(_style.COLOURS)],
            "mec": "white",
            "mew": 0.3,
        }
        for i, name in enumerate(names)
    }
    with _style.rc_context():
        by = plural(len(names), "one wording", "each of {n} wordings")
        page.title(
            plural(
                len(models),
                "Positions of {n} model by {wordings}",
                "Positions of {n} models by {wordings}",
                wordings=by,
            )
        )
        _draw_panels(page, tables, lines, positions, marks)
        listed = names if len(names) <= MAX_LEGEND else []
        page.legend([LegendEntry(_style.shorten(name), marks[name]) for name in listed])
        page.legend(
            [LegendEntry(say("position over all wordings"), {**STROKE, "color": _style.BLACK})]
        )
        page.note(_names.unclaimed(tables))
        page.caption([tables.caption, *_remarks(models, names, positions)])
        return page.finish()


def _read_positions(tables: Tables) -> Positions:
    """The positions in `wordings.csv`.

    Raises:
        UsageError: an older version wrote the folder, without that table.
    """
    table = tables.wordings
    if table is None:
        raise UsageError("wordings.csv is not there; `probes place DIR` makes it")
    positions: dict[tuple[str, str], dict[str, float]] = {}
    cells = (table[name] for name in ("model", "axis", "wording", "position"))
    for model, axis, wording, position in zip(*cells, strict=True):
        if position == position:  # noqa: PLR0124 (not NaN)
            by_wording = positions.setdefault((str(model), str(axis)), {})
            by_wording[str(wording)] = float(position)
    return positions


def _draw_panels(
    page: Page,
    tables: Tables,
    lines: Sequence[ModelRow],
    positions: Positions,
    marks: Mapping[str, dict[str, object]],
) -> None:
    look = page.look
    lines, gutter = _small_multiples.fit_names(page, lines)
    layout = _small_multiples.PanelLayout(
        lines, tables.scale, gutter, 1.7 * look.size, 3.2 * look.small
    )

    def draw_cell(cell: _small_multiples.RowCell) -> None:
        by_wording = positions.get((cell.row.model, cell.head), {})
        interval = cell.row.interval_on(cell.head)
        looks = marks if interval.solid else {name: _hollow(mark) for name, mark in marks.items()}
        _draw_row(cell.panel, cell.place, by_wording, looks, look)
        if interval.drawn:
            (stroke,) = cell.panel.plot(interval.position, cell.place, ls="none", zorder=2.5)
            colour = _style.BLACK if interval.solid else _style.LIGHT
            stroke.set(label="position", ms=1.3 * look.size, color=colour, **STROKE)
        _intervals.write_position(page, interval, *cell.beside)

    _small_multiples.draw_axes(page, layout, tables.axes, draw_cell)


def _hollow(mark: Mapping[str, object]) -> dict[str, object]:
    """The mark of a wording if the model makes no claim."""
    return {**mark, "mfc": "white", "mec": mark["mfc"], "mew": 0.8}


def _draw_row(
    panel: Axes,
    place: int,
    positions: Mapping[str, float],
    marks: Mapping[str, dict[str, object]],
    look: _style.FigureStyle,
) -> None:
    """Draw a thin line from the minimum to the maximum position, and a mark for each wording."""
    panel.axhline(place, color=_style.HAIR, lw=0.4, zorder=0.5)
    if not positions:
        left, right = panel.get_xlim()
        note = panel.text(left + 0.01 * (right - left), place, say("no position"))
        note.set(size=look.small, color=_style.GREY, va="center_baseline")
        return
    ends = min(positions.values()), max(positions.values())
    panel.plot(ends, (place, place), color=_style.LIGHT, lw=1.0, zorder=2, label="spread")
    for name, position in positions.items():
        (mark,) = panel.plot(position, place, ls="none", ms=0.52 * look.size, zorder=3)
        mark.set(label=f"wording:{name}", clip_on=False, **marks[name])


def _remarks(models: Sequence[ModelRow], names: Sequence[str], positions: Positions) -> list[str]:
    remarks = []
    if len(names) > MAX_LEGEND:
        remarks.append(say("{n} wordings: wordings.csv has their names", n=len(names)))
    if any(not interval.solid for row in models for interval in row.intervals.values()):
        remarks.append(say("Grey name, hollow marks: no claim is made of it"))
    if any(len(by_wording) == 1 for by_wording in positions.values()):
        remarks.append(
            say("A single mark in a row: asked in one wording, so that no spread is known")
        )
    return remarks
