"""The page around a figure's panels: title, legend, key and caption, measured and flowed.

A page is written from the top downwards and cut off where the writing ends, so that any number
of models, families or lines of caption fits without overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from . import _ink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

EDGE = 7.0
"""White space around everything, in points."""

DPI = 200
"""Pixels to the inch of a PNG."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a legend or key: what it says, and its mark as keywords of `Line2D`."""

    text: str
    style: Mapping[str, object] = field(hash=False)


class Sheet:
    """A page; places are in points from its upper left corner."""

    def __init__(self, look: _ink.Look) -> None:
        self.look = look
        self.y = EDGE
        """How far down the page is written."""
        self.figure = Figure(dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.paper = self.figure.add_axes((0, 0, 1, 1), label="paper")
        self.paper.axis("off")
        self._panels: list[tuple[Axes, tuple[float, float, float, float]]] = []

    @property
    def width(self) -> float:
        """Of the page between its edges, in points."""
        return self.look.points - 2 * EDGE

    def cut(self) -> Figure:
        """End the page below what is written, and return the figure."""
        wide, tall = self.look.points, self.y + EDGE
        self.figure.set_size_inches(self.look.width, tall / 72)
        self.paper.set(xlim=(0, wide), ylim=(tall, 0))
        for axes, (left, top, width, height) in self._panels:
            axes.set_position((left / wide, 1 - (top + height) / tall, width / wide, height / tall))
        return self.figure

    def panel(self, left: float, width: float, height: float, label: str) -> Axes:
        """Bare axes, `left` points from the edge of the paper, below what is written.

        The page is *not* written further by it: panels may stand side by side.
        """
        axes = self.figure.add_axes((0, 0, 1, 1), label=label)
        axes.patch.set_alpha(0)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=self.look.small, labelcolor=_ink.GREY, pad=3)
        self._panels.append((axes, (left, self.y, width, height)))
        self.cut()
        return axes

    def write(self, x: float, y: float, text: str, **style: object) -> Text:
        """Text whose base line starts at a place; `style` is keywords of `Text`."""
        looks = {"size": self.look.size, "color": _ink.BLACK, "parse_math": False} | style
        return self.paper.text(x, y, text, **cast("dict[str, str]", looks))

    def title(self, text: str) -> None:
        """The figure's title, flush left."""
        self._paragraph(text, 1.2 * self.look.size, _ink.BLACK)
        self.y += 0.7 * self.look.size

    def caption(self, sentences: Sequence[str]) -> None:
        """The small print: provenance, and how to read what is drawn."""
        self.y += 0.6 * self.look.size
        text = " ".join(sentence.rstrip(".") + "." for sentence in sentences if sentence)
        self._paragraph(text, self.look.small, _ink.GREY)

    def _paragraph(self, text: str, size: float, colour: str) -> None:
        for line in wrap(text, self.width, size):
            self.y += 1.3 * size
            self.write(EDGE, self.y - 0.3 * size, line, size=size, color=colour)

    def legend(self, entries: Sequence[Entry]) -> None:
        """Marks with their meanings, side by side, in as many rows as they need."""
        size, x = self.look.small, EDGE
        self.y += 1.5 * size if entries else 0
        for entry in entries:
            wide = extent(entry.text, size) + 1.5 * size
            if x > EDGE and x + wide > EDGE + self.width:
                x = EDGE
                self.y += 1.5 * size
            self._entry(entry, x, self.y - 0.3 * size)
            x += wide + 1.6 * size

    def key(self, entries: Sequence[Entry]) -> None:
        """Marks with their meanings in columns that are read downwards."""
        size = self.look.small
        wide = max((extent(entry.text, size) for entry in entries), default=0) + 3.1 * size
        columns = max(1, int((self.width + 1.6 * size) // wide))
        rows = math.ceil(len(entries) / columns)
        for i, entry in enumerate(entries):
            column, row = divmod(i, rows)
            self._entry(entry, EDGE + column * wide, self.y + 1.4 * size * (row + 1) - 0.3 * size)
        self.y += 1.4 * size * rows

    def _entry(self, entry: Entry, x: float, y: float) -> None:
        size = self.look.small
        style = {"markersize": 0.75 * size, "linestyle": "none"} | dict(entry.style)
        x_mark = (x + 0.1 * size, x + 1.0 * size) if style["linestyle"] != "none" else (x + 0.55 * size,)
        mark = Line2D(x_mark, [y - 0.36 * size] * len(x_mark), **cast("dict[str, str]", style))
        self.paper.add_line(mark)
        self.write(x + 1.5 * size, y, entry.text, size=size, color=_ink.GREY)


def extent(text: str, size: float) -> float:
    """Width of a line of text, in points."""
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size), ismath=False
    )
    return float(width)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines no wider than `width` points, but for a word that is wider by itself."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and extent(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
