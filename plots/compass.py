"""The compass: scatter plot of models on two axes, with their 95 % intervals as crosses.

Behind each cross is the joint region of `ellipses.csv`. Hollow dots with dashed lines make no
claim; models that are not placed have no dot and are listed below. In the background, in grey:
positions of random and constant respondents, and, optionally, anchors. Draws finished numbers.
"""

import math
from collections.abc import Sequence
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from probes.phrases import listed, phrase, say
from probes.types import Published, Tables, unclaimed
from probes.types.tables import REGION

from . import (
    _anchors,
    _backdrop,
    _hulls,
    _labels,
    _marks,
    _names,
    _official,
    _people,
    _style,
    _two_axes,
    _zoom,
)
from ._dots import AxisPair, Dot, axis_pair, dots, nesting
from ._page import DPI, Page

OPAQUE = 0.3
"""Diameter of an ellipse, relative to the scale, up to which it has full opacity."""
ON_SLIDE = 1.4
"""Diameter of a dot on a slide, relative to the usual one."""
CLEAR = 24
"""Maximum number of models whose labels avoid intervals, too."""
MAX_NAMES = 300
"""Maximum number of labelled models: placing more takes minutes, and few would find room."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    anchors: bool = False,
    published: Sequence[Published] = (),
    zoom: str | None = None,
    **style: Unpack[_style.StyleOptions],
) -> Figure:
    """Draw models on two axes of their set, by default its first two.

    Args:
        tables: Results of a run.
        x: Name of the horizontal axis.
        y: Name of the vertical axis.
        anchors: Whether to draw the set's own respondents, such as parties.
        published: Published placements; those on the run's own set are drawn, and models that have
            official scores are drawn at these.
        zoom: Part of the scale to show, as in `_zoom.window`.
        **style: See `_style.StyleOptions`. On a slide the legend is beside the panel.

    Raises:
        UsageError: for a set with one axis, an unknown axis, style or zoom, nothing to draw, or no
            such anchors.
    """
    axes = axis_pair(tables, x, y)
    official = _official.scores(tables, axes) if published else {}
    placed, absent = dots(_official.scored(tables, official), axes, official)
    part = _zoom.window(zoom, placed, tables.scale)
    shown = [dot for dot in placed if _zoom.inside(dot, part)]
    names = [axis.name for axis in axes]
    respondents = _backdrop.respondents(tables, names)
    references, sources = _anchors.published_positions(tables, names, published)
    if anchors:
        references = [*_anchors.set_respondents(tables, names), *references]
    references = [*_people.means(tables, names), *references]
    page = Page(_style.figure_style(**style))
    with _style.rc_context():
        page.title(_two_axes.title(placed, absent, axes))
        panel, corners = _two_axes.draw_panel(page, tables, axes, respondents, window=part)
        _people.draw_people(panel, tables, axes)
        _two_axes.draw_anchors(page, panel, references, axes)
        diameter = page.look.size * _by_count(shown, (0.62, 0.54, 0.44))
        diameter *= ON_SLIDE if page.look.beside else 1
        reach = 0.6 * diameter * np.ptp(panel.get_xlim()) / (panel.bbox.width * 72 / DPI)
        _draw_models(panel, shown, diameter, float(reach))
        labels, styles = _label_dots(shown, references, axes)
        bare = [p for anchor in references for p in _two_axes.anchor_points(anchor, axes)[1:]]
        bare += _two_axes.constant_points(respondents, axes)
        bare += _two_axes.whisker_points(shown) if len(shown) <= CLEAR else []
        written = _labels.place(panel, labels, page.look.small, diameter, corners, bare=bare)
        page.legend(_marks.family_legend(dot.mark for dot in shown))
        hollow = _marks.state_legend((dot.solid, dot.mark) for dot in shown)
        behind = [*_backdrop.legend(respondents), *_people.legend(tables)]
        page.legend([*hollow, *behind, *_anchors.legend(references)])
        labelled = sum(text is not None for text in written.texts)
        remarks = [] if official else [tables.intervals, *_remarks(shown)]
        remarks += _names.unlabelled(len(shown) + len(references) - labelled)
        remarks += _official.remarks(official, shown)
        caption = [tables.caption, *_people.remarks(tables), *remarks]
        caption += [*_outside(tables, axes, placed, shown), *_sources(sources)]
        foot = page.foot - page.caption_height(caption) if page.look.beside else math.inf
        names = [label.name for label in labels]
        page.key(_names.label_key(names, styles, written.numbered), foot)
        open_ = unclaimed.hollow_models(tables, [axis.name for axis in axes])
        page.note(_names.notes(absent, open_))
        page.caption(caption)
        return page.finish()


# --- the panel ---------------------------------------------------------------------------------


def _by_count(shown: Sequence[Dot], sizes: tuple[float, float, float]) -> float:
    """One of three sizes: for up to 20 dots, up to 60, or more."""
    return sizes[0 if len(shown) <= 20 else 1 if len(shown) <= 60 else 2]


def _draw_models(panel: Axes, shown: Sequence[Dot], diameter: float, reach: float) -> None:
    """Draw each model's dot, intervals and joint region; dots within `reach` are nested."""
    for dot, share in zip(shown, nesting(shown, reach), strict=True):
        _two_axes.draw_dot(panel, dot, share * diameter)
        _two_axes.draw_whiskers(panel, dot, _by_count(shown, (0.9, 0.7, 0.5)))
        _draw_ellipse(panel, dot, _by_count(shown, (1.0, 0.6, 0.35)))


def _draw_ellipse(panel: Axes, dot: Dot, opacity: float) -> None:
    """Draw the joint confidence region, shaded; as an outline if the dot makes no claim.

    Its opacity decreases with its area, so that a large one does not hide the others.
    """
    if dot.region is None:
        return
    corners = _hulls.ellipse_points(dot.x, dot.y, dot.region)
    width, height = np.ptp(corners, axis=0)
    opaque = OPAQUE * float(np.ptp(panel.get_xlim())) / 2
    opacity *= min(1.0, opaque**2 / max(width * height, 1e-9))
    shape = Polygon(corners, fc="none", ec=dot.mark.line_colour, zorder=4)
    shape.set(lw=0.4, alpha=0.15 + 0.25 * opacity, label=f"ellipse:{dot.model}")
    panel.add_artist(shape)
    if not dot.solid:
        shape.set_linestyle((0, (3, 2.5)))
        return
    fill = Polygon(corners, fc=dot.mark.line_colour, lw=0, zorder=2)
    fill.set_alpha(0.12 * opacity)
    panel.add_artist(fill)


# --- texts -------------------------------------------------------------------------------------


def _label_dots(
    shown: Sequence[Dot], anchors: Sequence[_anchors.Anchor], axes: AxisPair
) -> tuple[list[_labels.Label], list[dict[str, object]]]:
    """Labels of up to `MAX_NAMES` dots and, in grey, of the first marker of each anchor; and the
    styles of what they label."""
    shown = shown if len(shown) <= MAX_NAMES else ()
    names = _style.distinct_names(dot.model for dot in shown)
    labels = [
        _labels.Label(
            dot.x, dot.y, names[dot.model],
            colour=_style.BLACK if dot.solid else _style.GREY, accent=dot.mark.text_colour,
        )
        for dot in shown
    ]  # fmt: skip
    for anchor in anchors:
        (x, y), *_ = _two_axes.anchor_points(anchor, axes)
        name = _style.shorten(anchor.name, 24)
        labels.append(_labels.Label(x, y, name, _style.GREY, _style.GREY))
    styles = [dot.mark.style(solid=dot.solid) for dot in shown]
    return labels, [*styles, *(anchor.style for anchor in anchors)]


def _remarks(shown: Sequence[Dot]) -> list[str]:
    crosses = any(dot.whiskers for dot in shown)
    solid = {dot.solid for dot in shown if dot.region}
    remarks = [say("Crosses: the interval on each axis")] if crosses else []
    remarks += [say("Shaded: joint region of both axes")] if True in solid else []
    if False in solid:
        remarks.append(say("Dashed outline: joint region, of which no claim is made"))
    return [*remarks, say(REGION)] if crosses and solid else remarks


def _outside(
    tables: Tables, axes: AxisPair, placed: Sequence[Dot], shown: Sequence[Dot]
) -> list[str]:
    """Sentences on what a zoomed figure does not show."""
    beyond = _style.distinct_names(dot.model for dot in placed if dot not in shown)
    others = [axis.name for axis in tables.axes if axis not in axes]
    remarks = []
    if beyond:
        names = ", ".join(beyond.values())
        remarks.append(say("Outside of this part of the scale: {models}", models=names))
    if others:
        text = phrase("Not drawn: the {axes} axis; the figure 'axes' has it")
        remarks.append(say(text, axes=listed([say(name) for name in others])))
    return remarks


def _sources(sources: Sequence[str]) -> list[str]:
    """Sources of published placements, and a caveat."""
    if not sources:
        return []
    text = phrase("Published, with other prompts and readings of replies: {sources}")
    return [say(text, sources="; ".join(sources))]
