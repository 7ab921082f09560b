"""Placement of labels beside their dots, in pixels.

Works on one panel; `_labels` decides what is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from . import _style
from ._overlaps import Numbers, crossings, shared, within

SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7))
"""Directions from a dot to its label, best first."""

RINGS = (1.0, 2.4, 4.0, 6.0, 8.5, 11.5)
"""Distances from a dot to its label, in gaps."""

FAR = (0.0, 4.0, 8.0, 12.0, 32.0, 44.0)
"""Cost of each distance; the last two are for labels that would otherwise overlap others."""

HANDFUL = 12
"""Maximum number of labels for which a distant name is preferred to a number."""
FAR_NAMES = (0.0, 4.0, 8.0, 12.0, 16.0, 22.0)
"""Cost of each distance for at most `HANDFUL` labels."""

FEW = 24
"""Maximum number of labels with names as distant as numbers: leader lines stay readable."""

CLASH = 30.0
"""Cost of covering a dot; a less good side costs a little."""

HIDDEN = 5 * CLASH
"""Cost of covering a text: one of the two is left out."""

MOST_DOTS = 4
"""Maximum number of covered dots that count: a label on an interval is no worse than on a text."""

CROSSED = 10.0
"""Cost of a leader line through other dots, or of one through a label."""
ALONG = np.linspace(0.1, 0.9, 9)
"""Fractions of a line at which it is tested."""


@dataclass(frozen=True, slots=True)
class Label:
    """Text to write at the dot at x, y (data units)."""

    x: float
    y: float
    name: str
    colour: str
    """Colour of the name."""
    accent: str
    """Colour of a number that replaces the name, and of the leader line."""


class LabelPanel:
    """A panel in pixels: positions of dots and fixed texts, and sizes of labels."""

    def __init__(
        self, axes: Axes, labels: Sequence[Label], size: float, dot: float, around: Sequence[Text]
    ) -> None:
        self.axes, self.labels, self.size = axes, labels, size
        self.pixel = cast("Figure", axes.figure).dpi / 72
        canvas = cast("FigureCanvasAgg", axes.figure.canvas)
        self.renderer: RendererAgg = canvas.get_renderer()  # type: ignore[no-untyped-call]
        self.gap = (0.5 * dot + 0.28 * size) * self.pixel
        self.dots = axes.transData.transform([(label.x, label.y) for label in labels])
        self.radius = 0.6 * dot * self.pixel
        self.dot_boxes = np.hstack([self.dots - self.radius, self.dots + self.radius])
        self.fixed = np.array([self.box(text) for text in around]).reshape(-1, 4)
        self.names = np.array([self._measure(label.name) for label in labels])
        self.number = self._measure("8" * len(str(len(labels))))
        reach = 7 * size * self.pixel
        crowd = [int((np.hypot(*(self.dots - dot).T) < reach).sum()) for dot in self.dots]
        self.crowded = sorted(range(len(labels)), key=lambda i: (-crowd[i], i))
        """Indices of labels, the most crowded first."""

    def keep_off(self, points: Sequence[tuple[float, float]]) -> None:
        """Treat these points, in data units, as dots that labels must not cover."""
        if points:
            pixels = self.axes.transData.transform(points)
            boxes = np.hstack([pixels - self.radius, pixels + self.radius])
            self.dot_boxes = np.vstack([self.dot_boxes, boxes])

    def _measure(self, text: str) -> tuple[float, float]:
        artist = self._text(0, 0, text, _style.BLACK)
        x0, y0, x1, y1 = self.box(artist)
        artist.remove()
        return x1 - x0, y1 - y0

    def _text(self, x: float, y: float, text: str, colour: str) -> Text:
        return self.axes.text(
            x, y, text, size=self.size, color=colour, ha="center", va="center",
            parse_math=False, zorder=8, label="label",
        )  # fmt: skip

    def box(self, text: Text) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of a text, in pixels."""
        left, bottom, right, top = text.get_window_extent(self.renderer).extents
        return float(left), float(bottom), float(right), float(top)

    def seat(self, numbered: Sequence[int], *, keyed: bool = True) -> tuple[Numbers, set[int]]:
        """A box for each label at the best free position beside its dot, and indices of those in
        conflict.

        Numbers are placed first, since they have no alternative; then names, the least crowded
        first. Without a key (`keyed`), names have no alternative either.
        """
        far = set(numbered if keyed and len(self.labels) > FEW else range(len(self.labels)))
        boxes = np.zeros((len(self.labels), 4))
        clashing: set[int] = set()
        lines = np.zeros((0, 2))
        last = list(reversed(self.crowded))
        seated: list[int] = []
        for i in [i for i in last if i in numbered] + [i for i in last if i not in numbered]:
            occupied = np.vstack([self.fixed, boxes[seated]])
            size = self.number if i in numbered else self.names[i]
            candidates, cost = self._candidates(i, size, RINGS if i in far else RINGS[:2], occupied)
            if len(self.labels) <= FEW:
                covered = within(candidates, lines).sum(axis=1) > 0
                cost += 2 * CROSSED * (covered | self._through(i, candidates, occupied))
            best = int(np.argmin(cost))
            boxes[i] = candidates[best]
            lines = np.vstack([lines, self._line(i, boxes[i : i + 1])[0]])
            seated.append(i)
            if cost[best] >= CLASH:
                clashing.add(i)
        return boxes, clashing

    def _line(self, i: int, boxes: Numbers) -> Numbers:
        """Points along the lines from dot i to each box, ``(boxes, points, 2)``."""
        ends = np.clip(self.dots[i], boxes[:, :2], boxes[:, 2:])
        points: Numbers = self.dots[i] + ALONG[:, None] * (ends - self.dots[i])[:, None]
        return points

    def _through(self, i: int, boxes: Numbers, occupied: Numbers) -> NDArray[np.bool_]:
        """Whether the line from dot i to each box crosses a text."""
        points = self._line(i, boxes)
        hits = within(occupied, points.reshape(-1, 2)).sum(axis=0).reshape(points.shape[:2])
        through: NDArray[np.bool_] = hits.sum(axis=1) > 0
        return through

    def _candidates(
        self, i: int, size: Sequence[float], rings: Sequence[float], occupied: Numbers
    ) -> tuple[Numbers, Numbers]:
        width, height = size
        half = np.array([width, height]) / 2
        sides = np.array(SIDES)
        centres = np.concatenate(
            [self.dots[i] + sides * self.gap * ring + np.sign(sides) * half for ring in rings]
        )
        left, bottom, right, top = self.axes.bbox.extents
        if width < right - left:  # a name that would cross the panel's edge is moved inwards
            centres[:, 0] = centres[:, 0].clip(left + half[0], right - half[0])
        boxes = np.hstack([centres - half, centres + half])
        margin = 0.12 * self.size * self.pixel * np.array([-1, 0, 1, 0])
        texts = shared(boxes + margin, occupied)
        dots = shared(boxes + margin, self.dot_boxes)
        far = np.repeat(np.arange(len(rings)), len(SIDES))
        wide = self.gap * np.array([-1, -1, 1, 1])
        others = np.delete(self.dot_boxes, i, axis=0)
        # A label that was moved away must not seem to belong to another dot.
        strange = (shared(boxes, others + wide) > 0).sum(axis=1) * (far > 0)
        crossed = (crossings(self.dots, i, boxes, self.radius) > 0) & (far > 0)
        outside = (boxes < [left, bottom, -np.inf, -np.inf]) | (
            boxes > [np.inf, np.inf, right, top]
        )
        cost = (
            HIDDEN * (texts > 0).sum(axis=1)
            + CLASH * np.minimum((dots > 0).sum(axis=1) + strange, MOST_DOTS)
            + 20 * texts.sum(axis=1) / (width * height)
            + 2 * HIDDEN * outside.any(axis=1)
            + CROSSED * crossed
            + np.array(FAR_NAMES if len(self.labels) <= HANDFUL else FAR)[far]
            + 0.2 * np.tile(np.arange(len(SIDES)), len(rings))
        )
        return boxes, cost

    def write(self, boxes: Numbers, numbered: Sequence[int]) -> list[Text]:
        """Write the labels as texts in their boxes."""
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        places = self.axes.transData.inverted().transform(centres)
        shown = {i: str(k) for k, i in enumerate(numbered, start=1)}
        return [
            self._text(x, y, shown.get(i, label.name), label.accent if i in shown else label.colour)
            for i, (label, (x, y)) in enumerate(zip(self.labels, places, strict=True))
        ]

    def thin(self, texts: Sequence[Text], *, within: bool = False) -> list[Text | None]:
        """The texts without those that overlap an earlier or a fixed one; with `within`, also
        without those above or below the panel."""
        legible: list[Text | None] = []
        occupied = self.fixed
        for text in texts:
            box = np.array([self.box(text)])
            _, bottom, _, top = self.box(text)
            apart = within and not (top > self.axes.bbox.y0 and bottom < self.axes.bbox.y1)
            if apart or (shared(box, occupied) > 0).any():
                text.remove()
                legible.append(None)
            else:
                occupied = np.vstack([occupied, box])
                legible.append(text)
        return legible

    def lead(self, texts: Sequence[Text | None]) -> None:
        """Draw thin leader lines from dots to distant labels."""
        back = self.axes.transData.inverted()
        for text, dot, label in zip(texts, self.dots, self.labels, strict=True):
            if text is None:
                continue
            left, bottom, right, top = self.box(text)
            end = np.clip(dot, (left, bottom), (right, top))
            if np.hypot(*(end - dot)) > 1.6 * self.gap:
                (x0, y0), (x1, y1) = back.transform([dot, end])
                line = Line2D((x0, x1), (y0, y1), lw=0.5, color=label.accent, alpha=0.7, zorder=3)
                self.axes.add_line(line).set_label("leader")
