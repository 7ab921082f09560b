"""The families: models on the compass, each family as one shape, before what chance looks like.

A shape joins the members of a family and claims nothing: it is the hull of their dots. Behind them
random and constant respondents. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from probes.errors import UsageError
from probes.types import Tables

from . import _backdrop, _hulls, _labels, _marks, _style, _two_axes
from ._dots import Dot, dots, pair
from ._page import DPI, LegendEntry, Page


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw models by family on two axes of their set, by default its first two.

    Args:
        tables: What a run concluded.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 by 5.6 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: no model has a family; a set with one axis, an unknown axis or style, or
            nothing to draw.
    """
    axes = pair(tables, x, y)
    shown, absent = dots(tables, axes)
    members = _members(shown)
    names = [axis.name for axis in axes]
    behind = _backdrop.respondents(tables, names)
    sheet = Page(_style.look(style, width, font_size))
    with _style.ink():
        sheet.title(_title(shown, members, names))
        panel = _two_axes.panel(sheet, tables.scale, axes)
        corners = _two_axes.quadrants(sheet, panel, axes)
        _two_axes.backdrop(sheet, panel, behind, axes)
        diameter = sheet.look.size * (0.72 if len(shown) <= 30 else 0.52)
        for family, of in members.items():
            _draw_family(panel, family, of, diameter)
        lone = [dot for dot in shown if not dot.mark.family]
        _draw_dots(panel, lone, diameter)
        labels = [_label(dot, name) for dot, name in zip(shown, _names(shown), strict=True)]
        written = _labels.place(panel, labels, sheet.look.small, diameter, corners)
        sheet.legend(_legend(shown))
        hollow = _marks.states((dot.solid, dot.mark) for dot in shown)
        sheet.legend([*hollow, *_backdrop.legend(behind)])
        sheet.key(_key(shown, labels, written))
        sheet.caption([tables.caption, *_remarks(absent, written)])
        return sheet.cut()


def _members(shown: Sequence[Dot]) -> Mapping[str, list[Dot]]:
    """Family -> its models.

    Raises:
        UsageError: there is no family.
    """
    found: dict[str, list[Dot]] = {}
    for dot in shown:
        if dot.mark.family:
            found.setdefault(dot.mark.family, []).append(dot)
    if not found:
        raise UsageError(
            "the figure 'families' draws models by family, and no model of this run has one"
            " (models.yaml: family); the figure 'compass' needs none"
        )
    return found


def _title(shown: Sequence[Dot], members: Mapping[str, list[Dot]], axes: Sequence[str]) -> str:
    models = f"{len(shown)} model{'s' if len(shown) != 1 else ''}"
    families = f"{len(members)} famil{'ies' if len(members) != 1 else 'y'}"
    return f"{models} of {families} on the {axes[0]} and {axes[1]} axes"


# --- the panel ---------------------------------------------------------------------------------


def _draw_family(panel: Axes, family: str, of: Sequence[Dot], diameter: float) -> None:
    """The hull around its dots, pale, and the dots."""
    across, up = panel.get_xlim(), panel.get_ylim()
    pixels = diameter * DPI / 72
    round_it = (
        pixels**2 * (across[1] - across[0]) ** 2 / panel.bbox.width**2, 0.0,
        pixels**2 * (up[1] - up[0]) ** 2 / panel.bbox.height**2, 1.0,
    )  # fmt: skip
    corners = np.vstack([_hulls.ring(dot.x, dot.y, round_it) for dot in of])
    shape = Polygon(_hulls.hull(corners), fc=of[0].mark.colour, lw=0, alpha=0.16, zorder=2)
    shape.set_label(f"family:{family}")
    panel.add_patch(shape)
    _draw_dots(panel, of, diameter)


def _draw_dots(panel: Axes, of: Sequence[Dot], diameter: float) -> None:
    for dot in of:
        (point,) = panel.plot(dot.x, dot.y, ms=diameter, ls="none", zorder=5, clip_on=False)
        point.set(label=f"dot:{dot.model}", **dot.mark.style(solid=dot.solid))


def _names(shown: Sequence[Dot]) -> list[str]:
    names = _style.distinct(dot.model for dot in shown)
    return [names[dot.model] for dot in shown]


def _label(dot: Dot, name: str) -> _labels.Label:
    colour = dot.mark.text if dot.solid else _style.GREY
    return _labels.Label(dot.x, dot.y, name, colour, dot.mark.text)


# --- what is written ---------------------------------------------------------------------------


def _legend(shown: Sequence[Dot]) -> list[LegendEntry]:
    """Every family, be it the only one."""
    known = {dot.mark.family: dot.mark for dot in shown}
    found = _marks.families(known.values())
    return found or [
        LegendEntry(_style.shorten(name), m.style(solid=True)) for name, m in known.items()
    ]


def _key(
    shown: Sequence[Dot], labels: Sequence[_labels.Label], written: _labels.DrawnLabels
) -> list[LegendEntry]:
    return [
        LegendEntry(f"{number}  {labels[i].name}", shown[i].mark.style(solid=shown[i].solid))
        for number, i in enumerate(written.numbered, start=1)
    ]


def _remarks(absent: Sequence[str], written: _labels.DrawnLabels) -> list[str]:
    said = ["Shapes join the models of a family and claim nothing: for intervals, see the compass"]
    if absent:
        said.append(f"Not drawn, without a position: {len(absent)}")
    if missing := sum(text is None for text in written.texts):
        said.append(f"Not labelled, for want of room: {missing}")
    return said
