"""The axes: one row per model, one panel per axis; position, interval and bounds.

Shows every number of a placement, for any number of axes. Rows are grouped by family and sorted by
position on the first axis. Draws finished numbers and computes none.
"""

from collections.abc import Iterator, Sequence
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _anchors, _backdrop, _intervals, _marks, _names, _people, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow, group_by_family, model_rows
from ._page import LegendEntry, Page

ANCHORS = "respondents of the set"
"""Heading above the rows of the set's own respondents."""


def draw(tables: Tables, *, anchors: bool = False, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model on every axis; the figure's height depends on the number of rows.

    Args:
        tables: Results of a run.
        anchors: Whether to draw the set's own respondents, such as parties, in further rows.
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: for an unknown style or size, no model to draw, or no such anchors.
    """
    page = Page(_style.figure_style(**style))
    models = model_rows(tables)
    if not models or not tables.axes:
        raise UsageError("placements.csv holds no model on any axis, so there is nothing to draw")
    lines = group_by_family(models, tables.axes[0].name)
    headed = len(lines) > len(models)
    if anchors:
        lines = [*lines, ModelRow(say(ANCHORS)), *_anchor_rows(tables)]
    lines = [*lines, *_people.rows(tables)]
    with _style.rc_context():
        lines, gutter = _small_multiples.fit_names(page, lines)
        page.title(plural(len(models), "Positions of {n} model", "Positions of {n} models"))
        layout = _small_multiples.PanelLayout(
            lines, tables.scale, gutter, 1.7 * page.look.size, 3.2 * page.look.small
        )
        _draw_panels(page, tables, layout)
        if not headed:
            page.legend(_marks.family_legend(row.mark for row in models if row.mark))
        intervals = [interval for row in models for interval in row.intervals.values()]
        behind = [*_backdrop_legend(tables), *_people.legend(tables, one_axis=True)]
        page.legend([*_intervals.legend(intervals), *_states(models), *behind])
        page.note(_names.unclaimed(tables))
        about = [tables.caption, tables.intervals, *_people.remarks(tables)]
        page.caption([*about, *_remarks(models)])
        return page.finish()


def _anchor_rows(tables: Tables) -> list[ModelRow]:
    """Respondents of the set as rows: positions without intervals."""
    respondents: dict[str, dict[str, AxisInterval]] = {}
    for axis in tables.axes:
        for anchor in _anchors.set_respondents(tables, [axis.name]):
            (position,) = anchor.at[axis.name]
            intervals = respondents.setdefault(anchor.name, {})
            intervals[axis.name] = AxisInterval(position, solid=True)
    mark = _marks.ModelMark("", _style.GREY, _anchors.MARKERS[ANCHORS])
    return [
        ModelRow(_style.shorten(name), mark, intervals, name)
        for name, intervals in respondents.items()
    ]


# --- the panels --------------------------------------------------------------------------------


def _draw_panels(page: Page, tables: Tables, layout: _small_multiples.PanelLayout) -> None:
    def draw_cell(cell: _small_multiples.RowCell) -> None:
        interval = cell.row.interval_on(cell.head)
        if cell.row.mark and cell.row.people:
            _people.draw_row(cell.panel, cell.place, cell.row.mark, interval, page.look)
            _intervals.write_position(page, interval, *cell.beside)
        elif cell.row.mark:
            _intervals.draw_interval(cell.panel, cell.place, cell.row.mark, interval, page.look)
            _intervals.write_position(page, interval, *cell.beside)

    def draw_background(panel: Axes, head: str) -> None:
        _people.draw_band(panel, tables, head)
        _draw_backdrop(panel, tables, head, 0.55 * page.look.size)

    _small_multiples.draw_axes(page, layout, tables.axes, draw_cell, draw_background)


def _draw_backdrop(panel: Axes, tables: Tables, axis: str, size: float) -> None:
    """Draw random respondents as a band, constant ones as a dotted line with a marker above."""
    for respondent in _backdrop.respondents(tables, [axis]):
        position, sd = respondent.at[axis]
        if respondent.marker is None:
            low, high = position - 2 * sd, position + 2 * sd
            band = panel.axvspan(low, high, fc=_backdrop.BAND, ec=_style.LIGHT, zorder=0.3)
            band.set(lw=0.7, ls=_backdrop.DOTTED, label=f"cloud:{respondent.kind}")
        else:
            panel.axvline(position, color=_style.LIGHT, lw=0.6, ls=(0, (1, 2)), zorder=0.7)
            (mark,) = panel.plot(position, 1, ms=size, ls="none", clip_on=False)
            mark.set_transform(panel.get_xaxis_transform())
            mark.set(label=f"constant:{respondent.kind}", **respondent.style)


# --- texts -------------------------------------------------------------------------------------


def _states(models: Sequence[ModelRow]) -> Iterator[LegendEntry]:
    return _marks.state_legend(
        (interval.solid, row.mark)
        for row in models
        if row.mark
        for interval in row.intervals.values()
        if interval.drawn
    )


def _backdrop_legend(tables: Tables) -> list[LegendEntry]:
    respondents = {
        respondent.kind: respondent
        for axis in tables.axes
        for respondent in _backdrop.respondents(tables, [axis.name])
    }
    return _backdrop.legend(list(respondents.values()))


def _remarks(models: Sequence[ModelRow]) -> list[str]:
    absent = sum(any(s.placed and not s.drawn for s in row.intervals.values()) for row in models)
    return [say("Without a position on some axis: {n}", n=absent)] if absent else []
