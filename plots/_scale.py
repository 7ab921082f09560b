"""Vertical scale of a panel: ticks, gridlines, and width of the tick labels."""

from matplotlib.axes import Axes

from . import _style
from ._page import Page
from ._text_lines import text_width

ZERO_LINE = "#c9c6c0"
"""Colour of the gridline at 0."""


def ticks(scale: float) -> dict[float, str]:
    """Five ticks from end to end of a scale -> their labels."""
    places = (-scale, -scale / 2, 0, scale / 2, scale)
    return {place: _style.format_number(place, "g") for place in places}


def left_edge(page: Page, scale: float, start: float) -> float:
    """Left edge of a panel, in points, if its poles and tick labels begin at `start`."""
    widest = max(text_width(label, page.look.small) for label in ticks(scale).values())
    return start + 1.5 * page.look.size + widest + 3


def draw_scale(panel: Axes, scale: float) -> None:
    """Set limits, ticks and gridlines of the vertical axis."""
    labels = ticks(scale)
    panel.set(ylim=(-scale, scale))
    panel.set_yticks(list(labels), list(labels.values()))
    for tick in labels:
        panel.axhline(tick, color=ZERO_LINE if tick == 0 else _style.HAIR, lw=0.6, zorder=0.6)
