"""The compass: two axes, one dot a model, and how sure each dot is.

Dots carry the 95 % joint ellipses of `ellipses.csv`. Hollow ones, with a dashed outline, make no
claim. Behind them, in grey: where random and constant answers land. Quadrants are named by the
set's own poles. Draws finished numbers and computes none.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.text import Text

from probes.types import Tables

from . import _backdrop, _ink, _labels, _marks
from ._dots import Dot, Pair, dots, pair
from ._sheet import EDGE, Entry, Sheet, extent

TINTS = (("#f1f5ee", "#f6f2e9"), ("#f6eeec", "#edf2f7"))
"""Of the quadrants: rows from below, columns from the left."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    style: _ink.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw models on two axes of their set, by default its first two.

    Args:
        tables: What a run concluded.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 by 5.6 inches, 11 points,
            with the legend beside the panel).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for a set with one axis, an unknown axis or style, or nothing to draw.
    """
    axes = pair(tables, x, y)
    shown, absent = dots(tables, axes)
    behind = _backdrop.respondents(tables, [axis.name for axis in axes])
    sheet = Sheet(_ink.look(style, width, font_size))
    with _ink.ink():
        sheet.title(f"{_count(shown)} on the {axes[0].name} and {axes[1].name} axes")
        panel = _panel(sheet, tables.scale, axes)
        corners = _quadrants(sheet, panel, axes)
        _draw_backdrop(sheet, panel, behind, axes)
        diameter = sheet.look.size * _by_count(shown, (0.62, 0.54, 0.44))
        for dot in shown:
            _draw_dot(panel, dot, diameter)
            _draw_ellipse(panel, dot, _by_count(shown, (1.0, 0.6, 0.35)))
        written = _labels.place(panel, _texts(shown), sheet.look.small, diameter, corners)
        sheet.legend(_marks.families(dot.mark for dot in shown))
        hollow = _marks.states((dot.solid, dot.mark) for dot in shown)
        sheet.legend([*hollow, *_backdrop.legend(behind)])
        sheet.key(_key(shown, written))
        sheet.caption([tables.caption, *_remarks(shown, absent, written)])
        return sheet.cut()


# --- the panel ---------------------------------------------------------------------------------


def _panel(sheet: Sheet, scale: float, axes: Pair) -> Axes:
    """A square from pole to pole with ticks, and the poles' names along two of its sides."""
    look, top = sheet.look, sheet.y
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    names = [_ink.figures(tick, "g") for tick in ticks]
    left = EDGE + 1.5 * look.size + max(extent(name, look.small) for name in names) + 3
    foot = 3 + 1.3 * look.small + 1.9 * look.size
    side = look.points - EDGE - left
    if look.beside:
        side = min(side, 0.5625 * look.points - top - foot - EDGE)
    panel = sheet.panel(left, side, side, "compass")
    panel.set(xlim=(-scale, scale), ylim=(-scale, scale))
    panel.set_xticks(ticks, names)
    panel.set_yticks(ticks, names)
    sheet.y += side + foot
    sheet.poles(axes[0], (left, sheet.y - 0.7 * look.size), side)
    sheet.poles(axes[1], (EDGE + look.size, top + side), side, turn=90)
    if look.beside:
        sheet.column(left + side + 2 * look.size, top)
    return panel


def _quadrants(sheet: Sheet, panel: Axes, axes: Pair) -> list[Text]:
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
                    _ink.shorten(f"{y_pole} {x_pole}", 30), (column, row), inward,
                    xycoords="axes fraction", textcoords="offset points",
                    size=sheet.look.small, color="#99938a", zorder=1, parse_math=False,
                    ha=("left", "right")[column], va=("bottom", "top")[row],
                )
            )  # fmt: skip
    return names


def _draw_backdrop(
    sheet: Sheet, panel: Axes, behind: Sequence[_backdrop.Respondent], axes: Pair
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
            if one.name:
                _write_anchor(sheet, panel, one.name, (x, y))
            else:
                points.append((x, y))
    if points:
        panel.plot(*zip(*points, strict=True), color=_ink.LIGHT, lw=0.6, zorder=1.7)


def _write_anchor(sheet: Sheet, panel: Axes, name: str, at: tuple[float, float]) -> None:
    """The name of a respondent of the set, on the inner side of its mark, behind all models."""
    inward = -1 if at[0] > 0 else 1
    panel.annotate(
        _ink.shorten(name, 16), at, (0.4 * inward * sheet.look.size, 0),
        textcoords="offset points", size=0.85 * sheet.look.small, color=_ink.GREY, zorder=1.6,
        ha="left" if inward > 0 else "right", va="center", parse_math=False,
    )  # fmt: skip


def _by_count(shown: Sequence[Dot], sizes: tuple[float, float, float]) -> float:
    """Smaller or lighter marks where there are many."""
    return sizes[0 if len(shown) <= 20 else 1 if len(shown) <= 60 else 2]


def _draw_dot(panel: Axes, dot: Dot, diameter: float) -> None:
    (point,) = panel.plot(dot.x, dot.y, ms=diameter, ls="none", zorder=5, clip_on=False)
    point.set(label=f"dot:{dot.model}", **dot.mark.style(solid=dot.solid))


def _draw_ellipse(panel: Axes, dot: Dot, strength: float) -> None:
    """The joint region: along the eigenvectors of its covariance, as wide as their roots."""
    if dot.spread is None:
        return
    x, both, y, radius = dot.spread
    values, vectors = np.linalg.eigh([[x, both], [both, y]])
    minor, major = 2 * radius * np.sqrt(np.clip(values, 0, None))
    turn = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
    shape = Ellipse(
        (dot.x, dot.y), major, minor, angle=turn, fc="none", ec=dot.mark.ink, zorder=2.5
    )
    shape.set(lw=0.6, alpha=0.25 + 0.3 * strength, label=f"ellipse:{dot.model}")
    panel.add_patch(shape)
    if not dot.solid:
        shape.set_linestyle((0, (3, 2.5)))
        return
    fill = Ellipse((dot.x, dot.y), major, minor, angle=turn, fc=dot.mark.ink, lw=0, zorder=2)
    fill.set_alpha(0.09 * strength)
    panel.add_patch(fill)


# --- what is written ---------------------------------------------------------------------------


def _texts(shown: Sequence[Dot]) -> list[_labels.Label]:
    return [
        _labels.Label(
            dot.x, dot.y, _ink.shorten(dot.model),
            colour=_ink.BLACK if dot.solid else _ink.GREY, accent=dot.mark.text,
        )
        for dot in shown
    ]  # fmt: skip


def _key(shown: Sequence[Dot], written: _labels.Labelled) -> list[Entry]:
    return [
        Entry(
            f"{number}  {_ink.shorten(shown[i].model)}", shown[i].mark.style(solid=shown[i].solid)
        )
        for number, i in enumerate(written.numbered, start=1)
    ]


def _remarks(shown: Sequence[Dot], absent: Sequence[str], written: _labels.Labelled) -> list[str]:
    said = []
    if any(dot.spread for dot in shown):
        said.append(
            "Ellipses: 95\N{NO-BREAK SPACE}% joint regions, wider than the interval of either axis"
        )
    if absent:
        said.append(f"Not drawn: {_count(absent)} without a position")
    if missing := sum(text is None for text in written.texts):
        said.append(f"Not labelled, for want of room: {missing}")
    return said


def _count(models: Sequence[object]) -> str:
    return f"{len(models)} model{'s' if len(models) != 1 else ''}"
