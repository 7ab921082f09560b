"""Spans: a placement as a dot on its interval within its bounds, on a panel of one axis.

What the figures of rows share: panels that stand side by side or go on below, their ticks, and
the marks in them. Computes no number of the measurement.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.path import Path

from probes.types import Axis

from . import _ink, _marks
from ._rows import Span
from ._sheet import Entry, Sheet

NARROWEST = 14
"""Ems that a panel needs; where the page is too narrow for all, panels go on below."""

BOUNDS = Path(
    [(-1, -0.6), (-1, 0.6), (-1, 0), (1, 0), (1, -0.6), (1, 0.6)],
    [Path.MOVETO, Path.LINETO] * 3,
)
"""The legend's mark for bounds: a line with ends."""


def shelves(axes: Sequence[Axis], room: float, least: float) -> Iterator[Sequence[Axis]]:
    """Axes that stand side by side, as many as leave each panel `least` points."""
    most = max(1, int(room // least))
    rows = math.ceil(len(axes) / most)
    each = math.ceil(len(axes) / rows)
    for start in range(0, len(axes), each):
        yield axes[start : start + each]


def rule(panel: Axes, scale: float, top: float, foot: float) -> None:
    """Room from `top` down to `foot`, in rows; ticks, and the line at zero."""
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    panel.set(xlim=(-scale, scale), ylim=(foot, top), yticks=[])
    panel.set_xticks(ticks, [_ink.figures(tick, "g") for tick in ticks])
    for tick in ticks:
        panel.axvline(tick, color="#c9c6c0" if tick == 0 else _ink.HAIR, lw=0.6, zorder=0.6)


def draw_span(panel: Axes, place: float, mark: _marks.Mark, span: Span, look: _ink.Look) -> None:
    """Bounds as a thin line with ends, the interval as a strong one, the position as a dot."""
    if not math.isfinite(span.position):
        left, right = panel.get_xlim()
        note = panel.text(left + 0.01 * (right - left), place, "no position")
        note.set(size=look.small, color=_ink.GREY, va="center_baseline")
        return
    panel.axhline(place, color=_ink.HAIR, lw=0.4, zorder=0.5)
    if span.maximum > span.minimum:
        thin, ends = _ink.paler(mark.colour), (span.minimum, span.maximum)
        panel.plot(ends, (place, place), label="bounds", color=thin, lw=0.8, zorder=2)
        panel.vlines(ends, place - 0.25, place + 0.25, color=thin, lw=0.8, zorder=2)
    (line,) = panel.plot((span.low, span.high), (place, place), label="interval", zorder=3)
    line.set(color=mark.ink, lw=1.5, solid_capstyle="butt")
    if not span.solid:
        line.set(lw=1.0, ls=(0, (3, 2)))
    (dot,) = panel.plot(span.position, place, ls="none", zorder=4, clip_on=False, label="dot")
    dot.set(ms=0.66 * look.size, **mark.style(solid=span.solid))


def write_position(sheet: Sheet, span: Span, right: float, middle: float) -> None:
    """The position in figures, beside its row."""
    known = math.isfinite(span.position)
    text = _ink.figures(span.position, "z.1f") if known else "\N{EN DASH}"
    size = sheet.look.small
    sheet.write(right, middle + 0.36 * size, text, size=size, color=_ink.GREY, ha="right")


def strokes(spans: Iterable[Span]) -> Iterator[Entry]:
    """A legend of what the lines mean."""
    yield Entry("95\N{NO-BREAK SPACE}% interval", {"marker": "_", "color": _ink.GREY, "mew": 1.5})
    if any(span.maximum > span.minimum for span in spans):
        thin = {"marker": BOUNDS, "mfc": "none", "mec": _ink.LIGHT, "mew": 0.8}
        yield Entry("bounds: missing answers at either extreme", thin)
