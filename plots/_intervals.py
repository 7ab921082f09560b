"""Spans: a placement as a dot on its interval within its bounds, on a panel of one axis.

What the figures of rows share: panels that stand side by side or go on below, their ticks, and
the marks in them. Computes no number of the measurement.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.path import Path

from . import _marks, _style
from ._model_rows import AxisInterval
from ._page import LegendEntry, Page

Panel = TypeVar("Panel")
NARROWEST = 14
"""Ems that a panel needs; where the page is too narrow for all, panels go on below."""

BOUNDS = Path(
    [(-1, -0.6), (-1, 0.6), (-1, 0), (1, 0), (1, -0.6), (1, 0.6)],
    [Path.MOVETO, Path.LINETO] * 3,
)
"""The legend's mark for bounds: a line with ends."""


def shelves(panels: Sequence[Panel], room: float, least: float) -> Iterator[Sequence[Panel]]:
    """Panels that stand side by side, as many as leave each `least` points."""
    most = max(1, int(room // least))
    rows = math.ceil(len(panels) / most)
    each = math.ceil(len(panels) / rows)
    for start in range(0, len(panels), each):
        yield panels[start : start + each]


def rule(
    panel: Axes,
    scale: float,
    rows: tuple[float, float],
    ticks: Sequence[float] = (-1, -0.5, 0, 0.5, 1),
) -> None:
    """Room from the first to the second of `rows`; ticks in parts of the scale, a line each."""
    places = [share * scale for share in ticks]
    panel.set(xlim=(-scale, scale), ylim=rows[::-1], yticks=[])
    panel.set_xticks(places, [_style.figures(place, "g") for place in places])
    for tick in places:
        panel.axvline(tick, color="#c9c6c0" if tick == 0 else _style.HAIR, lw=0.6, zorder=0.6)


def draw_span(
    panel: Axes, place: float, mark: _marks.ModelMark, span: AxisInterval, look: _style.FigureStyle
) -> None:
    """Bounds as a thin line with ends, the interval as a strong one, the position as a dot."""
    if not math.isfinite(span.position):
        left, right = panel.get_xlim()
        note = panel.text(left + 0.01 * (right - left), place, "no position")
        note.set(size=look.small, color=_style.GREY, va="center_baseline", clip_on=True)
        return
    panel.axhline(place, color=_style.HAIR, lw=0.4, zorder=0.5)
    if span.maximum > span.minimum:
        thin, ends = _style.paler(mark.colour), (span.minimum, span.maximum)
        panel.plot(ends, (place, place), label="bounds", color=thin, lw=0.8, zorder=2)
        panel.vlines(ends, place - 0.25, place + 0.25, color=thin, lw=0.8, zorder=2)
    (line,) = panel.plot((span.low, span.high), (place, place), label="interval", zorder=3)
    line.set(color=mark.ink, lw=1.5, solid_capstyle="butt")
    if not span.solid:
        line.set(lw=1.0, ls=(0, (3, 2)))
    (dot,) = panel.plot(span.position, place, ls="none", zorder=4, clip_on=False, label="dot")
    dot.set(ms=0.66 * look.size, **mark.style(solid=span.solid))


def write_position(sheet: Page, span: AxisInterval, right: float, middle: float) -> None:
    """The position in figures, beside its row."""
    known = math.isfinite(span.position)
    text = _style.figures(span.position, "z.1f") if known else "\N{EN DASH}"
    size = sheet.look.small
    sheet.write(right, middle + 0.36 * size, text, size=size, color=_style.GREY, ha="right")


def strokes(spans: Iterable[AxisInterval]) -> Iterator[LegendEntry]:
    """A legend of what the lines mean."""
    yield LegendEntry(
        "95\N{NO-BREAK SPACE}% interval", {"marker": "_", "color": _style.GREY, "mew": 1.5}
    )
    if any(span.maximum > span.minimum for span in spans):
        thin = {"marker": BOUNDS, "mfc": "none", "mec": _style.LIGHT, "mew": 0.8}
        yield LegendEntry("bounds: missing answers at either extreme", thin)
