"""The compass: a scatter plot of models on two axes, with 95 % confidence ellipses.

Ellipses are those of `ellipses.csv`. No claim is made of hollow dots with a dashed ellipse. Behind
them, in grey: positions of random and constant respondents, and, on request, anchors. Draws
finished numbers and computes none.
"""

import math
from collections.abc import Sequence
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from probes.types import Published, Tables

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
)
from ._dots import AxisPair, Dot, axis_pair, dots
from ._page import Page

OPAQUE = 0.3
"""Diameter of an ellipse, in parts of the scale, up to which it has its full opacity."""
MAX_NAMES = 300
"""Most models that are labelled: placing more labels takes minutes, and few would find room."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    anchors: bool = False,
    published: Sequence[Published] = (),
    **style: Unpack[_style.StyleOptions],
) -> Figure:
    """Draw models on two axes of their set, by default its first two.

    Args:
        tables: What a run concluded.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        anchors: Also draw the set's own respondents, such as parties.
        published: Published placements; those on the run's own set are drawn, and models stand at
            the scores of the set's own home where they have them.
        **style: See `_style.StyleOptions`. On a slide the legend is beside the panel.

    Raises:
        UsageError: for a set with one axis, an unknown axis or style, nothing to draw, or no such
            anchors.
    """
    axes = axis_pair(tables, x, y)
    official = _official.scores(tables, axes) if published else {}
    shown, absent = dots(_official.scored(tables, official), axes)
    names = [axis.name for axis in axes]
    respondents = _backdrop.respondents(tables, names)
    references, sources = _anchors.published_positions(tables, names, published)
    if anchors:
        references = [*_anchors.set_respondents(tables, names), *references]
    references = [*_people.means(tables, names), *references]
    page = Page(_style.figure_style(**style))
    with _style.rc_context():
        page.title(
            f"{_style.count(len(shown), 'model')} on the {axes[0].name} and {axes[1].name} axes"
        )
        panel, corners = _two_axes.draw_panel(page, tables, axes, respondents)
        _people.draw_people(panel, tables, axes)
        _two_axes.draw_anchors(page, panel, references, axes)
        diameter = page.look.size * _by_count(shown, (0.62, 0.54, 0.44))
        for dot in shown:
            _two_axes.draw_dot(panel, dot, diameter)
            _draw_ellipse(panel, dot, _by_count(shown, (1.0, 0.6, 0.35)))
        _official.draw_intervals(panel, shown, official, axes)
        labels, styles = _label_dots(shown, references, axes)
        bare = [p for anchor in references for p in _two_axes.anchor_points(anchor, axes)[1:]]
        written = _labels.place(panel, labels, page.look.small, diameter, corners, bare=bare)
        page.legend(_marks.family_legend(dot.mark for dot in shown))
        hollow = _marks.state_legend((dot.solid, dot.mark) for dot in shown)
        behind = [*_backdrop.legend(respondents), *_people.legend(tables)]
        page.legend([*hollow, *behind, *_anchors.legend(references)])
        named = sum(text is not None for text in written.texts)
        remarks = _remarks(shown, absent, len(shown) + len(references) - named)
        remarks += _official.remarks(official, shown)
        caption = [tables.caption, *_people.remarks(tables), *remarks, *_sources(sources)]
        foot = page.foot - page.caption_height(caption) if page.look.beside else math.inf
        names = [label.name for label in labels]
        page.key(_names.label_key(names, styles, written.numbered), foot)
        page.caption(caption)
        return page.finish()


# --- the panel ---------------------------------------------------------------------------------


def _by_count(shown: Sequence[Dot], sizes: tuple[float, float, float]) -> float:
    """The size for up to 20 dots, up to 60, and more."""
    return sizes[0 if len(shown) <= 20 else 1 if len(shown) <= 60 else 2]


def _draw_ellipse(panel: Axes, dot: Dot, opacity: float) -> None:
    """The joint confidence region.

    Its opacity falls with its area, so that a large one does not hide the others.
    """
    if dot.region is None:
        return
    corners = _hulls.ellipse_points(dot.x, dot.y, dot.region)
    width, height = np.ptp(corners, axis=0)
    opaque = OPAQUE * panel.get_xlim()[1]
    opacity *= min(1.0, opaque**2 / max(width * height, 1e-9))
    shape = Polygon(corners, fc="none", ec=dot.mark.line_colour, zorder=4)
    shape.set(lw=0.6, alpha=0.25 + 0.4 * opacity, label=f"ellipse:{dot.model}")
    panel.add_patch(shape)
    if not dot.solid:
        shape.set_linestyle((0, (3, 2.5)))
        return
    fill = Polygon(corners, fc=dot.mark.line_colour, lw=0, zorder=2)
    fill.set_alpha(0.12 * opacity)
    panel.add_patch(fill)


# --- what is written ---------------------------------------------------------------------------


def _label_dots(
    shown: Sequence[Dot], anchors: Sequence[_anchors.Anchor], axes: AxisPair
) -> tuple[list[_labels.Label], list[dict[str, object]]]:
    """Labels of up to `MAX_NAMES` dots and, in grey, of the first mark of each anchor; and the
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


def _remarks(shown: Sequence[Dot], absent: Sequence[str], unnamed: int) -> list[str]:
    remarks = []
    if any(dot.region for dot in shown):
        remarks.append(
            "Ellipses: 95\N{NO-BREAK SPACE}% joint regions, wider than the interval of either axis"
        )
    if absent:
        remarks.append(f"Not drawn: {_style.count(len(absent), 'model')} without a position")
    return [*remarks, *_names.unlabelled(unnamed)]


def _sources(sources: Sequence[str]) -> list[str]:
    """The sources of published placements, and a caveat."""
    if not sources:
        return []
    return [f"Published, with other prompts and readings of replies: {'; '.join(sources)}"]
