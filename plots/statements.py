"""The statements: heat map of each model's leaning on each statement.

One row per statement, grouped by axis and topic, one column per model; models with similar answers
are neighbours, in the order of `statements.csv`. Missing cells are hatched. Draws finished numbers
and computes none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _heat_map, _names, _style
from ._page import MARGIN, Page
from ._statement_grid import StatementGrid, StatementRow, split, statement_grid
from ._text_lines import text_width, wrap_text

TEXT_SHARE = 0.5
"""Minimum share of the page width for texts of statements."""
SLIDE_TEXTS = 24
"""Maximum number of statements whose texts fit a slide."""
NARROW = 40
"""Page width in ems below which names are shortened and poles left out."""
SMALLEST = 3.6
"""Minimum font size of models' names, in points; with less room they are left out."""


def draw(tables: Tables, *, texts: bool = False, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model's agreement with every statement.

    Args:
        tables: Results of a run.
        texts: Whether to write the texts of statements instead of their ids.
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: there is no table of statements, or no model or statement in it; an unknown
            style or size; texts that do not fit a slide.
    """
    page = Page(_style.figure_style(**style))
    grid = statement_grid(tables)
    if texts and page.look.beside and len(grid.lines) > SLIDE_TEXTS:
        raise UsageError(
            f"--texts: {len(grid.lines)} statements with their texts do not fit a slide, which has"
            f" room for {SLIDE_TEXTS}; leave out --style slide, or --texts"
        )
    with _style.rc_context():
        page.title(
            say(
                "Leanings of {models} on {statements}",
                models=plural(len(grid.models), "{n} model", "{n} models"),
                statements=plural(len(grid.lines), "{n} statement", "{n} statements"),
            )
        )
        frame = _draw_blocks(page, tables, grid, texts=texts)
        _heat_map.draw_scale(page, tables, missing=bool(np.isnan(grid.values).any()))
        page.note(_names.unclaimed_all(tables))
        page.caption([tables.caption, *_remarks(frame, len(grid.models))])
        return page.finish()


# --- the panel ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """Layout of the heat map on the page, in points, and the texts around it."""

    ids: Mapping[str, str]
    """Statement -> its text on the page: its id, or the lines of its text."""
    topics: Mapping[str, str]
    poles: Mapping[tuple[str, int], str]
    left: float
    wide: float
    """Width of a column."""
    step: float
    """Height of a row."""
    size: float
    """Font size of the models' names; 0 without room."""
    texts: bool = False
    """Whether texts are written: then aligned left with topics above; ids are aligned right with
    topics on their left."""


def _draw_blocks(page: Page, tables: Tables, grid: StatementGrid, *, texts: bool) -> _Frame:
    """Draw the heat map; on a slide in up to three blocks, with a font size that fits."""
    blocks = split(grid, 1 + (len(grid.lines) > 12) + (len(grid.lines) > 40))
    if texts or not page.look.beside or len(blocks) == 1:
        frame = _frame_of_texts(page, tables, grid) if texts else _frame(page, tables, grid)
        _draw_grid(page, frame, grid)
        return frame
    look, top, whole = page.look, page.y, page.width
    room = _style.SLIDE * look.points - top - 9 * look.size
    tallest = max(block.lines[-1].y + 4 for block in blocks)
    name = max(text_width(model, 1) for model in grid.models)
    page.look = replace(look, size=min(look.size, room / (1.12 * tallest + name)))
    wide = (whole - 1.5 * look.size * (len(blocks) - 1)) / len(blocks)
    for i, block in enumerate(blocks):
        page.start_column(MARGIN + i * (wide + 1.5 * look.size), top)
        page.width = wide
        frame = _frame(page, tables, block)
        _draw_grid(page, frame, block)
    page.start_column(MARGIN, max(page.foot, page.y))
    page.look = look
    return frame


def _frame(page: Page, tables: Tables, grid: StatementGrid) -> _Frame:
    small, size = page.look.small, page.look.size
    narrow = page.width < NARROW * size or page.look.beside
    ids = _style.distinct_names((line.id for line in grid.lines), 14 if narrow else 28)
    topics = {line.topic: _style.shorten(line.topic, 12 if narrow else 20) for line in grid.lines}
    poles = {} if narrow else _poles(tables)
    before = _widest(topics.values(), small) + _widest(ids.values(), small) + 1.6 * size
    room = page.width - before - _widest(poles.values(), small) - 0.6 * size
    wide = min(room / len(grid.models), (9 if page.look.beside else 4.5) * size)
    names = min(small, 0.86 * wide)
    return _Frame(
        ids,
        topics,
        poles,
        page.left + before,
        wide,
        1.3 * small,
        names if names >= SMALLEST else 0.0,
    )


def _frame_of_texts(page: Page, tables: Tables, grid: StatementGrid) -> _Frame:
    """Layout with texts on the left; rows have as many lines as the longest text."""
    small, size = page.look.small, page.look.size
    columns = min(len(grid.models) * 4.5 * size, (1 - TEXT_SHARE) * page.width)
    before = page.width - columns - 1.2 * size
    wrapped = {
        line.id: wrap_text(tables.texts.get(line.id, line.id), before, small) for line in grid.lines
    }
    wide = columns / len(grid.models)
    names = min(small, 0.86 * wide)
    step = 1.25 * small * max(2, *map(len, wrapped.values())) + 0.3 * small
    return _Frame(
        {name: "\n".join(lines) for name, lines in wrapped.items()},
        {line.topic: _style.shorten(line.topic, 40) for line in grid.lines},
        {},
        page.left + before + 1.2 * size,
        wide,
        step,
        names if names >= SMALLEST else 0.0,
        texts=True,
    )


def _widest(names: Iterable[str], size: float) -> float:
    return max((text_width(name, size) for name in names), default=0.0)


def _draw_grid(page: Page, frame: _Frame, grid: StatementGrid) -> None:
    """Draw the heat map, with the names of models above and of statements on the left."""
    size, step = frame.size, frame.step
    names = _style.distinct_names(grid.models)
    if size:
        longest = _widest(names.values(), size)
        page.y += longest + 0.5 * page.look.size
    page.y += 1.9 * step
    tall = (grid.lines[-1].y + 1) * step
    panel = page.add_panel(frame.left, frame.wide * len(grid.models), tall, "statements")
    panel.set(xticks=[], yticks=[])
    _heat_map.draw_cells(panel, grid)
    for j, model in enumerate(grid.models if size else ()):
        x = frame.left + (j + 0.5) * frame.wide + 0.36 * size
        looks = {"rotation": 90, "size": size, "rotation_mode": "anchor", "label": "model"}
        y = page.y - 1.9 * step + 0.2 * page.look.size
        page.write(x, y, names[model], **looks)
    _write_lines(page, frame, grid)
    page.y += tall + 0.4 * page.look.size


def _write_lines(page: Page, frame: _Frame, grid: StatementGrid) -> None:
    """Write axes and topics at their first row, ids on the left, poles on the right."""
    look, small = page.look, {"size": page.look.small, "color": _style.GREY}
    ids, poles = frame.left - 0.4 * look.size, frame.left + frame.wide * len(grid.models)
    last: StatementRow | None = None
    for line in grid.lines:
        y = page.y + (line.y + 0.5) * frame.step + 0.36 * look.small
        if last is None or line.axis != last.axis:
            name = _style.shorten(say(line.axis), 40)
            page.write(page.left, y - 1.35 * frame.step, name, weight="bold", label="axis")
        new = last is None or (line.axis, line.topic) != (last.axis, last.topic)
        if frame.texts:
            _write_text(page, frame, line, new=new)
            last = line
            continue
        if new:
            page.write(page.left, y, frame.topics[line.topic], size=look.small, label="topic")
        page.write(ids, y, frame.ids[line.id], ha="right", label="statement", **small)
        if pole := frame.poles.get((line.axis, line.pull)):
            page.write(poles + 0.5 * look.size, y, pole, label="pole", **small)
        last = line


def _write_text(page: Page, frame: _Frame, line: StatementRow, *, new: bool) -> None:
    """Write a statement's text in the middle of its row; above the first of a topic, the topic."""
    small, lines = page.look.small, frame.ids[line.id].split("\n")
    top = page.y + line.y * frame.step
    if new:
        style = {"size": small, "color": _style.GREY, "label": "topic"}
        page.write(page.left, top - 0.35 * small, frame.topics[line.topic], **style)
    first = top + 0.5 * frame.step + (0.36 - 0.5 * 1.25 * (len(lines) - 1)) * small
    for number, text in enumerate(lines):
        y = first + 1.25 * small * number
        page.write(page.left, y, text, size=small, label="statement")


def _poles(tables: Tables) -> Mapping[tuple[str, int], str]:
    """(axis, sign) -> pole that agreement points to."""
    poles: dict[tuple[str, int], str] = {}
    for axis in tables.axes:
        for pull, pole in ((-1, axis.negative), (1, axis.positive)):
            poles[axis.name, pull] = f"\N{RIGHTWARDS ARROW} {_style.shorten(say(pole), 16)}"
    return poles


# --- texts -------------------------------------------------------------------------------------


def _remarks(frame: _Frame, models: int) -> Iterator[str]:
    yield say("Means over wordings, with the yes-bias taken out where a statement has a mirror")
    if models > 2:
        yield say("Models that answered alike stand side by side")
    if frame.poles:
        yield say("On the right: where agreeing pulls; colour: where the answer leans")
    if not frame.size:
        yield say("Models' names find no room; statements.csv has them from left to right")
