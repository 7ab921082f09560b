"""A square panel of two axes: poles, quadrants, and reference marks behind the dots.

Quadrants are named by the set's own poles. Shared by the figures of two axes.
"""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from probes.phrases import phrase, plural, say
from probes.types import Tables

from . import _backdrop, _scale, _style
from ._anchors import Anchor
from ._dots import AxisPair, Dot
from ._page import MARGIN, Page
from ._text_lines import text_width

Window = tuple[float, float, float, float]
"""Left, right, low and high end of the visible part, in points of the scale."""
TINTS = (("#f4f3f0", "#f9f8f6"), ("#f9f8f6", "#f4f3f0"))
"""Greys of the quadrants (no party's colours): rows from below, columns from the left."""
COMMON = (
    *(phrase("left"), phrase("right"), phrase("libertarian"), phrase("authoritarian")),
    *(phrase("economic"), phrase("social")),
)
"""Names of poles and axes that are translated; those of other sets are not."""


def draw_panel(
    page: Page,
    tables: Tables,
    axes: AxisPair,
    respondents: Sequence[_backdrop.ReferenceRespondent],
    *,
    most: float = math.inf,
    window: Window | None = None,
) -> tuple[Axes, list[Text]]:
    """Draw the panel with its quadrants and reference respondents; also returns the quadrants'
    names.

    Including the names of its poles it is at most `most` points wide. It shows a `window` of the
    scale, by default the whole.
    """
    panel = _add_square(page, tables.scale, axes, most)
    if window:
        _cut(panel, window)
    names = _draw_quadrants(page, panel, axes)
    _draw_backdrop(page, panel, respondents, axes)
    return panel, names


def title(shown: Sequence[Dot], absent: Mapping[str, str], axes: AxisPair) -> str:
    """Title: number of models shown; if none is placed, of how many."""
    names = dict(zip("xy", (say(axis.name) for axis in axes), strict=True))
    if shown:
        models = plural(len(shown), "{n} model", "{n} models")
        return say("{models} on the {x} and {y} axes", models=models, **names)
    return plural(
        len(absent),
        "The model is not placed on the {x} and {y} axes",
        "None of {n} models is placed on the {x} and {y} axes",
        **names,
    )


def draw_dot(panel: Axes, dot: Dot, diameter: float) -> None:
    """Draw a model's marker at its position."""
    (point,) = panel.plot(dot.x, dot.y, ms=diameter, ls="none", zorder=5, clip_on=False)
    point.set(label=f"dot:{dot.model}", **dot.mark.style(solid=dot.solid))


def draw_whiskers(panel: Axes, dot: Dot, width: float = 0.9) -> None:
    """Draw the interval on each axis as a line through the dot; dashed if it makes no claim."""
    for x, y in dot.whiskers:
        (line,) = panel.plot(x, y, color=dot.mark.line_colour, lw=width, zorder=4.2)
        line.set(label=f"whisker:{dot.model}", solid_capstyle="butt")
        if not dot.solid:
            line.set_linestyle((0, (2.5, 2)))


BEYOND = 0.75
"""Size of a constant respondent's marker, whose arms extend beyond a model's dot."""
ALONG = tuple(step / 8 for step in range(1, 9))
"""Fractions of half an interval."""


def whisker_points(shown: Sequence[Dot]) -> list[tuple[float, float]]:
    """Points along intervals, which labels should not cover."""
    return [
        (dot.x + share * (x - dot.x), dot.y + share * (y - dot.y))
        for dot in shown
        for line in dot.whiskers
        for x, y in zip(*line, strict=True)
        for share in ALONG
    ]


def constant_points(
    respondents: Sequence[_backdrop.ReferenceRespondent], axes: AxisPair
) -> list[tuple[float, float]]:
    """Positions of constant respondents, which labels should not cover."""
    x, y = (axis.name for axis in axes)
    return [(r.at[x][0], r.at[y][0]) for r in respondents if r.marker is not None]


def _add_square(page: Page, scale: float, axes: AxisPair, most: float) -> Axes:
    """A square panel with ticks, and the poles' names along two of its sides."""
    look, top = page.look, page.y
    ticks = _scale.ticks(scale)
    left = _scale.left_edge(page, scale, MARGIN)
    foot = 3 + 1.3 * look.small + 1.9 * look.size
    side = min(look.points - MARGIN, MARGIN + most) - left
    if look.beside:
        side = min(side, _style.SLIDE * look.points - top - foot - MARGIN)
    panel = page.add_panel(left, side, side, "compass")
    panel.set(xlim=(-scale, scale), ylim=(-scale, scale))
    panel.set_xticks(list(ticks), list(ticks.values()))
    panel.set_yticks(list(ticks), list(ticks.values()))
    page.y += side + foot
    page.write_poles(axes[0], (left, page.y - 0.7 * look.size), side)
    page.write_poles(axes[1], (MARGIN + look.size, top + side), side, turn=90)
    if look.beside:
        page.start_column(left + side + 2 * look.size, top)
    return panel


def _cut(panel: Axes, window: Window) -> None:
    """Show a part of the scale."""
    panel.set(xlim=window[:2], ylim=window[2:])
    for side, (low, high) in ((panel.xaxis, window[:2]), (panel.yaxis, window[2:])):
        places = [t for t in MaxNLocator(5).tick_values(low, high) if low <= t <= high]
        side.set_ticks(places, labels=[_style.format_number(place, "g") for place in places])


def _draw_quadrants(page: Page, panel: Axes, axes: AxisPair) -> list[Text]:
    """Draw light tints, gridlines, and a name in each corner that lies in its quadrant."""
    across, up = panel.get_xlim(), panel.get_ylim()
    scale = max(map(abs, (*across, *up)))
    sides = ((panel.axvline, panel.get_xticks()), (panel.axhline, panel.get_yticks()))
    for line, ticks in sides:
        line(0, color=_scale.ZERO_LINE, lw=0.6, zorder=0.5)
        for tick in ticks:
            line(tick, color="white", lw=0.6, zorder=0.4)
    names: list[Text] = []
    small = page.look.small
    room = panel.get_position().width * page.look.points / 2 - 1.4 * small
    for row, y_pole in enumerate((axes[1].negative, axes[1].positive)):
        for column, x_pole in enumerate((axes[0].negative, axes[0].positive)):
            corner = (column - 1) * scale, (row - 1) * scale
            panel.add_patch(Rectangle(corner, scale, scale, fc=TINTS[row][column], lw=0, zorder=0))
            if across[column] * (2 * column - 1) <= 0 or up[row] * (2 * row - 1) <= 0:
                continue
            inward = 0.7 * small * (1 - 2 * column), 0.7 * small * (1 - 2 * row)
            names.append(
                panel.annotate(
                    _corner(say(y_pole), say(x_pole), room / small), (column, row), inward,
                    xycoords="axes fraction", textcoords="offset points",
                    size=small, color="#99938a", zorder=1, parse_math=False,
                    ha=("left", "right")[column], va=("bottom", "top")[row],
                    multialignment=("left", "right")[column],
                )
            )  # fmt: skip
    return names


def _corner(upwards: str, across: str, room: float) -> str:
    """Name of a quadrant in one line, or in two if wider than `room` (in ems)."""
    name = _style.shorten(f"{upwards} {across}", 60)
    if text_width(name, 1) <= room:
        return name
    fitting = (
        [n for n in range(30, 3, -2) if text_width(_style.shorten(pole, n), 1) <= room] or [3]
        for pole in (upwards, across)
    )
    poles = zip((upwards, across), fitting, strict=True)
    return "\n".join(_style.shorten(pole, most[0]) for pole, most in poles)


def _draw_backdrop(
    page: Page,
    panel: Axes,
    respondents: Sequence[_backdrop.ReferenceRespondent],
    axes: AxisPair,
) -> None:
    """Draw random respondents as an ellipse, constant ones as points on a line."""
    points = []
    for respondent in respondents:
        (x, sd_x), (y, sd_y) = (respondent.at[axis.name] for axis in axes)
        if respondent.marker is None:
            cloud = Ellipse((x, y), 4 * sd_x, 4 * sd_y, fc="none", ec=_style.LIGHT, zorder=1.5)
            cloud.set(lw=0.7, ls=_backdrop.DOTTED, label=f"cloud:{respondent.kind}")
            panel.add_patch(cloud)
        else:
            (mark,) = panel.plot(x, y, ms=BEYOND * page.look.size, zorder=1.8, ls="none")
            mark.set(label=f"constant:{respondent.kind}", **respondent.style)
            points.append((x, y))
    if points:
        panel.plot(*zip(*points, strict=True), color=_style.LIGHT, lw=0.6, zorder=1.7)


def draw_anchors(page: Page, panel: Axes, anchors: Sequence[Anchor], axes: AxisPair) -> None:
    """Draw small grey markers, one for each position of an anchor, joined to the first."""
    for anchor in anchors:
        first, *repeats = anchor_points(anchor, axes)
        for point in repeats:
            (line,) = panel.plot(*zip(first, point, strict=True), zorder=1.85)
            line.set(color=_style.LIGHT, lw=0.5, label=f"joint:{anchor.name}")
        for x, y in anchor_points(anchor, axes):
            (mark,) = panel.plot(x, y, ms=0.4 * page.look.size, ls="none", zorder=1.9)
            mark.set(label=f"anchor:{anchor.name}", clip_on=False, **anchor.style)


def anchor_points(anchor: Anchor, axes: AxisPair) -> list[tuple[float, float]]:
    """Positions of an anchor on the two axes."""
    return list(zip(*(anchor.at[axis.name] for axis in axes), strict=True))
