"""The groups: difference in differences of each child's rates, by group.

From `contrasts.csv`: one panel per rate, and for each child one row per group with the change of
its rate beyond that of the other groups. Draws finished numbers and computes none.
"""

from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _corpora, _intervals, _rates, _small_multiples, _style
from ._model_rows import AxisInterval
from ._page import LegendEntry, Page

DID = ("did", "did_low", "did_high")


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every child by group; the figure's height depends on the number of rows.

    Raises:
        UsageError: these are not tables of `probes downstream`, no child has its base, or none has
            a difference; an unknown style or size.
    """
    rows = _rows_to_draw(tables)
    page = Page(_style.figure_style(**style))
    cells = {_key(row): row for row in rows}
    texts = {key: _row_text(row) for key, row in cells.items()}
    order = dict[tuple[str, ...], dict[str, dict[str, AxisInterval]]]()
    for (*child, group, metric), row in cells.items():
        by_group = _rates.interval(row, DID, solid=row["verdict"] == _rates.MOVED)
        order.setdefault(tuple(child), {}).setdefault(group, {})[metric] = by_group
    with _style.rc_context():
        page.title(
            plural(
                len(order),
                "Difference in differences of {n} model, group by group",
                "Difference in differences of {n} models, group by group",
            )
        )
        lines = _rates.under_heads(order, _heads(list(order)), _rates.marks(tables))
        lines, gutter = _small_multiples.fit_names(page, lines)
        children = [child for child, by_group in order.items() for _ in (None, *by_group)]
        every = [
            interval
            for by_group in order.values()
            for at_group in by_group.values()
            for interval in at_group.values()
        ]
        layout = _small_multiples.PanelLayout(
            *(lines, _rates.reach(every), gutter, 1.6 * page.look.size),
            _rates.digits(page, list(texts.values())),
        )
        margin = max(_rates.number(row["margin"]) for row in rows)

        def draw_cell(cell: _small_multiples.RowCell) -> None:
            metric, mark = _rates.metric(cell), cell.row.mark
            key = (*children[cell.place], cell.row.model, metric)
            if mark and key in cells:
                interval, lack = cell.row.interval_on(metric), say("not measured")
                _intervals.draw_interval(cell.panel, cell.place, mark, interval, page.look, lack)
                _rates.write_beside(page, cell, texts[key])

        def draw_background(panel: Axes, head: str) -> None:  # noqa: ARG001
            _rates.shade(panel, -margin, margin, "margin")

        _rates.draw_panels(page, layout, _rates.shown(rows), draw_cell, draw_background)
        page.legend(_corpora.legend(row.mark for row in lines if row.mark))
        equal = say("counts as equal: \N{PLUS-MINUS SIGN}{margin}", margin=f"{margin:g}")
        band = LegendEntry(equal, {"marker": "s", "color": _style.HAIR})
        page.legend([*_rates.legend(), band])
        about = say("Beside each row: the difference, and the number of texts")
        page.caption([tables.caption, tables.intervals, about, _bases_sentence(list(order))])
        return page.finish()


def _rows_to_draw(tables: Tables) -> list[_rates.Row]:
    """The rows to draw.

    Raises:
        UsageError: there are none.
    """
    if tables.contrasts is None:
        raise UsageError(
            "the figure 'groups' draws what `probes downstream place DIR` concludes of predictions"
        )
    if not (rows := _rates.records(tables.contrasts)):
        raise UsageError(
            "no model has its parent beside it (downstream.yaml: parent; --models, if given, names"
            " both), so there is no difference to draw; the figure 'gaps' draws each model alone"
        )
    if not tables.contrasts["did"].notna().any():
        raise UsageError(
            "no model has a difference in differences, so there is nothing to draw; contrasts.csv"
            " says why"
        )
    return rows


def _key(row: _rates.Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("model", "against", "group", "metric"))


def _row_text(row: _rates.Row) -> str:
    return f"{_rates.signed(_rates.number(row['did']))}  {_rates.number(row['texts']):.0f}"


def _heads(children: list[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """(child, base) -> heading: the child's name, and the base's if there are several bases."""
    names = _style.distinct_names(child for child, _ in children)
    several_bases = len(names) < len(children)
    return {
        (child, base): f"{names[child]}, {_style.shorten(base)}" if several_bases else names[child]
        for child, base in children
    }


def _bases_sentence(children: list[tuple[str, ...]]) -> str:
    """Sentence on the bases that children are compared with."""
    bases = ", ".join(_style.shorten(name) for name in dict.fromkeys(base for _, base in children))
    return say("Against: {models}", models=bases)
