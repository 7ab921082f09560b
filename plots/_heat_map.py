"""Heat map of the figure `statements`: its cells, hatched where missing, and its colour bar."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.patches import Rectangle

from probes.phrases import say
from probes.types import Tables

from . import _style
from ._page import MARGIN, Page
from ._statement_grid import StatementGrid
from ._text_lines import text_width

COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "negative to positive pole",
    ["#7F3B08", "#E08214", "#FDD9A8", "#F7F7F7", "#CFC9E6", "#8073AC", "#2D004B"],
)
"""Diverging colour map, brown to purple, white at 0: colour-blind safe, no party's colours."""


def draw_cells(panel: Axes, grid: StatementGrid) -> None:
    """Draw an image for each topic, and hatching over missing cells."""
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
    """(top, bottom) of each run of a model's missing cells within a topic."""
    runs: list[tuple[float, float]] = []
    for line, value in zip(grid.lines, grid.values[:, model], strict=True):
        if math.isnan(value):
            top = runs.pop()[0] if runs and runs[-1][1] == line.y else line.y
            runs.append((top, line.y + 1))
    return runs


def _hatch(panel: Axes, corner: tuple[float, float], size: tuple[float, float], name: str) -> None:
    """Draw the hatching of missing cells."""
    cells = Rectangle(corner, *size, fc="white", ec=_style.LIGHT, lw=0, hatch="//////", zorder=3)
    panel.add_patch(cells).set_label(name)


def draw_scale(page: Page, tables: Tables, *, missing: bool) -> None:
    """Draw the colour bar, and explain the hatching."""
    look = page.look
    size, tall, wide = look.small, 0.9 * look.small, 12 * look.size
    page.y += 0.7 * look.size
    x, y = MARGIN, page.y + 0.8 * tall
    negative, positive = (
        ", ".join(dict.fromkeys(_style.shorten(say(pole), 16) for pole in poles))
        for poles in ([a.negative for a in tables.axes], [a.positive for a in tables.axes])
    )
    ends = (negative or say("disagree"), positive or say("agree"))
    fits = text_width(", ".join(ends), size) + wide + 3 * size <= page.width
    if not fits:
        ends = (say("towards the first pole of its axis"), say("the second"))
        size = min(size, page.width / (text_width("".join(ends), 1) + 6.6))
        wide = max(4 * size, min(wide, page.width - text_width("".join(ends), size) - 2.4 * size))
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
