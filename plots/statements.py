"""The statements: what each model made of each one, from disagreement to agreement.

One row a statement, grouped by axis and topic, one column a model; models that answered alike
stand side by side, in the order of `statements.csv`. Missing cells are hatched. Draws finished
numbers and computes none.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from probes.types import Tables

from . import _style
from ._page import EDGE, Page, extent
from ._statement_grid import StatementGrid, StatementRow
from ._statement_grid import grid as read

COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "disagree to agree",
    ["#7F3B08", "#E08214", "#FDD9A8", "#F7F7F7", "#CFC9E6", "#8073AC", "#2D004B"],
)
"""Brown to purple through white at 0: told apart by colour-blind readers, and no party's."""
NARROW = 40
"""Ems of a page below which names are shortened and poles left out."""
SMALLEST = 3.6
"""Points of text below which models' names are left out."""


def draw(
    tables: Tables,
    *,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw every model's agreement with every statement.

    Args:
        tables: What a run concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: there is no table of statements, or no model or statement in it; an unknown
            style or size.
    """
    sheet = Page(_style.look(style, width, font_size))
    cells = read(tables)
    with _style.ink():
        models, statements = len(cells.models), len(cells.lines)
        count = f"{models} model{'s' if models != 1 else ''}"
        of = f"{statements} statement{'s' if statements != 1 else ''}"
        sheet.title(f"Agreement of {count} with {of}")
        frame = _frame(sheet, tables, cells)
        _draw_grid(sheet, frame, cells)
        _draw_scale(sheet, missing=bool(np.isnan(cells.values).any()))
        sheet.caption([tables.caption, *_remarks(frame)])
        return sheet.cut()


# --- the panel ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the map lies on the page, in points, and what is written around it."""

    ids: Mapping[str, str]
    topics: Mapping[str, str]
    poles: Mapping[tuple[str, int], str]
    left: float
    wide: float
    """Of a column."""
    step: float
    """From row to row."""
    size: float
    """Of the models' names; 0 where they find no room."""


def _frame(sheet: Page, tables: Tables, grid: StatementGrid) -> _Frame:
    small, size = sheet.look.small, sheet.look.size
    narrow = sheet.width < NARROW * size
    ids = _style.distinct((line.id for line in grid.lines), 14 if narrow else 28)
    topics = {line.topic: _style.shorten(line.topic, 12 if narrow else 20) for line in grid.lines}
    poles = {} if narrow else _poles(tables)
    before = _widest(topics.values(), small) + _widest(ids.values(), small) + 1.6 * size
    room = sheet.width - before - _widest(poles.values(), small) - 0.6 * size
    wide = min(room / len(grid.models), 4.5 * size)
    names = min(small, 0.86 * wide)
    return _Frame(
        ids, topics, poles, EDGE + before, wide, 1.3 * small, names if names >= SMALLEST else 0.0
    )


def _widest(names: Iterable[str], size: float) -> float:
    return max((extent(name, size) for name in names), default=0.0)


def _draw_grid(sheet: Page, frame: _Frame, grid: StatementGrid) -> None:
    """The heat map, with the names of models above and of statements on the left."""
    size, step = frame.size, frame.step
    names = _style.distinct(grid.models)
    if size:
        longest = _widest(names.values(), size)
        sheet.y += longest + 0.5 * sheet.look.size
    sheet.y += 1.9 * step
    tall = (grid.lines[-1].y + 1) * step
    panel = sheet.panel(frame.left, frame.wide * len(grid.models), tall, "statements")
    panel.set(xticks=[], yticks=[])
    _draw_cells(panel, grid)
    for j, model in enumerate(grid.models if size else ()):
        x = frame.left + (j + 0.5) * frame.wide + 0.36 * size
        looks = {"rotation": 90, "size": size, "rotation_mode": "anchor", "label": "model"}
        y = sheet.y - 1.9 * step + 0.2 * sheet.look.size
        sheet.write(x, y, names[model], **looks)
    _write_lines(sheet, frame, grid)
    sheet.y += tall + 0.4 * sheet.look.size


def _write_lines(sheet: Page, frame: _Frame, grid: StatementGrid) -> None:
    """Axes and topics where they begin, ids on the left, poles on the right."""
    look, small = sheet.look, {"size": sheet.look.small, "color": _style.GREY}
    ids, poles = frame.left - 0.4 * look.size, frame.left + frame.wide * len(grid.models)
    above: StatementRow | None = None
    for line in grid.lines:
        y = sheet.y + (line.y + 0.5) * frame.step + 0.36 * look.small
        if above is None or line.axis != above.axis:
            name = _style.shorten(line.axis, 40)
            sheet.write(EDGE, y - 1.35 * frame.step, name, weight="bold", label="axis")
        if above is None or (line.axis, line.topic) != (above.axis, above.topic):
            sheet.write(EDGE, y, frame.topics[line.topic], size=look.small, label="topic")
        sheet.write(ids, y, frame.ids[line.id], ha="right", label="statement", **small)
        if pole := frame.poles.get((line.axis, line.pull)):
            sheet.write(poles + 0.5 * look.size, y, pole, label="pole", **small)
        above = line


def _poles(tables: Tables) -> Mapping[tuple[str, int], str]:
    """(axis, pull) -> the pole that agreeing pulls to."""
    found: dict[tuple[str, int], str] = {}
    for axis in tables.axes:
        for pull, pole in ((-1, axis.negative), (1, axis.positive)):
            found[axis.name, pull] = f"\N{RIGHTWARDS ARROW} {_style.shorten(pole, 16)}"
    return found


def _draw_cells(panel: Axes, grid: StatementGrid) -> None:
    """A strip a topic; over missing cells, hatching."""
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
    """Top and foot of each run of a model's missing cells within a topic."""
    found: list[tuple[float, float]] = []
    for line, value in zip(grid.lines, grid.values[:, model], strict=True):
        if math.isnan(value):
            top = found.pop()[0] if found and found[-1][1] == line.y else line.y
            found.append((top, line.y + 1))
    return found


def _hatch(panel: Axes, corner: tuple[float, float], size: tuple[float, float], name: str) -> None:
    """How missing cells look."""
    cells = Rectangle(corner, *size, fc="white", ec=_style.LIGHT, lw=0, hatch="//////", zorder=3)
    panel.add_patch(cells).set_label(name)


def _draw_scale(sheet: Page, *, missing: bool) -> None:
    """What the colours mean, as a strip, and the hatching."""
    look = sheet.look
    size, tall, wide = look.small, 0.9 * look.small, 12 * look.size
    sheet.y += 0.7 * look.size
    x, y = EDGE, sheet.y + 0.8 * tall
    for text, room in (("disagree", 0.0), ("", wide), ("agree", 0.0)):
        if room:
            strip = sheet.panel(x, wide, tall, "scale")
            strip.imshow(np.linspace(-1, 1, 101)[None, :], cmap=COLOURS, aspect="auto")
            strip.set(xticks=[0, 50, 100], yticks=[])
            strip.set_xticklabels([_style.figures(tick, "g") for tick in (-1, 0, 1)])
            x += wide + 0.7 * size
        else:
            sheet.write(x, y, text, size=size, color=_style.GREY)
            x += extent(text, size) + 0.7 * size
    if missing:
        box = sheet.panel(x + 2 * size, 2 * tall, tall, "hatch")
        box.set(xticks=[], yticks=[])
        _hatch(box, (0, 0), (1, 1), "hatch")
        text = "missing: nothing was answered"
        sheet.write(x + 2 * size + 2.5 * tall, y, text, size=size, color=_style.GREY)
    sheet.y += tall + 1.6 * size


# --- what is written ---------------------------------------------------------------------------


def _remarks(frame: _Frame) -> Iterator[str]:
    yield (
        "Means over wordings, with the yes-bias taken out where a statement has a mirror; models"
        " that answered alike stand side by side"
    )
    if frame.poles:
        yield "On the right: the pole that agreeing pulls to"
    if not frame.size:
        yield "Models' names find no room; statements.csv has them from left to right"
