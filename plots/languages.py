"""The languages: one row per model, one dot with its interval for each language and axis.

Lines join the dots of a model; the style of the line above a dot shows the verdict on its
difference from the first language. Draws finished numbers and computes none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from probes.errors import UsageError
from probes.phrases import phrase, plural, say
from probes.types import Axis, Editions, Tables, reasons, unclaimed

from . import _intervals, _marks, _names, _small_multiples, _style
from ._model_rows import ModelRow, group_by_family, model_rows
from ._page import MARGIN, LegendEntry, Page
from ._text_lines import text_width

GAP = 0.9
"""Gap between two models, in lines."""

LINES: Mapping[str, dict[str, object]] = {
    "moved": {"color": _style.BLACK, "lw": 1.1, "ls": "-"},
    "not moved": {"color": _style.LIGHT, "lw": 1.1, "ls": "-"},
    "cannot be told apart": {"color": _style.GREY, "lw": 0.8, "ls": (0, (1, 2))},
}
"""Verdict -> `Line2D` keywords."""
VERDICTS = {
    "moved": phrase("moved against {language}"),
    "not moved": phrase("not moved against {language}"),
    "cannot be told apart": phrase("cannot be told apart against {language}"),
}

SLANTED = Path([(-0.9, 0.9), (0.9, -0.9)], [Path.MOVETO, Path.LINETO])
DOTTED = Path(
    [(x, -x) for x in (-0.9, -0.6, -0.15, 0.15, 0.6, 0.9)], [Path.MOVETO, Path.LINETO] * 3
)
"""Legend marker of a dotted line."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model in each of the languages in which it was asked, the first language first."""

    name: str
    """Name of the model in the tables."""
    shown: str
    """Name as written."""
    lines: Mapping[str, ModelRow]
    """Language -> the model's row in that language."""


def draw(editions: Editions, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model in every language; the figure's height depends on the number of rows.

    Raises:
        UsageError: this is a run in one language; an unknown style or size; no model to draw.
    """
    if not isinstance(editions, Editions):
        raise UsageError("the figure 'languages' draws runs of `probes run --language de,ja`")
    page = Page(_style.figure_style(**style))
    with _style.rc_context():  # names are measured in the figure's fonts
        if not (models := _models(page, editions)):
            raise UsageError("placements.csv holds no model, so there is nothing to draw")
    languages = list(editions.tables)
    reference, verdicts = editions.tables[languages[0]], _verdicts(editions)
    model_lines = [row for model in models for row in model.lines.values()]
    with _style.rc_context():
        page.title(
            plural(
                len(models),
                "Positions of {n} model in {languages}",
                "Positions of {n} models in {languages}",
                languages=", ".join(languages),
            )
        )
        least = _intervals.MIN_PANEL * page.look.size
        room = page.width - _gutter(page, models)
        for axes in _intervals.panel_rows(reference.axes, room, least):
            _draw_panels(page, axes, models, verdicts, reference.scale)
        marks = [row.mark for row in model_lines if row.mark]
        page.legend(_marks.family_legend(marks))
        page.legend([*_interval_legend(model_lines), *_verdict_legend(verdicts, languages[0])])
        absent = _by_language(editions, reasons.unplaced_models)
        page.note(_names.notes(absent, _by_language(editions, unclaimed.hollow_models)))
        page.caption([editions.caption, *_remarks(editions, models)])
        return page.finish()


def _models(page: Page, editions: Editions) -> list[_Model]:
    """Models that were asked in the first language, sorted by position on the first axis."""
    languages = {n: {row.model: row for row in model_rows(t)} for n, t in editions.tables.items()}
    first, *_ = editions.tables
    axis = editions.tables[first].axes[0].name
    ordered = [row for row in group_by_family(list(languages[first].values()), axis) if row.mark]
    fitted, _ = _small_multiples.fit_names(page, ordered) if ordered else ([], 0)
    lines = {
        row.model: {name: rows[row.model] for name, rows in languages.items() if row.model in rows}
        for row in fitted
    }
    return [_Model(row.model, row.name, lines[row.model]) for row in fitted]


def _verdicts(editions: Editions) -> dict[tuple[str, str, str], str]:
    """(model, axis, language) -> verdict on the difference from the first language."""
    table = editions.differences
    columns = (table[name].astype(str) for name in ("model", "axis", "language", "verdict"))
    return {(model, axis, on): verdict for model, axis, on, verdict in zip(*columns, strict=True)}


# --- the panels --------------------------------------------------------------------------------


def _gutter(page: Page, models: Sequence[_Model]) -> float:
    """Width of names and language codes, in points."""
    names = max(text_width(model.shown, page.look.size) for model in models)
    codes = max(text_width(name, page.look.small) for model in models for name in model.lines)
    return names + codes + 2.4 * page.look.size


def _draw_panels(
    page: Page,
    axes: Sequence[Axis],
    models: Sequence[_Model],
    verdicts: Mapping[tuple[str, str, str], str],
    scale: float,
) -> None:
    """Draw one row of panels, one for each of `axes`, with names and codes on their left."""
    look, digits, gutter = page.look, 3.2 * page.look.small, _gutter(page, models)
    step, gap = 1.35 * look.size, digits + 1.2 * look.size
    wide = (page.width - gutter - digits - gap * (len(axes) - 1)) / len(axes)
    starts = _starts(models)
    tall = starts[-1] + len(models[-1].lines) + GAP / 2
    page.y += 3.2 * look.size

    def middle(place: float) -> float:
        """Middle of a line, in points from the top of the page."""
        return page.y + (place + 0.5) * step

    for k, axis in enumerate(axes):
        left = MARGIN + gutter + k * (wide + gap)
        head = page.y - 0.7 * look.size
        page.write(left + wide / 2, head - 1.5 * look.size, say(axis.name), ha="center")
        page.write_poles(axis, (left, head), wide, named=False)
        panel = page.add_panel(left, wide, step * tall, f"axis:{axis.name}")
        _intervals.draw_gridlines(panel, scale, (-0.5, tall - 0.5))
        for start, model in zip(starts, models, strict=True):
            _draw_verdicts(panel, axis.name, start, model, verdicts)
            for place, row in enumerate(model.lines.values()):
                interval = row.interval_on(axis.name)
                if row.mark:
                    _intervals.draw_interval(panel, start + place, row.mark, interval, look)
                _intervals.write_position(
                    page, interval, left + wide + digits, middle(start + place)
                )
    for start, model in zip(starts, models, strict=True):
        middles = [middle(start + place) for place in range(len(model.lines))]
        _write_names(page, model, MARGIN + gutter - 0.8 * look.size, middles)
    page.y += step * tall + 4 + 1.6 * look.small


def _starts(models: Sequence[_Model]) -> list[float]:
    """Number of the first line of each model."""
    starts, line = [], GAP / 2
    for model in models:
        starts.append(line)
        line += len(model.lines) + GAP
    return starts


def _draw_verdicts(
    panel: Axes,
    axis: str,
    start: float,
    model: _Model,
    verdicts: Mapping[tuple[str, str, str], str],
) -> None:
    """Draw lines from dot to dot downwards, each in the style of the verdict on its lower dot."""
    last: tuple[float, float] | None = None
    for place, (language, row) in enumerate(model.lines.items()):
        interval = row.interval_on(axis)
        if not interval.drawn:
            continue
        point = interval.position, start + place
        style = LINES.get(verdicts.get((model.name, axis, language), ""))
        if last and style:
            (line,) = panel.plot(*zip(last, point, strict=True), zorder=2.5)
            line.set(label=f"joint:{language}", **style)
        last = point


def _write_names(page: Page, model: _Model, right: float, middles: Sequence[float]) -> None:
    """Write the model's name on its first line, and the code of each language on its own line."""
    look = page.look
    placed = any(
        interval.solid for row in model.lines.values() for interval in row.intervals.values()
    )
    colour = _style.BLACK if placed else _style.GREY
    page.write(MARGIN, middles[0] + 0.36 * look.size, model.shown, color=colour, label="name")
    for language, middle in zip(model.lines, middles, strict=True):
        style = {"size": look.small, "color": _style.GREY, "ha": "right", "label": "language"}
        page.write(right, middle + 0.36 * look.small, language, **style)


# --- texts -------------------------------------------------------------------------------------


def _interval_legend(rows: Sequence[ModelRow]) -> Iterator[LegendEntry]:
    intervals = [
        (interval, row.mark) for row in rows if row.mark for interval in row.intervals.values()
    ]
    yield from _intervals.legend(interval for interval, _ in intervals)
    yield from _marks.state_legend((i.solid, mark) for i, mark in intervals if i.drawn)


def _verdict_legend(
    verdicts: Mapping[tuple[str, str, str], str], first: str
) -> Iterator[LegendEntry]:
    """A legend entry for the line of each verdict that occurs."""
    for verdict, style in LINES.items():
        if verdict in verdicts.values():
            marker = SLANTED if style["ls"] == "-" else DOTTED
            stroke = {"marker": marker, "mfc": "none", "mec": style["color"], "mew": style["lw"]}
            yield LegendEntry(say(VERDICTS[verdict], language=first), stroke)


def _by_language(
    editions: Editions, models: Callable[[Tables], Mapping[str, str]]
) -> dict[str, str]:
    """Model (with its language, unless all share it) -> text that `models` gives."""
    where: dict[str, dict[str, str]] = {}
    for language, tables in editions.tables.items():
        for model, why in models(tables).items():
            where.setdefault(model, {})[language] = why
    return _names.apart(where, len(editions.tables))


def _remarks(editions: Editions, models: Sequence[_Model]) -> list[str]:
    """Sentence on models that are left out because they were not asked in the first language."""
    first, *_ = editions.tables
    names = {row.model for tables in editions.tables.values() for row in model_rows(tables)}
    count = len(names - {model.name for model in models})
    return (
        [say("Not asked in {language}, so left out: {n}", language=first, n=count)] if count else []
    )
