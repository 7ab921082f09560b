"""The gaps: difference between the groups of a task for each model, and its distribution by chance.

One panel per rate and one row per model: the gap of `gaps.csv` with its interval, above the gaps
under permuted group labels. Draws finished numbers and computes none.
"""

import math
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _corpora, _intervals, _rates, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow
from ._page import LegendEntry, Page

LEVEL = 0.05
"""p-value above which a gap is not significant and its dot hollow."""
LEAST = 0.001
"""Smallest p-value that is printed exactly."""
TICKS = (0, 0.5, 1)


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model; the figure's height depends on the number of rows.

    Raises:
        UsageError: these are not tables of `probes downstream`, or they hold no gap; an unknown
            style or size.
    """
    if tables.gaps is None:
        raise UsageError(
            "the figure 'gaps' draws what `probes downstream place DIR` concludes of predictions"
        )
    if not tables.gaps["gap"].notna().any():
        raise UsageError("gaps.csv holds no gap between groups, so there is nothing to draw")
    page, rows = Page(_style.figure_style(**style)), _rates.records(tables.gaps)
    cells = {(str(row["model"]), str(row["metric"])): row for row in rows}
    texts = {key: _row_text(row) for key, row in cells.items()}
    order = dict[str, dict[str, AxisInterval]]()
    for (model, metric), row in cells.items():
        is_beyond = _rates.number(row["p_max"]) < LEVEL
        interval = _rates.interval(row, ("gap", "low", "high"), solid=is_beyond)
        order.setdefault(model, {})[metric] = interval
    with _style.rc_context():
        page.title(
            plural(
                len(order),
                "Largest gap between groups, {n} model",
                "Largest gaps between groups, {n} models",
            )
        )
        looks, names = _rates.marks(tables), _style.distinct_names(order)
        lines = [
            ModelRow(names[m], looks.get(m, _rates.PLAIN), by_metric, m)
            for m, by_metric in order.items()
        ]
        lines, gutter = _small_multiples.fit_names(page, lines)
        chance = [_rates.number(row["null_high"]) for row in rows]
        every = [interval for by_metric in order.values() for interval in by_metric.values()]
        every += [AxisInterval(position=end) for end in chance]
        layout = _small_multiples.PanelLayout(
            *(lines, _rates.reach(every), gutter, 1.8 * page.look.size),
            *(_rates.digits(page, list(texts.values())), TICKS),
        )

        def draw_cell(cell: _small_multiples.RowCell) -> None:
            metric, mark = _rates.metric(cell), cell.row.mark
            row = cells.get((cell.row.model, metric))
            if mark and row:
                _draw_chance(cell, row)
                interval, lack = cell.row.interval_on(metric), say("not measured")
                _intervals.draw_interval(cell.panel, cell.place, mark, interval, page.look, lack)
                _rates.write_beside(page, cell, texts[cell.row.model, metric])

        def draw_background(panel: Axes, head: str) -> None:  # noqa: ARG001
            panel.set_xlim(-0.02 * layout.scale, layout.scale)

        _rates.draw_panels(page, layout, _rates.shown(rows), draw_cell, draw_background)
        page.legend(_corpora.legend(row.mark for row in lines if row.mark))
        page.legend(_legend())
        about = say("Beside each row: the gap, and how often chance shows as much (p)")
        page.caption([tables.caption, tables.intervals, about, _groups(rows)])
        return page.finish()


def _draw_chance(cell: _small_multiples.RowCell, row: _rates.Row) -> None:
    """Draw a bar up to the 95 % quantile of the permutations, and a stroke at their mean."""
    mean, high = _rates.number(row["null_mean"]), _rates.number(row["null_high"])
    if math.isfinite(high):
        (bar,) = cell.panel.plot((0, high), (cell.place, cell.place), label="chance", zorder=1)
        bar.set(color=_style.HAIR, lw=5, solid_capstyle="butt")
        (stroke,) = cell.panel.plot(mean, cell.place, ls="none", label="mean", zorder=1.5)
        stroke.set(marker="|", ms=6, mew=1.0, color=_style.GREY)


def _row_text(row: _rates.Row) -> str:
    gap, p = _rates.number(row["gap"]), _rates.number(row["p_max"])
    if not math.isfinite(gap):
        return "\N{EN DASH}"
    return f"{gap:.2f}  {'<0.001' if p < LEAST else f'{p:.3f}'}"


def _legend() -> list[LegendEntry]:
    bar = {"marker": "s", "color": _style.HAIR}
    return [
        LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), {"marker": "_", "color": _style.GREY}),
        LegendEntry(say("gaps that chance shows, 95 of 100"), bar),
        LegendEntry(say("their mean"), {"marker": "|", "color": _style.GREY, "mew": 1.0}),
        LegendEntry(say("hollow: no more than chance shows"), _rates.PLAIN.style(solid=False)),
    ]


def _groups(rows: list[_rates.Row]) -> str:
    sizes = [_rates.number(row["groups"]) for row in rows]
    return say("Groups: {n}", n=f"{max(sizes):.0f}")
