"""Debiasing: how much of each group's difference in differences is left with a debiasing loss.

From `losses.csv`: for each child and loss one row per group, with the difference under the plain
loss above and under the other loss below. Draws finished numbers and computes none.
"""

from typing import Unpack

from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _corpora, _intervals, _rates, _small_multiples, _style
from ._marks import ModelMark
from ._model_rows import AxisInterval
from ._page import LegendEntry, Page

APART = 0.2
"""Offset of either mark from the middle of its row, in rows."""
BEFORE = ModelMark("", _style.LIGHT, "s")


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every child and loss by group; the figure's height depends on the number of rows.

    Raises:
        UsageError: these are not tables of `probes downstream`, or of one loss only; an unknown
            style or size.
    """
    rows = _rates.records(tables.losses)
    if not rows:
        raise UsageError(
            "the figure 'debiasing' draws children that were trained with the plain loss and with "
            "another, as their base beside them was (--models, if given, names both): add --loss "
            "plain --loss product --bias identity to probes downstream run"
        )
    page = Page(_style.figure_style(**style))
    cells = {tuple(str(row[n]) for n in ("model", "loss", "group", "metric")): row for row in rows}
    texts = {key: _row_text(row) for key, row in cells.items()}
    after, before = (_ends(rows, end) for end in ("", "_plain"))
    order = dict[tuple[str, ...], dict[str, dict[str, AxisInterval]]]()
    for (model, loss, group, metric), of in after.items():
        order.setdefault((model, loss), {}).setdefault(group, {})[metric] = of
    with _style.rc_context():
        names = _style.distinct_names(dict.fromkeys(model for model, _ in order))
        page.title(
            plural(
                len(names),
                "Debiasing of {n} model, group by group",
                "Debiasing of {n} models, group by group",
            )
        )
        headings = {key: f"{key[1]}: {names[key[0]]}" for key in order}
        lines = _rates.under_heads(order, headings, _rates.marks(tables))
        lines, gutter = _small_multiples.fit_names(page, lines)
        children = [child for child, of in order.items() for _ in (None, *of)]
        layout = _small_multiples.PanelLayout(
            *(lines, _rates.reach([*after.values(), *before.values()]), gutter),
            *(2.2 * page.look.size, _rates.digits(page, list(texts.values()))),
        )

        def draw_cell(cell: _small_multiples.RowCell) -> None:
            key = (*children[cell.place], cell.row.model, _rates.metric(cell))
            if cell.row.mark and key in cells:
                _draw_pair(cell, before[key], after[key], page.look)
                _rates.write_beside(page, cell, texts[key])

        _rates.draw_panels(page, layout, _rates.shown(rows), draw_cell)
        page.legend(_corpora.legend(row.mark for row in lines if row.mark))
        start = LegendEntry(say("with the plain loss"), BEFORE.style(solid=True))
        page.legend([start, *_rates.legend()])
        about = say("Beside each row: the difference in differences, before and after")
        page.caption([tables.caption, tables.intervals, about])
        return page.finish()


def _ends(rows: list[_rates.Row], end: str) -> dict[tuple[str, ...], AxisInterval]:
    """(model, loss, group, rate) -> difference with the loss, or (`end` ``_plain``) without."""
    names = (f"did{end}", f"did_low{end}", f"did_high{end}")
    return {
        tuple(str(row[n]) for n in ("model", "loss", "group", "metric")): _rates.interval(
            row, names, solid=row[f"verdict{end}"] == _rates.MOVED
        )
        for row in rows
    }


def _draw_pair(
    cell: _small_multiples.RowCell,
    before: AxisInterval,
    after: AxisInterval,
    look: _style.FigureStyle,
) -> None:
    """Draw both marks of a row, one above the other."""
    panel, mark = cell.panel, cell.row.mark
    if not mark or not (before.drawn or after.drawn):
        _intervals.draw_interval(panel, cell.place, BEFORE, before, look, say("not measured"))
        return
    for interval, style, place in ((before, BEFORE, -APART), (after, mark, APART)):
        if interval.drawn:
            _intervals.draw_interval(panel, cell.place + place, style, interval, look)


def _row_text(row: _rates.Row) -> str:
    numbers = [_rates.signed(_rates.number(row[name])) for name in ("did_plain", "did")]
    return "  ".join(numbers)
