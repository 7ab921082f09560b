"""The compass: two axes, one dot a model, and how sure each dot is.

Dots carry the 95 % joint ellipses of `ellipses.csv`. Hollow ones, with a dashed outline, make no
claim. Behind them, in grey: where random and constant answers land, and, on request, anchors.
Draws finished numbers and computes none.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from probes.types import Published, Tables

from . import _anchors, _backdrop, _labels, _marks, _style, _two_axes
from ._dots import Dot, Pair, dots, pair
from ._page import LegendEntry, Page

USUAL = 0.3
"""Diameter of an ellipse, of the scale, up to which it has its full ink."""
NAMED = 300
"""Models beyond which none is named: seating the names would take minutes, and no one could read
the few that find room."""


def draw(  # noqa: PLR0913 (the options of `probes plot`)
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    anchors: bool = False,
    published: Sequence[Published] = (),
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw models on two axes of their set, by default its first two.

    Args:
        tables: What a run concluded.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        anchors: Also draw the set's own respondents, such as parties.
        published: What others have published; drawn where it is of the run's own set.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 by 5.6 inches, 11 points,
            with the legend beside the panel).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for a set with one axis, an unknown axis or style, nothing to draw, or no such
            anchors.
    """
    axes = pair(tables, x, y)
    shown, absent = dots(tables, axes)
    names = [axis.name for axis in axes]
    behind = _backdrop.respondents(tables, names)
    printed, sources = _anchors.printed(tables, names, published)
    known = [*(_anchors.known(tables, names) if anchors else []), *printed]
    sheet = Page(_style.look(style, width, font_size))
    with _style.ink():
        sheet.title(f"{_count(shown)} on the {axes[0].name} and {axes[1].name} axes")
        panel = _two_axes.panel(sheet, tables.scale, axes)
        corners = _two_axes.quadrants(sheet, panel, axes)
        _two_axes.backdrop(sheet, panel, behind, axes)
        _two_axes.anchors(sheet, panel, known, axes)
        diameter = sheet.look.size * _by_count(shown, (0.62, 0.54, 0.44))
        for dot in shown:
            _draw_dot(panel, dot, diameter)
            _draw_ellipse(panel, dot, _by_count(shown, (1.0, 0.6, 0.35)))
        labels, marks = _labelled(shown, known, axes)
        bare = [point for one in known for point in _two_axes.points(one, axes)[1:]]
        written = _labels.place(panel, labels, sheet.look.small, diameter, corners, bare=bare)
        sheet.legend(_marks.families(dot.mark for dot in shown))
        hollow = _marks.states((dot.solid, dot.mark) for dot in shown)
        sheet.legend([*hollow, *_backdrop.legend(behind), *_anchors.legend(known)])
        named = sum(text is not None for text in written.texts)
        remarks = _remarks(shown, absent, len(shown) + len(known) - named)
        small_print = [tables.caption, *remarks, *_sources(sources)]
        foot = sheet.foot - sheet.tall(small_print) if sheet.look.beside else math.inf
        sheet.key(_key(labels, marks, written), foot)
        sheet.caption(small_print)
        return sheet.cut()


# --- the panel ---------------------------------------------------------------------------------


def _by_count(shown: Sequence[Dot], sizes: tuple[float, float, float]) -> float:
    """Smaller or lighter marks where there are many."""
    return sizes[0 if len(shown) <= 20 else 1 if len(shown) <= 60 else 2]


def _draw_dot(panel: Axes, dot: Dot, diameter: float) -> None:
    (point,) = panel.plot(dot.x, dot.y, ms=diameter, ls="none", zorder=5, clip_on=False)
    point.set(label=f"dot:{dot.model}", **dot.mark.style(solid=dot.solid))


def _draw_ellipse(panel: Axes, dot: Dot, strength: float) -> None:
    """The joint region: along the eigenvectors of its covariance, as wide as their roots.

    Its ink fades with its area, so that a wide one does not drown the others.
    """
    if dot.spread is None:
        return
    x, both, y, radius = dot.spread
    values, vectors = np.linalg.eigh([[x, both], [both, y]])
    minor, major = 2 * radius * np.sqrt(np.clip(values, 0, None))
    turn = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
    usual = USUAL * panel.get_xlim()[1]
    ink = strength * min(1.0, usual**2 / max(minor * major, 1e-9))
    shape = Ellipse((dot.x, dot.y), major, minor, angle=turn, fc="none", ec=dot.mark.ink, zorder=4)
    shape.set(lw=0.6, alpha=0.25 + 0.4 * ink, label=f"ellipse:{dot.model}")
    panel.add_patch(shape)
    if not dot.solid:
        shape.set_linestyle((0, (3, 2.5)))
        return
    fill = Ellipse((dot.x, dot.y), major, minor, angle=turn, fc=dot.mark.ink, lw=0, zorder=2)
    fill.set_alpha(0.12 * ink)
    panel.add_patch(fill)


# --- what is written ---------------------------------------------------------------------------


def _labelled(
    shown: Sequence[Dot], known: Sequence[_anchors.Anchor], axes: Pair
) -> tuple[list[_labels.Label], list[dict[str, object]]]:
    """A label for each dot, up to `NAMED`, and, in grey, at the first mark of each anchor; and how
    each looks."""
    shown = shown if len(shown) <= NAMED else ()
    names = _style.distinct(dot.model for dot in shown)
    labels = [
        _labels.Label(
            dot.x, dot.y, names[dot.model],
            colour=_style.BLACK if dot.solid else _style.GREY, accent=dot.mark.text,
        )
        for dot in shown
    ]  # fmt: skip
    for one in known:
        (x, y), *_ = _two_axes.points(one, axes)
        labels.append(_labels.Label(x, y, _style.shorten(one.name, 24), _style.GREY, _style.GREY))
    looks = [dot.mark.style(solid=dot.solid) for dot in shown]
    return labels, [*looks, *(one.style for one in known)]


def _key(
    labels: Sequence[_labels.Label],
    marks: Sequence[dict[str, object]],
    written: _labels.DrawnLabels,
) -> list[LegendEntry]:
    return [
        LegendEntry(f"{number}  {labels[i].name}", marks[i])
        for number, i in enumerate(written.numbered, start=1)
    ]


def _remarks(shown: Sequence[Dot], absent: Sequence[str], unnamed: int) -> list[str]:
    said = []
    if any(dot.spread for dot in shown):
        said.append(
            "Ellipses: 95\N{NO-BREAK SPACE}% joint regions, wider than the interval of either axis"
        )
    if absent:
        said.append(f"Not drawn: {_count(absent)} without a position")
    if unnamed:
        said.append(f"Not labelled, for want of room: {unnamed}")
    return said


def _sources(sources: Sequence[str]) -> list[str]:
    """Whose placements are drawn, and what they are not."""
    if not sources:
        return []
    return [f"Published, with other prompts and readings of replies: {'; '.join(sources)}"]


def _count(models: Sequence[object]) -> str:
    return f"{len(models)} model{'s' if len(models) != 1 else ''}"
