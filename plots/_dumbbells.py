"""Dumbbells: a row a model, from where its parent stands to where it stands, on each axis.

How the figure of shifts looks where there are not two axes. Draws finished numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.types import Tables

from . import _corpora, _small_multiples, _style
from ._differences import ModelShift, title
from ._marks import ModelMark
from ._model_rows import AxisInterval, ModelRow
from ._page import LegendEntry, Page


def draw(
    sheet: Page, tables: Tables, moves: Sequence[ModelShift], marks: Mapping[str, ModelMark]
) -> Figure:
    """Every model that has a difference on any axis, in table order.

    Raises:
        UsageError: there is none.
    """
    shown = [move for move in moves if move.steps]
    if not shown:
        raise UsageError(
            "no model has a difference from its parent, so there is nothing to draw;"
            " differences.csv says why"
        )
    sheet.title(title(shown, tables))
    look = sheet.look
    order = _order(shown)
    lines, gutter = _small_multiples.fitted(sheet, _lines(order, marks))
    layout = _small_multiples.PanelLayout(
        lines, tables.scale, gutter, 1.9 * look.size, 3.6 * look.small
    )

    def cell(at: _small_multiples.RowCell) -> None:
        move = order[at.place]
        if isinstance(move, ModelShift):
            _draw(at, move, sheet)

    heads = [
        _small_multiples.PanelHead(axis.name, f"axis:{axis.name}", axis) for axis in tables.axes
    ]
    _small_multiples.draw(sheet, layout, heads, cell)
    sheet.legend(_corpora.legend(row.mark for row in lines if row.mark))
    sheet.legend(_meanings())
    sheet.caption([tables.caption, "Differences: paired by statement on what both answered"])
    return sheet.cut()


def _order(moves: Sequence[ModelShift]) -> list[ModelShift | str]:
    """Moves in table order, under the names of the parents that they come from."""
    found: list[ModelShift | str] = []
    for parent in dict.fromkeys(move.against for move in moves):
        found += [parent, *(move for move in moves if move.against == parent)]
    return found


def _lines(order: Sequence[ModelShift | str], marks: Mapping[str, ModelMark]) -> list[ModelRow]:
    """A row each; parents are headings."""
    plain = ModelMark("", _style.GREY, "o")
    names = _style.distinct(dict.fromkeys(m.model for m in order if isinstance(m, ModelShift)))
    found = []
    for move in order:
        if isinstance(move, str):
            found.append(ModelRow(f"from {_style.shorten(move)}"))
            continue
        spans = {
            axis: AxisInterval(solid=step.kind != "still") for axis, step in move.steps.items()
        }
        found.append(ModelRow(names[move.model], marks.get(move.model, plain), spans, move.model))
    return found


def _draw(at: _small_multiples.RowCell, move: ModelShift, sheet: Page) -> None:
    """A hollow dot, a line to a filled one with the interval of the difference, and its number."""
    step = move.steps.get(at.head)
    if step is None or at.row.mark is None:
        return
    still, size = step.kind == "still", sheet.look.size
    mark = replace(at.row.mark, colour=_style.LIGHT) if still else at.row.mark
    (joint,) = at.panel.plot((step.start, step.end), (at.place, at.place), zorder=2)
    joint.set(color=mark.colour, lw=0.8, label=f"{step.kind}:{move.model}")
    (line,) = at.panel.plot((step.start + step.low, step.start + step.high), (at.place,) * 2)
    line.set(color=mark.colour, lw=2.6, alpha=0.55, label="interval", solid_capstyle="butt")
    (start,) = at.panel.plot(step.start, at.place, ls="none", zorder=4, marker="o", clip_on=False)
    start.set(ms=0.5 * size, mfc="white", mec=_style.GREY, mew=0.9, label="start")
    (end,) = at.panel.plot(step.end, at.place, ls="none", zorder=5, clip_on=False)
    end.set(ms=0.66 * size, label="end", **mark.style(solid=not still))
    text, small = _style.figures(step.change, "+.1f"), sheet.look.small
    right, middle = at.beside
    sheet.write(right, middle + 0.36 * small, text, size=small, color=_style.GREY, ha="right")


def _meanings() -> list[LegendEntry]:
    bar = {"marker": "_", "color": _style.GREY, "mew": 2.6, "alpha": 0.55}
    return [
        LegendEntry(
            "where it comes from", {"marker": "o", "mfc": "white", "mec": _style.GREY, "mew": 0.9}
        ),
        LegendEntry("95\N{NO-BREAK SPACE}% interval of the difference", bar),
        LegendEntry(
            "grey: not moved, or cannot be told apart", {"marker": "o", "color": _style.LIGHT}
        ),
    ]
