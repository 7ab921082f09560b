"""Small multiples: panels side by side that share their rows; names of rows once, on the left.

The caller draws the content of each row of a panel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from matplotlib.axes import Axes

from probes.phrases import say
from probes.types import Axis

from . import _intervals, _style
from ._model_rows import ModelRow
from ._page import MARGIN, Page
from ._text_lines import text_width

MANY_ROWS = 30
"""Number of rows from which tick labels are also above the panels."""

NAMES_SHARE = 0.36
"""Maximum width of the names as a share of the page; up to it they are not shortened further."""
LONGEST, SHORTEST = 36, 14
"""Maximum and minimum number of characters of a name."""
FEW_TICKS = 3
"""Maximum number of ticks of a narrow panel."""


@dataclass(frozen=True, slots=True)
class PanelHead:
    """Heading of a panel."""

    name: str
    label: str
    """Label of the panel's matplotlib `Axes`; tests use it."""
    poles: Axis | None = None
    """Axis whose poles are written above the panel."""


@dataclass(frozen=True, slots=True)
class RowCell:
    """One row of one panel: where to draw, and where to write beside it."""

    panel: Axes
    head: str
    place: int
    """Number of the row: its y on the panel's vertical axis."""
    row: ModelRow
    beside: tuple[float, float]
    """Right end of text beside the panel, and middle of the row, in points of the page."""


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """Layout shared by all panels of a figure."""

    lines: Sequence[ModelRow]
    scale: float
    gutter: float
    """Width of the names on the left, in points."""
    step: float
    """Distance between rows, in points."""
    digits: float = 0.0
    """Width of the numbers beside each panel, in points."""
    ticks: Sequence[float] = (-1, -0.5, 0, 0.5, 1)
    """Ticks in fractions of the scale."""


class BackgroundDrawer(Protocol):
    """Function that draws the background of a panel."""

    def __call__(self, panel: Axes, head: str) -> None:
        """Draw into this panel, whose heading has this name."""


def axis_heads(axes: Sequence[Axis]) -> list[PanelHead]:
    """Headings of panels that show one axis each."""
    return [PanelHead(axis.name, f"axis:{axis.name}", axis) for axis in axes]


def fit_names(page: Page, lines: Sequence[ModelRow]) -> tuple[list[ModelRow], float]:
    """Rows with names short enough for the panels to fit, and the width of the names."""
    size, most = page.look.size, NAMES_SHARE * page.width
    letters = LONGEST
    rows = list(lines)
    while (wide := max(text_width(row.name, size) for row in rows)) > most and letters > SHORTEST:
        letters -= 2
        names = _style.distinct_names((row.name for row in lines if row.mark), letters)
        rows = [
            replace(row, name=names[row.name] if row.mark else _style.shorten(row.name, letters))
            for row in lines
        ]
    return rows, wide + 2 * size


def draw_axes(
    page: Page,
    layout: PanelLayout,
    axes: Sequence[Axis],
    draw_cell: Callable[[RowCell], None],
    draw_background: BackgroundDrawer | None = None,
) -> None:
    """Draw a panel for each axis, in as many rows of panels as the page width requires."""
    least = _intervals.MIN_PANEL * page.look.size
    for group in _intervals.panel_rows(axes, page.width - layout.gutter, least):
        draw(page, layout, axis_heads(group), draw_cell, draw_background)


def draw(
    page: Page,
    layout: PanelLayout,
    heads: Sequence[PanelHead],
    draw_cell: Callable[[RowCell], None],
    draw_background: BackgroundDrawer | None = None,
    columns: int | None = None,
) -> None:
    """Draw one row of panels, one for each heading, and the names of the rows on their left.

    Panels are as wide as if there were `columns` of them; by default the number of headings.
    """
    look, lines = page.look, layout.lines
    gap = layout.digits + 1.2 * look.size
    number = columns or len(heads)
    wide = (page.width - layout.gutter - layout.digits - gap * (number - 1)) / number
    above = 1.6 * look.small if len(lines) > MANY_ROWS else 0.0
    poles = any(head.poles for head in heads)
    page.y += (3.2 if poles else 1.7) * look.size + above
    for k, head in enumerate(heads):
        left = MARGIN + layout.gutter + k * (wide + gap)
        top = page.y - (0.7 if poles else 0.5) * look.size - above
        name_y = top - (1.5 * look.size if poles else 0)
        middle = left + wide / 2
        alone = 2 * min(middle - MARGIN, MARGIN + page.width - middle)
        room = alone if len(heads) == 1 else wide + 0.6 * gap
        _write_head(page, head, (middle, name_y), room)
        if head.poles:
            page.write_poles(head.poles, (left, top), wide, named=False)
        panel = page.add_panel(left, wide, layout.step * len(lines), head.label)
        _intervals.draw_gridlines(panel, layout.scale, (-0.5, len(lines) - 0.5), layout.ticks)
        panel.tick_params(labeltop=above > 0, pad=4)
        if len(layout.ticks) <= FEW_TICKS:
            _align_outer_ticks(panel)
        if draw_background:
            draw_background(panel, head.name)
        for place, row in enumerate(lines):
            if row.mark:
                beside = left + wide + layout.digits, page.y + (place + 0.5) * layout.step
                draw_cell(RowCell(panel, head.name, place, row, beside))
    _write_names(page, layout)
    page.y += layout.step * len(lines) + 4 + 1.6 * look.small


def _align_outer_ticks(panel: Axes) -> None:
    """Align the outer tick labels inwards, so that they do not overlap those of neighbours."""
    first, *_, last = panel.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")


def _write_head(page: Page, head: PanelHead, anchor: tuple[float, float], room: float) -> None:
    """Write the panel's heading in full; in smaller text if it would overlap its neighbour's."""
    text = say(head.name)
    size = min(page.look.size, room / max(text_width(text, 1), 1e-9))
    page.write(*anchor, text, ha="center", size=size, label="head")


def _write_names(page: Page, layout: PanelLayout) -> None:
    """Write names of models (grey without a claim on any axis), and headings in smaller text."""
    look = page.look
    headed = any(row.mark is None for row in layout.lines)
    for place, row in enumerate(layout.lines):
        placed = any(interval.solid for interval in row.intervals.values())
        size = look.size if row.mark else look.small
        y = page.y + (place + 0.5) * layout.step + 0.36 * size
        x = MARGIN + (0.9 * look.size if headed and row.mark else 0)
        colour = _style.BLACK if placed else _style.GREY
        page.write(x, y, row.name, size=size, color=colour, label="name")
