"""A shelf: panels side by side that share their rows, with the rows' names once, on the left.

What the figures of rows have in common. What a cell shows is the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from matplotlib.axes import Axes

from probes.types import Axis

from . import _intervals, _style
from ._model_rows import ModelRow
from ._page import EDGE, Page, extent

TALL = 30
"""Rows from which on the ticks stand above the panels too."""

SHARE = 0.36
"""Of the page's width, what names may take before they are shortened further."""
LONGEST, SHORTEST = 36, 14
"""Letters of a name."""
FEW_TICKS = 3
"""Ticks of a narrow panel."""


@dataclass(frozen=True, slots=True)
class PanelHead:
    """What stands over a panel."""

    name: str
    label: str
    """Of the panel, for whoever looks for it."""
    poles: Axis | None = None
    """Whose poles are written over the panel."""


@dataclass(frozen=True, slots=True)
class RowCell:
    """One row of one panel: where to draw, and where to write beside it."""

    panel: Axes
    head: str
    place: int
    """Number of the row, which is its place on the panel's upright axis."""
    row: ModelRow
    beside: tuple[float, float]
    """Right end, beside the panel, of what may be written there; and the row's middle."""


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """What the shelves of a figure share."""

    lines: Sequence[ModelRow]
    scale: float
    gutter: float
    """Points for the names."""
    step: float
    """Points from row to row."""
    digits: float = 0.0
    """Points for what is written beside each panel."""
    ticks: Sequence[float] = (-1, -0.5, 0, 0.5, 1)
    """In parts of the scale."""


class BackgroundDrawer(Protocol):
    """Draws what lies behind the rows of a panel."""

    def __call__(self, panel: Axes, head: str) -> None:
        """In this panel, which has this head's name."""


def fitted(sheet: Page, lines: Sequence[ModelRow]) -> tuple[list[ModelRow], float]:
    """Rows with names that leave the panels room, and the points that these names need."""
    size, most = sheet.look.size, SHARE * sheet.width
    letters = LONGEST
    found = list(lines)
    while (wide := max(extent(row.name, size) for row in found)) > most and letters > SHORTEST:
        letters -= 2
        names = _style.distinct((row.name for row in lines if row.mark), letters)
        found = [
            replace(row, name=names[row.name] if row.mark else _style.shorten(row.name, letters))
            for row in lines
        ]
    return found, wide + 2 * size


def draw(
    sheet: Page,
    layout: PanelLayout,
    heads: Sequence[PanelHead],
    cell: Callable[[RowCell], None],
    behind: BackgroundDrawer | None = None,
    columns: int | None = None,
) -> None:
    """Names once, then a panel for each head; the page is written down to the ticks.

    Panels are as wide as if there were `columns` of them, by default as many as there are heads.
    """
    look, lines = sheet.look, layout.lines
    gap = layout.digits + 1.2 * look.size
    number = columns or len(heads)
    wide = (sheet.width - layout.gutter - layout.digits - gap * (number - 1)) / number
    above = 1.6 * look.small if len(lines) > TALL else 0.0
    poles = any(head.poles for head in heads)
    sheet.y += (3.2 if poles else 1.7) * look.size + above
    for k, head in enumerate(heads):
        left = EDGE + layout.gutter + k * (wide + gap)
        top = sheet.y - (0.7 if poles else 0.5) * look.size - above
        name_y = top - (1.5 * look.size if poles else 0)
        _write_head(sheet, head, (left + wide / 2, name_y), wide + 0.6 * gap)
        if head.poles:
            sheet.poles(head.poles, (left, top), wide, named=False)
        panel = sheet.panel(left, wide, layout.step * len(lines), head.label)
        _intervals.rule(panel, layout.scale, (-0.5, len(lines) - 0.5), layout.ticks)
        panel.tick_params(labeltop=above > 0, pad=4)
        if len(layout.ticks) <= FEW_TICKS:
            _keep_inside(panel)
        if behind:
            behind(panel, head.name)
        for place, row in enumerate(lines):
            if row.mark:
                middle = sheet.y + (place + 0.5) * layout.step
                beside = left + wide + layout.digits, middle
                cell(RowCell(panel, head.name, place, row, beside))
    _write_names(sheet, layout)
    sheet.y += layout.step * len(lines) + 4 + 1.6 * look.small


def _keep_inside(panel: Axes) -> None:
    """The labels of the outer ticks stand within the panel: a neighbour's would run into them."""
    first, *_, last = panel.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")


def _write_head(sheet: Page, head: PanelHead, at: tuple[float, float], room: float) -> None:
    """A panel's name, smaller where it would else run into its neighbour's."""
    text = _style.shorten(head.name, 30)
    size = min(sheet.look.size, room / max(extent(text, 1), 1e-9))
    sheet.write(*at, text, ha="center", size=size, label="head")


def _write_names(sheet: Page, layout: PanelLayout) -> None:
    """Models' names, grey where placed on no axis; headings smaller, their models indented."""
    look = sheet.look
    headed = any(row.mark is None for row in layout.lines)
    for place, row in enumerate(layout.lines):
        placed = any(span.solid for span in row.spans.values())
        size = look.size if row.mark else look.small
        y = sheet.y + (place + 0.5) * layout.step + 0.36 * size
        x = EDGE + (0.9 * look.size if headed and row.mark else 0)
        colour = _style.BLACK if placed else _style.GREY
        sheet.write(x, y, row.name, size=size, color=colour, label="name")
