"""The languages: one row a model, one dot with its interval for each language and axis.

Dots of a model are joined, and the line down to a dot says whether the model moved against the
first language. Draws finished numbers and computes none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from probes.errors import UsageError
from probes.types import Axis, Editions

from . import _intervals, _marks, _style
from ._model_rows import ModelRow, grouped, rows
from ._page import EDGE, LegendEntry, Page, extent

GAP = 0.9
"""Between two models, in lines."""

LINES: Mapping[str, dict[str, object]] = {
    "moved": {"color": _style.BLACK, "lw": 1.1, "ls": "-"},
    "not moved": {"color": _style.LIGHT, "lw": 1.1, "ls": "-"},
    "cannot be told apart": {"color": _style.GREY, "lw": 0.8, "ls": (0, (1, 2))},
}
"""Verdict -> keywords of `Line2D`."""

SLANTED = Path([(-0.9, 0.9), (0.9, -0.9)], [Path.MOVETO, Path.LINETO])
DOTTED = Path(
    [(x, -x) for x in (-0.9, -0.6, -0.15, 0.15, 0.6, 0.9)], [Path.MOVETO, Path.LINETO] * 3
)
"""The legend's marks for lines."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model in each of the languages in which it was asked, the first foremost."""

    name: str
    lines: Mapping[str, ModelRow]
    """Language -> its row there."""


def draw(
    editions: Editions,
    *,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model in every language; the figure is as tall as its rows need.

    Args:
        editions: What runs of a set in several languages concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: this is a run in one language; an unknown style or size; no model to draw.
    """
    if not isinstance(editions, Editions):
        raise UsageError("the figure 'languages' draws runs of `probes run --language de,ja`")
    sheet = Page(_style.look(style, width, font_size))
    models, (first, *others) = _models(editions), editions.tables
    if not models:
        raise UsageError("placements.csv holds no model, so there is nothing to draw")
    axes = editions.tables[first].axes
    verdicts = _verdicts(editions)
    every = [row for model in models for row in model.lines.values()]
    with _style.ink():
        where = f"in {first}" if not others else f"in {', '.join([first, *others])}"
        sheet.title(f"Positions of {len(models)} model{'s' if len(models) != 1 else ''} {where}")
        for some in _intervals.shelves(axes, sheet.width - _gutter(sheet, models), _least(sheet)):
            _draw_shelf(sheet, some, models, verdicts, editions.tables[first].scale)
        marks = [row.mark for row in every if row.mark]
        sheet.legend(_marks.families(marks))
        sheet.legend([*_strokes(every), *_joints(verdicts, first)])
        sheet.caption([editions.caption, *_left_out(editions, models)])
        return sheet.cut()


def _models(editions: Editions) -> list[_Model]:
    """Those that were asked in the first language, sorted on the first axis."""
    found = {name: {row.name: row for row in rows(t)} for name, t in editions.tables.items()}
    first, *_ = editions.tables
    axis = editions.tables[first].axes[0].name
    ordered = [row for row in grouped(list(found[first].values()), axis) if row.mark]
    return [
        _Model(row.name, {name: at[row.name] for name, at in found.items() if row.name in at})
        for row in ordered
    ]


def _verdicts(editions: Editions) -> dict[tuple[str, str, str], str]:
    """(model, axis, language) -> what is said of the difference from the first language."""
    table = editions.differences
    columns = (table[name].astype(str) for name in ("model", "axis", "language", "verdict"))
    return {
        (_style.shorten(model), axis, language): verdict
        for model, axis, language, verdict in zip(*columns, strict=True)
    }


# --- the panels --------------------------------------------------------------------------------


def _least(sheet: Page) -> float:
    return _intervals.NARROWEST * sheet.look.size


def _codes(sheet: Page, models: Sequence[_Model]) -> float:
    """Points that the languages' codes need."""
    names = {name for model in models for name in model.lines}
    return max(extent(name, sheet.look.small) for name in names)


def _gutter(sheet: Page, models: Sequence[_Model]) -> float:
    """Points that names and codes need."""
    names = max(extent(model.name, sheet.look.size) for model in models)
    return names + _codes(sheet, models) + 2.4 * sheet.look.size


def _draw_shelf(
    sheet: Page,
    axes: Sequence[Axis],
    models: Sequence[_Model],
    verdicts: Mapping[tuple[str, str, str], str],
    scale: float,
) -> None:
    """Names and codes once, then a panel for each of `axes`; the page is written to the ticks."""
    look, digits, gutter = sheet.look, 3.2 * sheet.look.small, _gutter(sheet, models)
    step, gap = 1.35 * look.size, digits + 1.2 * look.size
    wide = (sheet.width - gutter - digits - gap * (len(axes) - 1)) / len(axes)
    starts = _starts(models)
    tall = starts[-1] + len(models[-1].lines) + GAP / 2
    sheet.y += 3.2 * look.size

    def middle(place: float) -> float:
        """Of a line, on the page."""
        return sheet.y + (place + 0.5) * step

    for k, axis in enumerate(axes):
        left = EDGE + gutter + k * (wide + gap)
        head = sheet.y - 0.7 * look.size
        sheet.write(left + wide / 2, head - 1.5 * look.size, axis.name, ha="center")
        sheet.poles(axis, (left, head), wide, named=False)
        panel = sheet.panel(left, wide, step * tall, f"axis:{axis.name}")
        _intervals.rule(panel, scale, (-0.5, tall - 0.5))
        for start, model in zip(starts, models, strict=True):
            _join(panel, axis.name, start, model, verdicts)
            for place, row in enumerate(model.lines.values()):
                span = row.on(axis.name)
                if row.mark:
                    _intervals.draw_span(panel, start + place, row.mark, span, look)
                _intervals.write_position(sheet, span, left + wide + digits, middle(start + place))
    for start, model in zip(starts, models, strict=True):
        middles = [middle(start + place) for place in range(len(model.lines))]
        _write_names(sheet, model, EDGE + gutter - 0.8 * look.size, middles)
    sheet.y += step * tall + 4 + 1.6 * look.small


def _starts(models: Sequence[_Model]) -> list[float]:
    """Line on which each model begins."""
    starts, at = [], GAP / 2
    for model in models:
        starts.append(at)
        at += len(model.lines) + GAP
    return starts


def _join(
    panel: Axes,
    axis: str,
    start: float,
    model: _Model,
    verdicts: Mapping[tuple[str, str, str], str],
) -> None:
    """Lines down from dot to dot; each says how its lower dot stands to the first language."""
    above: tuple[float, float] | None = None
    for place, (language, row) in enumerate(model.lines.items()):
        here = row.on(axis).position, start + place
        if not math.isfinite(here[0]):
            continue
        style = LINES.get(verdicts.get((model.name, axis, language), ""))
        if above and style:
            (line,) = panel.plot(*zip(above, here, strict=True), zorder=2.5)
            line.set(label=f"joint:{language}", **style)
        above = here


def _write_names(sheet: Page, model: _Model, right: float, middles: Sequence[float]) -> None:
    """The model's name at its first line, and the code of each language beside its own."""
    look = sheet.look
    placed = any(span.solid for row in model.lines.values() for span in row.spans.values())
    colour = _style.BLACK if placed else _style.GREY
    sheet.write(EDGE, middles[0] + 0.36 * look.size, model.name, color=colour, label="name")
    for language, middle in zip(model.lines, middles, strict=True):
        style = {"size": look.small, "color": _style.GREY, "ha": "right", "label": "language"}
        sheet.write(right, middle + 0.36 * look.small, language, **style)


# --- what is written ---------------------------------------------------------------------------


def _strokes(every: Sequence[ModelRow]) -> Iterator[LegendEntry]:
    spans = [(span, row.mark) for row in every if row.mark for span in row.spans.values()]
    yield from _intervals.strokes(span for span, _ in spans)
    yield from _marks.states((span.solid, mark) for span, mark in spans)


def _joints(verdicts: Mapping[tuple[str, str, str], str], first: str) -> Iterator[LegendEntry]:
    """A legend of the lines between dots, of those verdicts that there are."""
    for verdict, style in LINES.items():
        if verdict in verdicts.values():
            marker = SLANTED if style["ls"] == "-" else DOTTED
            stroke = {"marker": marker, "mfc": "none", "mec": style["color"], "mew": style["lw"]}
            yield LegendEntry(f"{verdict} against {first}", stroke)


def _left_out(editions: Editions, models: Sequence[_Model]) -> list[str]:
    """Models that were not asked in the first language."""
    first, *_ = editions.tables
    everyone = {row.name for tables in editions.tables.values() for row in rows(tables)}
    count = len(everyone - {model.name for model in models})
    return [f"Not asked in {first}, so left out: {count}"] if count else []
