"""The page of a figure: title, panels, legend, key and caption, laid out by text width.

A page is filled from the top downwards and ends below its last line, so that any number of models,
families or caption lines fits without overlap.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from probes.errors import UsageError
from probes.phrases import language, say
from probes.types import Axis

from . import _style
from ._text_lines import text_width, wrap_text

MARGIN = 7.0
"""White margin of the page, in points."""

DPI = 200
"""Pixels per inch of a PNG."""

MIN_PANEL = 8.0
"""Minimum width of a panel, in points."""

KEY_SIZES = (1.0, 0.85, 0.7)
"""Font sizes to try for a key, relative to other small text."""

POLE_LETTERS = (24, 20, 16, 12, 9)
"""Maximum lengths of a pole's name at the end of an axis, to try in turn."""
READABLE = 4.6
"""Minimum font size of a pole's name, in points; below it the name is shortened."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """An entry of a legend or key: its text, and the `Line2D` keywords of its marker."""

    text: str
    style: Mapping[str, object] = field(hash=False)


class Page:
    """A page; coordinates are in points from its upper left corner."""

    def __init__(self, look: _style.FigureStyle) -> None:
        self.look = look
        self.left, self.width = MARGIN, look.points - 2 * MARGIN
        """Left edge and width of the current column."""
        self.y = MARGIN
        """Vertical position up to which the current column is filled."""
        self.foot = 0.0
        """Vertical position up to which earlier columns are filled."""
        self.figure = Figure(dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.paper = self.figure.add_axes((0, 0, 1, 1), label="paper")
        self.paper.axis("off")
        self._panels: list[tuple[Axes, tuple[float, float, float, float]]] = []

    def finish(self) -> Figure:
        """End the page below its last line, and return the figure."""
        wide, tall = self.look.points, max(self.y, self.foot) + MARGIN
        self.figure.set_size_inches(self.look.width, tall / 72)
        self.paper.set(xlim=(0, wide), ylim=(tall, 0))
        for axes, (left, top, width, height) in self._panels:
            axes.set_position((left / wide, 1 - (top + height) / tall, width / wide, height / tall))
        return self.figure

    def add_panel(self, left: float, width: float, height: float, label: str) -> Axes:
        """Bare matplotlib axes, `left` points from the left edge of the page, with top at `y`.

        Does not change `y`: panels may be side by side.

        Raises:
            UsageError: the page is too narrow for it at this font size.
        """
        if width < MIN_PANEL or height <= 0:
            raise UsageError(
                f"a width of {self.look.width:g} inches leaves no room to draw in beside text of"
                f" {self.look.size:g} points: make --width greater or --font-size smaller"
            )
        axes = self.figure.add_axes((0, 0, 1, 1), label=label)
        axes.patch.set_alpha(0)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=self.look.small, labelcolor=_style.GREY, pad=3)
        self._panels.append((axes, (left, self.y, width, height)))
        self.finish()
        return axes

    def start_column(self, left: float, top: float) -> None:
        """Start a new column at `top`, from `left` to the right edge."""
        self.foot = max(self.foot, self.y)
        self.left, self.width = left, self.look.points - MARGIN - left
        self.y = top

    def write(self, x: float, y: float, text: str, **style: object) -> Text:
        """Text whose baseline starts at (x, y); `style` holds keywords of `Text`."""
        artist = self.paper.text(x, y, text, parse_math=False)
        artist.set(**{"size": self.look.size, "color": _style.BLACK, **style})
        return artist

    def title(self, text: str) -> None:
        """Write the figure's title, aligned left."""
        if self.look.titled:
            self._paragraph(text, 1.2 * self.look.size, _style.BLACK)
            self.y += 0.7 * self.look.size

    def note(self, text: str) -> None:
        """Write a paragraph in black, such as the note on models without a claim, unless empty."""
        if text:
            self.y += 0.8 * self.look.size
            self._paragraph(text, self.look.small, _style.BLACK)

    def caption(self, sentences: Sequence[str]) -> None:
        """Write the caption: provenance, and how to read the figure."""
        if self.look.captioned:
            self.y += 0.6 * self.look.size
            self._paragraph(_join_sentences(sentences), self.look.small, _style.GREY)

    def caption_height(self, sentences: Sequence[str]) -> float:
        """Height of a caption, in points."""
        if not self.look.captioned:
            return 0.0
        lines = wrap_text(_join_sentences(sentences), self.width, self.look.small)
        return 0.6 * self.look.size + 1.3 * self.look.small * len(lines)

    def _paragraph(self, text: str, size: float, colour: str) -> None:
        for line in wrap_text(text, self.width, size):
            self.y += 1.3 * size
            self.write(self.left, self.y - 0.3 * size, line, size=size, color=colour)

    def write_poles(
        self,
        axis: Axis,
        start: tuple[float, float],
        length: float,
        *,
        turn: int = 0,
        named: bool = True,
    ) -> None:
        """Write the two poles of an axis at the ends of a line that runs right or (turn=90)
        upwards.

        If `named`, the axis' name is between them where there is room. Long names of poles get
        smaller text down to a readable size, and then are shortened.
        """
        most = self.look.size if named else self.look.small
        for letters in POLE_LETTERS:
            negative = f"\N{LEFTWARDS ARROW} {_style.shorten(say(axis.negative), letters)}"
            positive = f"{_style.shorten(say(axis.positive), letters)} \N{RIGHTWARDS ARROW}"
            wide = [text_width(text, 1) for text in (negative, positive)]
            size = min(most, length / (sum(wide) + 1.6))
            if size >= min(most, READABLE):
                break
        name = _style.shorten(say(axis.name), POLE_LETTERS[0])
        wide.append(text_width(name, 1))
        colour = _style.BLACK if named else _style.GREY
        parts = [(0.0, "left", negative, colour), (1.0, "right", positive, colour)]
        if named:
            fits = length / (2 * max(wide[:2]) + wide[2] + 1.2)
            if fits > max(KEY_SIZES[-1] * size, min(size, READABLE)):
                size = min(size, fits)
                parts.append((0.5, "center", name, _style.GREY))
        for share, side, text, shade in parts:
            along = share * length
            x, y = start[0] + (0 if turn else along), start[1] - (along if turn else 0)
            looks = {"ha": side, "color": shade, "rotation": turn, "size": size}
            self.write(x, y, text, rotation_mode="anchor", **looks)

    def legend(self, entries: Sequence[LegendEntry]) -> None:
        """Write legend entries side by side, in as many rows as needed."""
        size, x = self.look.small, self.left
        self.y += 1.5 * size if entries else 0
        for entry in entries:
            wide = text_width(entry.text, size) + 1.5 * size
            if x > self.left and x + wide > self.left + self.width:
                x, self.y = self.left, self.y + 1.5 * size
            first, *more = wrap_text(entry.text, self.width - 1.5 * size, size)
            self._entry(LegendEntry(first, entry.style), x, self.y - 0.3 * size, size)
            for text in more:
                self.y += 1.3 * size
                self.write(x + 1.35 * size, self.y - 0.3 * size, text, size=size, color=_style.GREY)
            x += wide + 1.6 * size

    def key(self, entries: Sequence[LegendEntry], foot: float = math.inf) -> None:
        """Write a key in columns that are read downwards.

        Its font size is reduced if it would extend below `foot` (points from the top).
        """
        if not entries:
            return
        sizes = [share * self.look.small for share in KEY_SIZES]
        fitting = (s for s in sizes if self.y + self._columns(entries, s)[2] <= foot)
        size = next(fitting, sizes[-1] if math.isfinite(foot) else sizes[0])
        step, rows, tall = self._columns(entries, size)
        for i, entry in enumerate(entries):
            column, row = divmod(i, rows)
            y = self.y + 0.6 * size + 1.4 * size * (row + 1) - 0.3 * size
            self._entry(entry, self.left + column * step, y, size)
        self.y += tall

    def _columns(self, entries: Sequence[LegendEntry], size: float) -> tuple[float, int, float]:
        """Width of a column, number of rows and height of a key at this font size."""
        wide = max(text_width(entry.text, size) for entry in entries) + 3 * size
        columns = max(1, int((self.width + 1.5 * size) // wide))
        rows = math.ceil(len(entries) / columns)
        step = max(wide, min(1.3 * wide, (self.width + 1.5 * size) / columns))
        return step, rows, 0.6 * size + 1.4 * size * rows

    def _entry(self, entry: LegendEntry, x: float, y: float, size: float) -> None:
        mark = Line2D([x + 0.5 * size], [y - 0.36 * size], ls="none", ms=0.68 * size)
        mark.set(**entry.style)
        self.paper.add_line(mark)
        self.write(x + 1.35 * size, y, entry.text, size=size, color=_style.GREY)


def _join_sentences(sentences: Sequence[str]) -> str:
    stop, gap = ("\N{IDEOGRAPHIC FULL STOP}", "") if language() == "ja" else (".", " ")
    return gap.join(sentence.rstrip(stop) + stop for sentence in sentences if sentence)
