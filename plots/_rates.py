"""Rates of classifiers by group: rows, scale and numbers of the figures of `downstream`."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import pandas as pd
from matplotlib.axes import Axes

from probes.phrases import phrase, say
from probes.types import Tables

from . import _corpora, _crosses, _intervals, _small_multiples, _style
from ._marks import ModelMark
from ._model_rows import AxisInterval, ModelRow
from ._page import LegendEntry, Page
from ._text_lines import text_width

Row = dict[str, object]
METRICS: Mapping[str, str] = {
    "recall": phrase("recall"),
    "fpr": phrase("false alarms"),
    "equalised_odds": phrase("equalised odds"),
}
"""Rate, as in the tables -> its name."""
STEPS = (0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 2.0)
"""Possible ends of a scale of shares."""
MOVED = "moved"
PLAIN = ModelMark("", _style.GREY, "o")


def records(table: pd.DataFrame | None) -> list[Row]:
    """Rows of a table; empty for None."""
    return [] if table is None else cast("list[Row]", table.to_dict("records"))


def number(cell: object) -> float:
    """A cell as a number."""
    return float(cast("float", cell))


def shown(rows: Sequence[Row]) -> list[str]:
    """The distinct rates of these rows, in order."""
    return [metric for metric in METRICS if any(row["metric"] == metric for row in rows)]


def interval(row: Row, names: tuple[str, str, str], *, solid: bool) -> AxisInterval:
    """A number and its interval, from the columns with these names."""
    value, low, high = (number(row[name]) for name in names)
    return AxisInterval(value, low, high, solid=solid)


def reach(intervals: Sequence[AxisInterval]) -> float:
    """End of a scale that contains all of these intervals."""
    numbers = [
        end for interval in intervals for end in (interval.position, interval.low, interval.high)
    ]
    return _crosses.scale_end(numbers, STEPS)


def marks(tables: Tables) -> Mapping[str, ModelMark]:
    """Model -> its mark: by corpus, if any is known."""
    return _corpora.marks_by_corpus(tables)


def under_heads(
    order: Mapping[tuple[str, ...], Mapping[str, Mapping[str, AxisInterval]]],
    heads: Mapping[tuple[str, ...], str],
    looks: Mapping[str, ModelMark],
) -> list[ModelRow]:
    """One row per group under a heading for each child; the first part of a key is the child's
    name."""
    groups = _style.distinct_names(group for by_group in order.values() for group in by_group)
    rows = list[ModelRow]()
    for key, by_group in order.items():
        rows.append(ModelRow(heads[key]))
        mark = looks.get(key[0], PLAIN)
        rows += [ModelRow(groups[g], mark, metrics, g) for g, metrics in by_group.items()]
    return rows


def draw_panels(
    page: Page,
    layout: _small_multiples.PanelLayout,
    metrics: Sequence[str],
    draw_cell: Callable[[_small_multiples.RowCell], None],
    background: _small_multiples.BackgroundDrawer | None = None,
) -> None:
    """One panel per rate, as many side by side as fit."""
    least = _intervals.MIN_PANEL * page.look.size + layout.digits
    rows = list(_intervals.panel_rows(metrics, page.width - layout.gutter, least))
    for some in rows:
        heads = [_small_multiples.PanelHead(METRICS[m], f"rate:{m}") for m in some]
        _small_multiples.draw(page, layout, heads, draw_cell, background, len(rows[0]))


def metric(cell: _small_multiples.RowCell) -> str:
    """The rate that a cell's panel shows."""
    return str(cell.panel.get_label()).removeprefix("rate:")


def digits(page: Page, texts: Sequence[str]) -> float:
    """Width of the numbers beside a panel, in points."""
    widest = max((text_width(text, page.look.small) for text in texts), default=0.0)
    return widest + 0.4 * page.look.small


def write_beside(page: Page, cell: _small_multiples.RowCell, text: str) -> None:
    """Write numbers beside a row."""
    right, middle = cell.beside
    size = page.look.small
    page.write(right, middle + 0.36 * size, text, size=size, color=_style.GREY, ha="right")


def signed(value: float) -> str:
    """A difference of shares, with its sign."""
    return _style.format_number(value, "+z.2f") if math.isfinite(value) else "\N{EN DASH}"


def legend() -> list[LegendEntry]:
    """Legend entries for a filled and for a hollow dot."""
    entries = ((True, say("moved")), (False, say("not moved, or cannot be told apart")))
    return [
        LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), {"marker": "_", "color": _style.GREY}),
        *(LegendEntry(text, PLAIN.style(solid=solid)) for solid, text in entries),
    ]


def shade(panel: Axes, low: float, high: float, label: str) -> None:
    """Draw a light band behind the rows."""
    panel.axvspan(low, high, color=_style.HAIR, alpha=0.7, lw=0, zorder=0.2, label=label)
