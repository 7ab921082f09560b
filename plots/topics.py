"""The topics: positions of models on each topic of an axis, as small multiples.

One small panel per topic, one row per model. All panels of an axis have the same order of rows, by
position on the whole axis, which a grey tick marks. Draws finished numbers and computes none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Axis, Tables

from . import _intervals, _marks, _names, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow, group_by_family, model_rows
from ._page import MARGIN, POLE_LETTERS, READABLE, LegendEntry, Page
from ._text_lines import text_width

MIN_PANEL = 6.5
"""Minimum width of a panel, in ems."""
TICK = {"marker": "|", "color": _style.GREY, "mew": 0.9}
"""Marker of the position on the whole axis."""


@dataclass(frozen=True, slots=True)
class _Topics:
    """An axis with the topics of its statements."""

    axis: Axis
    names: Sequence[str]
    statements: Mapping[str, int]
    """Topic -> number of its statements."""
    intervals: Mapping[tuple[str, str], AxisInterval]
    """(model, topic) -> position and interval."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model on every topic; the figure's height depends on the number of rows.

    Raises:
        UsageError: the set has no topics, or no model a position on one; an unknown style or size.
    """
    page = Page(_style.figure_style(**style))
    models = model_rows(tables)
    blocks = [block for axis in tables.axes if (block := _topics(tables, axis, models)).names]
    if not blocks:
        raise UsageError(
            "topics.csv holds no position: the statements of this set have no topics, or nothing"
            " was answered; the figure 'axes' draws whole axes"
        )
    with _style.rc_context():
        page.title(
            plural(
                len(models),
                "Positions of {n} model, topic by topic",
                "Positions of {n} models, topic by topic",
            )
        )
        for block in blocks:
            _draw_block(page, tables, block, group_by_family(models, block.axis.name))
        headed = any(row.mark is None for row in group_by_family(models, tables.axes[0].name))
        if not headed:
            page.legend(_marks.family_legend(row.mark for row in models if row.mark))
        page.legend(list(_legend(models, blocks)))
        page.note(_names.unclaimed(tables))
        page.caption([tables.caption, tables.intervals, *_remarks(blocks)])
        return page.finish()


def _topics(tables: Tables, axis: Axis, models: Sequence[ModelRow]) -> _Topics:
    """Rows of `topics.csv` on an axis; without a claim on the axis, none on its topics."""
    table = tables.topics
    columns = ("model", "axis", "topic", "position", "low", "high", "statements")
    if not set(columns) <= set(table.columns):
        return _Topics(axis, [], {}, {})
    wholes = {row.model: row.interval_on(axis.name) for row in models}
    sizes: dict[str, int] = {}
    intervals: dict[tuple[str, str], AxisInterval] = {}
    for model, on, topic, position, low, high, size in zip(
        *(table[name] for name in columns), strict=True
    ):
        name = str(model)
        if on == axis.name and name in wholes:
            sizes[str(topic)] = max(int(size), sizes.get(str(topic), 0))
            numbers = float(position), float(low), float(high)
            whole = wholes[name]
            interval = AxisInterval(*numbers, solid=whole.solid, placed=whole.placed)
            intervals[name, str(topic)] = interval
    return _Topics(axis, list(sizes), sizes, intervals)


def _draw_block(page: Page, tables: Tables, block: _Topics, lines: Sequence[ModelRow]) -> None:
    """Draw one axis: its name and poles, then its topics in as many rows of panels as needed."""
    look = page.look
    lines, gutter = _small_multiples.fit_names(page, lines)
    layout = _small_multiples.PanelLayout(
        lines, tables.scale, gutter, step=1.45 * look.size, ticks=(-1, 0, 1)
    )
    page.y += 1.9 * look.size
    start = MARGIN + layout.gutter
    title, reach = _style.shorten(say(block.axis.name), 40), page.left + page.width
    page.write(MARGIN, page.y, title, weight="bold", label="axis")
    start = max(start, MARGIN + 1.15 * text_width(title, look.size) + look.size)
    for letters in POLE_LETTERS:
        ends = (_style.shorten(say(p), letters) for p in (block.axis.negative, block.axis.positive))
        poles = f"\N{LEFTWARDS ARROW} {', '.join(ends)} \N{RIGHTWARDS ARROW}"
        size = min(look.small, (reach - start) / text_width(poles, 1))
        if size >= min(look.small, READABLE):
            break
    page.write(start, page.y, poles, size=size, color=_style.GREY)

    def draw_cell(cell: _small_multiples.RowCell) -> None:
        interval = block.intervals.get((cell.row.model, cell.head), AxisInterval())
        whole = cell.row.interval_on(block.axis.name)
        if whole.drawn:
            (tick,) = cell.panel.plot(whole.position, cell.place, ls="none", zorder=3.5)
            tick.set(label="whole", ms=1.1 * look.size, **TICK)
        if cell.row.mark:
            _intervals.draw_interval(cell.panel, cell.place, cell.row.mark, interval, look)

    panel_rows = list(
        _intervals.panel_rows(block.names, page.width - layout.gutter, MIN_PANEL * look.size)
    )
    for topics in panel_rows:
        heads = [
            _small_multiples.PanelHead(name, f"topic:{block.axis.name}:{name}") for name in topics
        ]
        _small_multiples.draw(page, layout, heads, draw_cell, columns=len(panel_rows[0]))


def _legend(models: Sequence[ModelRow], blocks: Sequence[_Topics]) -> Iterator[LegendEntry]:
    yield from _intervals.legend(
        interval for block in blocks for interval in block.intervals.values()
    )
    yield LegendEntry(say("position on the whole axis"), TICK)
    yield from _marks.state_legend(
        (interval.solid, row.mark)
        for row in models
        if row.mark
        for interval in row.intervals.values()
        if interval.drawn
    )


def _remarks(blocks: Sequence[_Topics]) -> list[str]:
    sizes = sorted({size for block in blocks for size in block.statements.values()})
    many = f"{sizes[0]}\N{EN DASH}{sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    return [
        say(
            "Intervals of topics: other statements of the same topic, of which there are {n}",
            n=many,
        )
    ]
