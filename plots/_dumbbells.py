"""Dumbbell plot: one row per model, from its parent's position to its own, on each axis.

Used by the figure `shift` for a set with one axis. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import say
from probes.types import Tables, reasons

from . import _corpora, _names, _small_multiples, _style
from ._differences import ModelShift, title
from ._marks import ModelMark
from ._model_rows import AxisInterval, ModelRow
from ._page import LegendEntry, Page

Claims = Mapping[tuple[str, str], bool]
"""(model, axis) -> whether its position makes a claim."""


def draw(
    page: Page, tables: Tables, shifts: Sequence[ModelShift], marks: Mapping[str, ModelMark]
) -> Figure:
    """Draw every model with a difference on any axis, in table order.

    Raises:
        UsageError: there is none.
    """
    shown = [shift for shift in shifts if shift.steps]
    if not shown:
        raise UsageError(
            "no model has a difference from its parent, so there is nothing to draw;"
            " differences.csv says why"
        )
    page.title(title(shown, tables))
    look = page.look
    order = _under_parents(shown)
    lines, gutter = _small_multiples.fit_names(page, _rows(order, marks, reasons.claims(tables)))
    layout = _small_multiples.PanelLayout(
        lines, tables.scale, gutter, 1.9 * look.size, 3.6 * look.small
    )

    def draw_cell(cell: _small_multiples.RowCell) -> None:
        shift = order[cell.place]
        if isinstance(shift, ModelShift):
            draw_dumbbell(cell, shift, page)

    _small_multiples.draw_axes(page, layout, tables.axes, draw_cell)
    page.legend(_corpora.legend(row.mark for row in lines if row.mark))
    page.legend(legend())
    page.note(_names.unclaimed_all(tables))
    page.caption([tables.caption, say("Differences: paired by statement on what both answered")])
    return page.finish()


def _under_parents(shifts: Sequence[ModelShift]) -> list[ModelShift | str]:
    """Shifts in table order, each group after the name of its parent."""
    order: list[ModelShift | str] = []
    for parent in dict.fromkeys(shift.against for shift in shifts):
        order += [parent, *(shift for shift in shifts if shift.against == parent)]
    return order


def _rows(
    order: Sequence[ModelShift | str], marks: Mapping[str, ModelMark], claims: Claims
) -> list[ModelRow]:
    """One row for each shift; parents are headings."""
    plain = ModelMark("", _style.GREY, "o")
    models = dict.fromkeys(item.model for item in order if isinstance(item, ModelShift))
    names = _style.distinct_names(models)
    rows = []
    for item in order:
        if isinstance(item, str):
            rows.append(ModelRow(say("from {model}", model=_style.shorten(item))))
            continue
        mark, intervals = marks.get(item.model, plain), solid_steps(item, item.model, claims)
        rows.append(ModelRow(names[item.model], mark, intervals, item.model))
    return rows


def solid_steps(shift: ModelShift, model: str, claims: Claims) -> dict[str, AxisInterval]:
    """Axis -> an empty interval, solid if the model moved and makes a claim."""
    return {
        axis: AxisInterval(solid=step.kind != "still" and claims.get((model, axis), True))
        for axis, step in shift.steps.items()
    }


def draw_dumbbell(cell: _small_multiples.RowCell, shift: ModelShift, page: Page) -> None:
    """Draw a hollow dot, a line to a filled one, the interval of the difference, and its number."""
    step = shift.steps.get(cell.head)
    if step is None or cell.row.mark is None:
        return
    still, size = step.kind == "still", page.look.size
    mark = replace(cell.row.mark, colour=_style.LIGHT) if still else cell.row.mark
    (link,) = cell.panel.plot((step.start, step.end), (cell.place, cell.place), zorder=2)
    link.set(color=mark.colour, lw=0.8, label=f"{step.kind}:{shift.model}")
    (line,) = cell.panel.plot(step.reach, (cell.place,) * 2)
    line.set(color=mark.colour, lw=2.6, alpha=0.55, label="interval", solid_capstyle="butt")
    (start,) = cell.panel.plot(
        step.start, cell.place, ls="none", zorder=4, marker="o", clip_on=False
    )
    start.set(ms=0.5 * size, mfc="white", mec=_style.GREY, mew=0.9, label="start")
    (end,) = cell.panel.plot(step.end, cell.place, ls="none", zorder=5, clip_on=False)
    solid = cell.row.interval_on(cell.head).solid
    end.set(ms=0.66 * size, label="end", **mark.style(solid=solid))
    text, small = _style.format_number(step.change, "+.1f"), page.look.small
    right, middle = cell.beside
    page.write(right, middle + 0.36 * small, text, size=small, color=_style.GREY, ha="right")


def legend(start: str = "") -> list[LegendEntry]:
    """Legend entries of a dumbbell; `start` is the text for the hollow dot."""
    bar = {"marker": "_", "color": _style.GREY, "mew": 2.6, "alpha": 0.55}
    return [
        LegendEntry(
            start or say("where it comes from"),
            {"marker": "o", "mfc": "white", "mec": _style.GREY, "mew": 0.9},
        ),
        LegendEntry(say("95\N{NO-BREAK SPACE}% interval of the difference"), bar),
        LegendEntry(
            say("grey: not moved, or cannot be told apart"),
            {"marker": "o", "mfc": "white", "mec": _style.LIGHT, "mew": 0.9},
        ),
    ]
