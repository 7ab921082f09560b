"""The topics: where each model stands on each topic of an axis, in small multiples.

One small panel a topic, one row a model; rows stand alike in all panels of an axis, by position on
the whole axis, which a grey tick marks in each. Draws finished numbers and computes none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.types import Axis, Tables

from . import _intervals, _marks, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow, grouped, rows
from ._page import EDGE, LegendEntry, Page, extent

NARROWEST = 6.5
"""Ems that a panel needs."""
TICK = {"marker": "|", "color": _style.GREY, "mew": 0.9}
"""How the position on the whole axis is marked."""


@dataclass(frozen=True, slots=True)
class _Topics:
    """An axis with the topics that its statements are about."""

    axis: Axis
    names: Sequence[str]
    statements: Mapping[str, int]
    """Of each topic."""
    spans: Mapping[tuple[str, str], AxisInterval]
    """(model, topic) -> where it stands."""


def draw(
    tables: Tables,
    *,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model on every topic; the figure is as tall as its rows need.

    Args:
        tables: What a run concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: the set has no topics, or no model a position on one; an unknown style or size.
    """
    sheet = Page(_style.look(style, width, font_size))
    models = rows(tables)
    blocks = [block for axis in tables.axes if (block := _topics(tables, axis, models)).names]
    if not blocks:
        raise UsageError(
            "topics.csv holds no position: the statements of this set have no topics, or nothing"
            " was answered; the figure 'axes' draws whole axes"
        )
    with _style.ink():
        count = f"{len(models)} model{'s' if len(models) != 1 else ''}"
        sheet.title(f"Positions of {count}, topic by topic")
        for block in blocks:
            _draw_block(sheet, tables, block, grouped(models, block.axis.name))
        headed = any(row.mark is None for row in grouped(models, tables.axes[0].name))
        if not headed:
            sheet.legend(_marks.families(row.mark for row in models if row.mark))
        sheet.legend(list(_meanings(models, blocks)))
        sheet.caption([tables.caption, *_remarks(blocks)])
        return sheet.cut()


def _topics(tables: Tables, axis: Axis, models: Sequence[ModelRow]) -> _Topics:
    """What `topics.csv` has on an axis; a position makes no claim where the axis makes none."""
    table = tables.topics
    columns = ("model", "axis", "topic", "position", "low", "high", "statements")
    if not set(columns) <= set(table.columns):
        return _Topics(axis, [], {}, {})
    claims = {row.model: row.on(axis.name).solid for row in models}
    sizes: dict[str, int] = {}
    spans: dict[tuple[str, str], AxisInterval] = {}
    for model, on, topic, position, low, high, size in zip(
        *(table[name] for name in columns), strict=True
    ):
        name = str(model)
        if on == axis.name and name in claims:
            sizes[str(topic)] = max(int(size), sizes.get(str(topic), 0))
            at = float(position), float(low), float(high)
            spans[name, str(topic)] = AxisInterval(*at, solid=claims[name])
    return _Topics(axis, list(sizes), sizes, spans)


def _draw_block(sheet: Page, tables: Tables, block: _Topics, lines: Sequence[ModelRow]) -> None:
    """One axis: its name and poles, then as many shelves as its topics need."""
    look = sheet.look
    lines, gutter = _small_multiples.fitted(sheet, lines)
    layout = _small_multiples.PanelLayout(
        lines,
        tables.scale,
        gutter=gutter,
        step=1.45 * look.size,
        ticks=(-1, 0, 1),
    )
    sheet.y += 1.9 * look.size
    poles = f"\N{LEFTWARDS ARROW} {block.axis.negative}, {block.axis.positive} \N{RIGHTWARDS ARROW}"
    start = EDGE + layout.gutter
    title, reach = _style.shorten(block.axis.name, 40), sheet.left + sheet.width
    sheet.write(EDGE, sheet.y, title, weight="bold", label="axis")
    start = max(start, EDGE + 1.15 * extent(title, look.size) + look.size)
    size = min(look.small, look.small * (reach - start) / extent(poles, look.small))
    sheet.write(start, sheet.y, poles, size=size, color=_style.GREY)

    def cell(at: _small_multiples.RowCell) -> None:
        if at.row.mark:
            span = block.spans.get((at.row.model, at.head), AxisInterval())
            _draw_cell(at.panel, at.place, at.row, (span, at.row.on(block.axis.name)), look)

    shelves = list(
        _intervals.shelves(block.names, sheet.width - layout.gutter, NARROWEST * look.size)
    )
    for topics in shelves:
        heads = [
            _small_multiples.PanelHead(name, f"topic:{block.axis.name}:{name}") for name in topics
        ]
        _small_multiples.draw(sheet, layout, heads, cell, columns=len(shelves[0]))


def _draw_cell(
    panel: Axes,
    place: int,
    row: ModelRow,
    spans: tuple[AxisInterval, AxisInterval],
    look: _style.FigureStyle,
) -> None:
    """The dot with its interval on a topic, before a tick at the whole axis's position."""
    here, whole = spans
    (tick,) = panel.plot(whole.position, place, ls="none", ms=1.1 * look.size, zorder=3.5)
    tick.set(label="whole", **TICK)
    if row.mark:
        _intervals.draw_span(panel, place, row.mark, here, look)


def _meanings(models: Sequence[ModelRow], blocks: Sequence[_Topics]) -> Iterator[LegendEntry]:
    yield from _intervals.strokes(span for block in blocks for span in block.spans.values())
    yield LegendEntry("position on the whole axis", TICK)
    yield from _marks.states(
        (span.solid, row.mark) for row in models if row.mark for span in row.spans.values()
    )


def _remarks(blocks: Sequence[_Topics]) -> list[str]:
    sizes = sorted({size for block in blocks for size in block.statements.values()})
    many = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    return [f"Intervals of topics: other statements of the same topic, of which there are {many}"]
