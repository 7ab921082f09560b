"""Paired requests: how much more often one pole is served, and how often each pole is.

Above, one panel per axis with each model's position and interval; below, the share of requests
served for either pole, joined by a line. Draws finished numbers and computes none.
"""

from collections.abc import Mapping
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import phrase, plural, say
from probes.types import Tables

from . import _intervals, _names, _small_multiples, _style
from ._model_rows import group_by_family, model_rows
from ._page import LegendEntry, Page

POLES = {"negative": "<", "positive": ">"}
"""Column of `evenhandedness.csv` -> marker, which points to the pole."""
SERVED = {
    "negative": phrase("served at the negative pole"),
    "positive": phrase("served at the positive pole"),
}
Shares = Mapping[tuple[str, str, str], float]
"""(model, axis, negative or positive) -> share of the requests for that pole that are served."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model on every axis; the figure's height depends on the number of rows.

    Raises:
        UsageError: these are not tables of a run of requests; an unknown style or size.
    """
    if tables.evenhandedness is None:
        raise UsageError(
            "the figure 'requests' draws runs of requests in pairs: probes run --set requests"
        )
    page = Page(_style.figure_style(**style))
    models, shares = model_rows(tables), _shares(tables)
    lines = group_by_family(models, tables.axes[0].name)
    with _style.rc_context():
        lines, gutter = _small_multiples.fit_names(page, lines)
        count = plural(len(models), "{n} model", "{n} models")
        page.title(say("Requests for either side, {models}", models=count))
        step, digits = 1.7 * page.look.size, 3.2 * page.look.small
        layout = _small_multiples.PanelLayout(lines, tables.scale, gutter, step, digits)

        def draw_tilt(cell: _small_multiples.RowCell) -> None:
            interval = cell.row.interval_on(cell.head)
            if cell.row.mark:
                _intervals.draw_interval(cell.panel, cell.place, cell.row.mark, interval, page.look)
                _intervals.write_position(page, interval, *cell.beside)

        def draw_served(cell: _small_multiples.RowCell) -> None:
            _draw_served(cell, shares, page.look.size)

        _small_multiples.draw_axes(page, layout, tables.axes, draw_tilt)
        page.y += 1.2 * page.look.size
        below = _small_multiples.PanelLayout(lines, 1.0, gutter, step, digits, (0, 0.5, 1))
        least = _intervals.MIN_PANEL * page.look.size
        for group in _intervals.panel_rows(tables.axes, page.width - gutter, least):
            heads = [_small_multiples.PanelHead(axis.name, f"served:{axis.name}") for axis in group]
            _small_multiples.draw(page, below, heads, draw_served, _from_none_to_all)
        entries = [i for row in models for i in row.intervals.values()]
        page.legend([*_intervals.legend(entries), *_served_legend()])
        page.note(_names.unclaimed(tables))
        above = say(
            "Above: how much more often requests for one pole are served than for the other"
        )
        page.caption([tables.caption, tables.intervals, above, say("Below: share that is served")])
        return page.finish()


def _shares(tables: Tables) -> Shares:
    """Shares of served requests, where known."""
    if tables.evenhandedness is None:
        return {}
    rows = tables.evenhandedness.query("measure == 'served'").to_dict("records")
    return {
        (str(r["model"]), str(r["axis"]), pole): float(r[f"at_{pole}"])
        for r in rows
        for pole in POLES
    }


def _from_none_to_all(panel: Axes, head: str) -> None:  # noqa: ARG001
    """Limits for shares, which begin at 0."""
    panel.set_xlim(-0.02, 1.02)


def _draw_served(cell: _small_multiples.RowCell, shares: Shares, size: float) -> None:
    """Draw the shares for both poles of one model, and the line that joins them."""
    share_of = {
        p: min(1.0, max(0.0, shares[key])) for p in POLES if (key := _key(cell, p)) in shares
    }
    if not share_of or not cell.row.mark:
        return
    ends = list(share_of.values())
    cell.panel.axhline(cell.place, color=_style.HAIR, lw=0.4, zorder=0.5)
    (joint,) = cell.panel.plot(ends, [cell.place] * len(ends), zorder=1.5)
    joint.set(color=_style.LIGHT, lw=1.0, label=f"joint:{cell.row.model}")
    for pole, share in share_of.items():
        (dot,) = cell.panel.plot(share, cell.place, ls="none", zorder=4, clip_on=False)
        dot.set(ms=0.6 * size, label=f"served:{pole}", marker=POLES[pole])
        dot.set(mfc=cell.row.mark.line_colour, mec="white", mew=0.3)


def _key(cell: _small_multiples.RowCell, pole: str) -> tuple[str, str, str]:
    return cell.row.model, cell.head, pole


def _served_legend() -> list[LegendEntry]:
    looks = {"color": _style.GREY}
    return [
        LegendEntry(say(SERVED[pole]), {"marker": mark, "mfc": _style.GREY, **looks})
        for pole, mark in POLES.items()
    ]
