"""Placements in rows: a dot on its interval within its bounds.

Shared by figures with rows: splitting of panels into rows, gridlines, and the marks. Computes none
of the numbers shown.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.path import Path

from probes.phrases import say

from . import _marks, _style
from ._model_rows import AxisInterval
from ._page import LegendEntry, Page

Panel = TypeVar("Panel")
MIN_PANEL = 14
"""Minimum width of a panel, in ems; on a narrow page, panels continue in a further row."""

BOUNDS = Path(
    [(-1, -0.6), (-1, 0.6), (-1, 0), (1, 0), (1, -0.6), (1, 0.6)],
    [Path.MOVETO, Path.LINETO] * 3,
)
"""Legend marker for bounds: a line with caps."""


def panel_rows(panels: Sequence[Panel], room: float, least: float) -> Iterator[Sequence[Panel]]:
    """Panels in rows of equal length, each panel at least `least` points wide."""
    most = max(1, int(room // least))
    rows = math.ceil(len(panels) / most)
    length = math.ceil(len(panels) / rows)
    for start in range(0, len(panels), length):
        yield panels[start : start + length]


def draw_gridlines(
    panel: Axes,
    scale: float,
    rows: tuple[float, float],
    ticks: Sequence[float] = (-1, -0.5, 0, 0.5, 1),
) -> None:
    """Set limits, ticks (fractions of the scale), gridlines; `rows`: first and last row."""
    places = [share * scale for share in ticks]
    panel.set(xlim=(-scale, scale), ylim=rows[::-1], yticks=[])
    panel.set_xticks(places, [_style.format_number(place, "g") for place in places])
    for tick in places:
        panel.axvline(tick, color="#c9c6c0" if tick == 0 else _style.HAIR, lw=0.6, zorder=0.6)


def draw_interval(
    panel: Axes,
    place: float,
    mark: _marks.ModelMark,
    interval: AxisInterval,
    look: _style.FigureStyle,
    lack: str = "",
) -> None:
    """Draw bounds as a thin line with caps, the interval as a thick one, the position as a dot.

    `lack` is written if there is no position.
    """
    if not interval.drawn:
        left, right = panel.get_xlim()
        text = lack or (say("no position") if interval.placed else say("not placed"))
        note = panel.text(left + 0.01 * (right - left), place, text)
        note.set(size=look.small, color=_style.GREY, va="center_baseline", clip_on=True)
        return
    panel.axhline(place, color=_style.HAIR, lw=0.4, zorder=0.5)
    if interval.maximum > interval.minimum:
        thin, ends = _style.paler(mark.colour), (interval.minimum, interval.maximum)
        panel.plot(ends, (place, place), label="bounds", color=thin, lw=0.8, zorder=2)
        panel.vlines(ends, place - 0.25, place + 0.25, color=thin, lw=0.8, zorder=2)
    (line,) = panel.plot((interval.low, interval.high), (place, place), label="interval", zorder=3)
    line.set(color=mark.line_colour, lw=1.5, solid_capstyle="butt")
    if not interval.solid:
        line.set(lw=1.0, ls=(0, (3, 2)))
    (dot,) = panel.plot(interval.position, place, ls="none", zorder=4, clip_on=False, label="dot")
    dot.set(ms=0.66 * look.size, **mark.style(solid=interval.solid))


def write_position(page: Page, interval: AxisInterval, right: float, middle: float) -> None:
    """Write the position as a number, beside its row."""
    text = "\N{EN DASH}"
    if interval.drawn:
        text = _style.format_number(interval.position, "z.1f")
    size = page.look.small
    page.write(right, middle + 0.36 * size, text, size=size, color=_style.GREY, ha="right")


def legend(intervals: Iterable[AxisInterval]) -> Iterator[LegendEntry]:
    """Legend entries for the interval and, if there are any, the bounds."""
    yield LegendEntry(
        say("95\N{NO-BREAK SPACE}% interval"), {"marker": "_", "color": _style.GREY, "mew": 1.5}
    )
    if any(interval.maximum > interval.minimum for interval in intervals):
        thin = {"marker": BOUNDS, "mfc": "none", "mec": _style.LIGHT, "mew": 0.8}
        yield LegendEntry(say("bounds: missing answers at either extreme"), thin)
