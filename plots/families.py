"""The families: models on two axes, with the convex hull of each family.

A hull joins the dots of a family; it is no confidence region. In the background, in grey: random
and constant respondents. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _backdrop, _hulls, _labels, _marks, _names, _style, _two_axes
from ._dots import AxisPair, Dot, JointRegion, axis_pair, dots
from ._page import DPI, LegendEntry, Page


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    **style: Unpack[_style.StyleOptions],
) -> Figure:
    """Draw models by family on two axes of their set, by default its first two.

    Args:
        tables: Results of a run.
        x: Name of the horizontal axis.
        y: Name of the vertical axis.
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: no model has a family; a set with one axis, an unknown axis or style, or
            nothing to draw.
    """
    axes = axis_pair(tables, x, y)
    shown, absent = dots(tables, axes)
    members = _members(shown, tables)
    axis_names = [axis.name for axis in axes]
    respondents = _backdrop.respondents(tables, axis_names)
    page = Page(_style.figure_style(**style))
    with _style.rc_context():
        page.title(_title(shown, members, axes) if shown else _two_axes.title(shown, absent, axes))
        panel, corners = _two_axes.draw_panel(page, tables, axes, respondents)
        diameter = page.look.size * (0.72 if len(shown) <= 30 else 0.52)
        for family, dots_of_family in members.items():
            _draw_family(panel, family, dots_of_family, diameter)
        for dot in shown:
            if not dot.mark.family:
                _two_axes.draw_dot(panel, dot, diameter)
        names = _style.distinct_names(dot.model for dot in shown)
        labels = [_label(dot, names[dot.model]) for dot in shown]
        bare = _two_axes.constant_points(respondents, axes)
        written = _labels.place(panel, labels, page.look.small, diameter, corners, bare=bare)
        page.legend(_legend(shown))
        hollow = _marks.state_legend((dot.solid, dot.mark) for dot in shown)
        page.legend([*hollow, *_backdrop.legend(respondents)])
        styles = [dot.mark.style(solid=dot.solid) for dot in shown]
        page.key(_names.label_key(list(names.values()), styles, written.numbered))
        page.note(_names.unclaimed(tables, axis_names))
        page.caption([tables.caption, *_remarks(written, shapes=bool(members))])
        return page.finish()


def _members(shown: Sequence[Dot], tables: Tables) -> Mapping[str, list[Dot]]:
    """Family -> its models' dots.

    Raises:
        UsageError: there is no family.
    """
    members: dict[str, list[Dot]] = {}
    for dot in shown:
        if dot.mark.family:
            members.setdefault(dot.mark.family, []).append(dot)
    if not members and not any(isinstance(name, str) and name for name in tables.models["family"]):
        raise UsageError(
            "the figure 'families' draws models by family, and no model of this run has one"
            " (models.yaml: family); the figure 'compass' needs none"
        )
    return members


def _title(shown: Sequence[Dot], members: Mapping[str, list[Dot]], axes: AxisPair) -> str:
    return say(
        "{models} of {families} on the {x} and {y} axes",
        models=plural(len(shown), "{n} model", "{n} models"),
        families=plural(len(members), "{n} family", "{n} families"),
        x=say(axes[0].name),
        y=say(axes[1].name),
    )


# --- the panel ---------------------------------------------------------------------------------


def _draw_family(panel: Axes, family: str, dots: Sequence[Dot], diameter: float) -> None:
    """Draw a family's dots and, paler, their convex hull, enlarged by the radius of a dot."""
    across, up = panel.get_xlim(), panel.get_ylim()
    pixels = diameter * DPI / 72
    circle = JointRegion(
        pixels**2 * (across[1] - across[0]) ** 2 / panel.bbox.width**2, 0.0,
        pixels**2 * (up[1] - up[0]) ** 2 / panel.bbox.height**2, 1.0,
    )  # fmt: skip
    corners = np.vstack([_hulls.ellipse_points(dot.x, dot.y, circle) for dot in dots])
    shape = Polygon(_hulls.hull(corners), fc=dots[0].mark.colour, lw=0, alpha=0.16, zorder=2)
    shape.set_label(f"family:{family}")
    panel.add_artist(shape)
    for dot in dots:
        _two_axes.draw_dot(panel, dot, diameter)


def _label(dot: Dot, name: str) -> _labels.Label:
    colour = dot.mark.text_colour if dot.solid else _style.GREY
    return _labels.Label(dot.x, dot.y, name, colour, dot.mark.text_colour)


# --- texts -------------------------------------------------------------------------------------


def _legend(shown: Sequence[Dot]) -> list[LegendEntry]:
    """A legend entry for each family, also if there is only one."""
    marks = {dot.mark.family: dot.mark for dot in shown}
    return _marks.family_legend(marks.values()) or [
        LegendEntry(_style.shorten(name), mark.style(solid=True)) for name, mark in marks.items()
    ]


def _remarks(written: _labels.DrawnLabels, *, shapes: bool) -> list[str]:
    meaning = say(
        "Shapes join the models of a family and claim nothing: for intervals, see the compass"
    )
    missing = sum(text is None for text in written.texts)
    return [*([meaning] if shapes else []), *_names.unlabelled(missing)]
