"""The square: a panel of two axes with the names of their poles, and what lies behind all dots.

Quadrants are named by the set's own poles. Shared by the figures of two axes.
"""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.text import Text

from . import _backdrop, _style
from ._anchors import Anchor
from ._dots import Pair
from ._page import EDGE, Page, extent

TINTS = (("#f1f5ee", "#f6f2e9"), ("#f6eeec", "#edf2f7"))
"""Of the quadrants: rows from below, columns from the left."""


def panel(sheet: Page, scale: float, axes: Pair, most: float = math.inf) -> Axes:
    """A square from pole to pole with ticks, and the poles' names along two of its sides.

    With names it takes at most `most` points of the page's width.
    """
    look, top = sheet.look, sheet.y
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    names = [_style.figures(tick, "g") for tick in ticks]
    left = EDGE + 1.5 * look.size + max(extent(name, look.small) for name in names) + 3
    foot = 3 + 1.3 * look.small + 1.9 * look.size
    side = min(look.points - EDGE, EDGE + most) - left
    if look.beside:
        side = min(side, 0.5625 * look.points - top - foot - EDGE)
    drawn = sheet.panel(left, side, side, "compass")
    drawn.set(xlim=(-scale, scale), ylim=(-scale, scale))
    drawn.set_xticks(ticks, names)
    drawn.set_yticks(ticks, names)
    sheet.y += side + foot
    sheet.poles(axes[0], (left, sheet.y - 0.7 * look.size), side)
    sheet.poles(axes[1], (EDGE + look.size, top + side), side, turn=90)
    if look.beside:
        sheet.column(left + side + 2 * look.size, top)
    return drawn


def quadrants(sheet: Page, panel: Axes, axes: Pair) -> list[Text]:
    """Light tints, the cross at zero, and a name in each corner."""
    scale = panel.get_xlim()[1]
    for line in (panel.axhline, panel.axvline):
        line(0, color="#c9c6c0", lw=0.6, zorder=0.5)
        for tick in (-scale / 2, scale / 2):
            line(tick, color="white", lw=0.6, zorder=0.4)
    names: list[Text] = []
    for row, y_pole in enumerate((axes[1].negative, axes[1].positive)):
        for column, x_pole in enumerate((axes[0].negative, axes[0].positive)):
            corner = (column - 1) * scale, (row - 1) * scale
            panel.add_patch(Rectangle(corner, scale, scale, fc=TINTS[row][column], lw=0, zorder=0))
            inward = (
                0.7 * sheet.look.small * (1 - 2 * column),
                0.7 * sheet.look.small * (1 - 2 * row),
            )
            names.append(
                panel.annotate(
                    _style.shorten(f"{y_pole} {x_pole}", 30), (column, row), inward,
                    xycoords="axes fraction", textcoords="offset points",
                    size=sheet.look.small, color="#99938a", zorder=1, parse_math=False,
                    ha=("left", "right")[column], va=("bottom", "top")[row],
                )
            )  # fmt: skip
    return names


def backdrop(
    sheet: Page, panel: Axes, behind: Sequence[_backdrop.ReferenceRespondent], axes: Pair
) -> None:
    """Random respondents as a cloud, constant ones as points on a line."""
    points = []
    for one in behind:
        (x, sd_x), (y, sd_y) = (one.at[axis.name] for axis in axes)
        if one.marker is None:
            cloud = Ellipse((x, y), 4 * sd_x, 4 * sd_y, fc="black", lw=0, zorder=1.5)
            cloud.set(alpha=_backdrop.CLOUD, label=f"cloud:{one.kind}")
            panel.add_patch(cloud)
        else:
            (mark,) = panel.plot(x, y, ms=0.6 * sheet.look.size, zorder=1.8, ls="none")
            mark.set(label=f"constant:{one.kind}", **one.style)
            points.append((x, y))
    if points:
        panel.plot(*zip(*points, strict=True), color=_style.LIGHT, lw=0.6, zorder=1.7)


def anchors(sheet: Page, panel: Axes, shown: Sequence[Anchor], axes: Pair) -> None:
    """Small grey marks, one for each time that something was placed, joined to the first."""
    for one in shown:
        first, *others = points(one, axes)
        for point in others:
            (line,) = panel.plot(*zip(first, point, strict=True), zorder=1.85)
            line.set(color=_style.LIGHT, lw=0.5, label=f"joint:{one.name}")
        for x, y in points(one, axes):
            (mark,) = panel.plot(x, y, ms=0.4 * sheet.look.size, ls="none", zorder=1.9)
            mark.set(label=f"anchor:{one.name}", clip_on=False, **one.style)


def points(anchor: Anchor, axes: Pair) -> list[tuple[float, float]]:
    """Where its marks are."""
    return list(zip(*(anchor.at[axis.name] for axis in axes), strict=True))
