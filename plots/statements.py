"""The statements: a heat map of which pole each model's answer to each statement leans to.

One row a statement, grouped by axis and topic, one column a model; models that answered alike
stand side by side, in the order of `statements.csv`. Missing cells are hatched. Draws finished
numbers and computes none.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from probes.phrases import plural, say
from probes.types import Tables

from . import _style
from ._page import MARGIN, Page, text_width
from ._statement_grid import StatementGrid, StatementRow, split, statement_grid

COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "negative to positive pole",
    ["#7F3B08", "#E08214", "#FDD9A8", "#F7F7F7", "#CFC9E6", "#8073AC", "#2D004B"],
)
"""Diverging, brown to purple with white at 0: colour-blind safe, and no party's colours."""
NARROW = 40
"""Width of the page in ems below which names are shortened and poles left out."""
SMALLEST = 3.6
"""Least text size, in points, of models' names; where less room is left they are left out."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model's agreement with every statement.

    Raises:
        UsageError: there is no table of statements, or no model or statement in it; an unknown
            style or size.
    """
    page = Page(_style.figure_style(**style))
    grid = statement_grid(tables)
    with _style.rc_context():
        page.title(
            say(
                "Leanings of {models} on {statements}",
                models=plural(len(grid.models), "{n} model", "{n} models"),
                statements=plural(len(grid.lines), "{n} statement", "{n} statements"),
            )
        )
        frame = _draw_blocks(page, tables, grid)
        _draw_scale(page, tables, missing=bool(np.isnan(grid.values).any()))
        page.caption([tables.caption, *_remarks(frame)])
        return page.finish()


# --- the panel ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """Layout of the heat map on the page, in points, and the texts around it."""

    ids: Mapping[str, str]
    topics: Mapping[str, str]
    poles: Mapping[tuple[str, int], str]
    left: float
    wide: float
    """Width of a column."""
    step: float
    """Height of a row."""
    size: float
    """Text size of the models' names; 0 where they find no room."""


def _draw_blocks(page: Page, tables: Tables, grid: StatementGrid) -> _Frame:
    """The heat map; on a slide in up to three blocks side by side, in text that lets them fit."""
    blocks = split(grid, 1 + (len(grid.lines) > 16) + (len(grid.lines) > 40))
    if not page.look.beside or len(blocks) == 1:
        frame = _frame(page, tables, grid)
        _draw_grid(page, frame, grid)
        return frame
    look, top, whole = page.look, page.y, page.width
    room = 0.5625 * look.points - top - 9 * look.size
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
    wide = min(room / len(grid.models), 4.5 * size)
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


def _widest(names: Iterable[str], size: float) -> float:
    return max((text_width(name, size) for name in names), default=0.0)


def _draw_grid(page: Page, frame: _Frame, grid: StatementGrid) -> None:
    """The heat map, with the names of models above and of statements on the left."""
    size, step = frame.size, frame.step
    names = _style.distinct_names(grid.models)
    if size:
        longest = _widest(names.values(), size)
        page.y += longest + 0.5 * page.look.size
    page.y += 1.9 * step
    tall = (grid.lines[-1].y + 1) * step
    panel = page.add_panel(frame.left, frame.wide * len(grid.models), tall, "statements")
    panel.set(xticks=[], yticks=[])
    _draw_cells(panel, grid)
    for j, model in enumerate(grid.models if size else ()):
        x = frame.left + (j + 0.5) * frame.wide + 0.36 * size
        looks = {"rotation": 90, "size": size, "rotation_mode": "anchor", "label": "model"}
        y = page.y - 1.9 * step + 0.2 * page.look.size
        page.write(x, y, names[model], **looks)
    _write_lines(page, frame, grid)
    page.y += tall + 0.4 * page.look.size


def _write_lines(page: Page, frame: _Frame, grid: StatementGrid) -> None:
    """Axes and topics at their first row, ids on the left, poles on the right."""
    look, small = page.look, {"size": page.look.small, "color": _style.GREY}
    ids, poles = frame.left - 0.4 * look.size, frame.left + frame.wide * len(grid.models)
    last: StatementRow | None = None
    for line in grid.lines:
        y = page.y + (line.y + 0.5) * frame.step + 0.36 * look.small
        if last is None or line.axis != last.axis:
            name = _style.shorten(line.axis, 40)
            page.write(page.left, y - 1.35 * frame.step, name, weight="bold", label="axis")
        if last is None or (line.axis, line.topic) != (last.axis, last.topic):
            page.write(page.left, y, frame.topics[line.topic], size=look.small, label="topic")
        page.write(ids, y, frame.ids[line.id], ha="right", label="statement", **small)
        if pole := frame.poles.get((line.axis, line.pull)):
            page.write(poles + 0.5 * look.size, y, pole, label="pole", **small)
        last = line


def _poles(tables: Tables) -> Mapping[tuple[str, int], str]:
    """(axis, pull) -> the pole that agreement pulls to."""
    poles: dict[tuple[str, int], str] = {}
    for axis in tables.axes:
        for pull, pole in ((-1, axis.negative), (1, axis.positive)):
            poles[axis.name, pull] = f"\N{RIGHTWARDS ARROW} {_style.shorten(pole, 16)}"
    return poles


def _draw_cells(panel: Axes, grid: StatementGrid) -> None:
    """An image for each topic; hatching over missing cells."""
    starts = [i for i, line in enumerate(grid.lines) if i == 0 or line.y > grid.lines[i - 1].y + 1]
    for start, end in zip(starts, [*starts[1:], len(grid.lines)], strict=True):
        top, foot = grid.lines[start].y, grid.lines[end - 1].y + 1
        image = panel.imshow(
            grid.values[start:end], cmap=COLOURS, vmin=-1, vmax=1, aspect="auto",
            interpolation="nearest", extent=(0, len(grid.models), foot, top),
        )  # fmt: skip
        image.set_label(f"cells:{grid.lines[start].axis}:{grid.lines[start].topic}")
    panel.set(xlim=(0, len(grid.models)), ylim=(grid.lines[-1].y + 1, 0))
    for j, model in enumerate(grid.models):
        for top, foot in _missing(grid, j):
            _hatch(panel, (j, top), (1, foot - top), f"missing:{model}")


def _missing(grid: StatementGrid, model: int) -> list[tuple[float, float]]:
    """Top and bottom of each run of a model's missing cells within a topic."""
    runs: list[tuple[float, float]] = []
    for line, value in zip(grid.lines, grid.values[:, model], strict=True):
        if math.isnan(value):
            top = runs.pop()[0] if runs and runs[-1][1] == line.y else line.y
            runs.append((top, line.y + 1))
    return runs


def _hatch(panel: Axes, corner: tuple[float, float], size: tuple[float, float], name: str) -> None:
    """The hatching of missing cells."""
    cells = Rectangle(corner, *size, fc="white", ec=_style.LIGHT, lw=0, hatch="//////", zorder=3)
    panel.add_patch(cells).set_label(name)


def _draw_scale(page: Page, tables: Tables, *, missing: bool) -> None:
    """The colour bar, and what the hatching means."""
    look = page.look
    size, tall, wide = look.small, 0.9 * look.small, 12 * look.size
    page.y += 0.7 * look.size
    x, y = MARGIN, page.y + 0.8 * tall
    negative, positive = (
        ", ".join(dict.fromkeys(_style.shorten(pole, 16) for pole in poles))
        for poles in ([a.negative for a in tables.axes], [a.positive for a in tables.axes])
    )
    ends = (negative or say("disagree"), positive or say("agree"))
    fits = text_width(", ".join(ends), size) + wide + 3 * size <= page.width
    if not fits:
        ends = (say("towards the first pole of its axis"), say("the second"))
    for text, room in ((ends[0], 0.0), ("", wide), (ends[1], 0.0)):
        if room:
            strip = page.add_panel(x, wide, tall, "scale")
            strip.imshow(np.linspace(-1, 1, 101)[None, :], cmap=COLOURS, aspect="auto")
            strip.set(xticks=[0, 50, 100], yticks=[])
            strip.set_xticklabels([_style.format_number(tick, "g") for tick in (-1, 0, 1)])
            x += wide + 0.7 * size
        else:
            page.write(x, y, text, size=size, color=_style.GREY)
            x += text_width(text, size) + 0.7 * size
    if missing:
        box = page.add_panel(x + 2 * size, 2 * tall, tall, "hatch")
        box.set(xticks=[], yticks=[])
        _hatch(box, (0, 0), (1, 1), "hatch")
        text = say("missing: nothing was answered")
        page.write(x + 2 * size + 2.5 * tall, y, text, size=size, color=_style.GREY)
    page.y += tall + 1.6 * size


# --- what is written ---------------------------------------------------------------------------


def _remarks(frame: _Frame) -> Iterator[str]:
    yield say(
        "Means over wordings, with the yes-bias taken out where a statement has a mirror; models"
        " that answered alike stand side by side"
    )
    if frame.poles:
        yield say("On the right: where agreeing pulls; colour: where the answer leans")
    if not frame.size:
        yield say("Models' names find no room; statements.csv has them from left to right")
