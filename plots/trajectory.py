"""The trajectory: checkpoints of a training run, as a path on two axes and position by step.

Around each path is a tube: the convex hulls of the intervals and joint regions of successive
checkpoints. Next to it, position by step on each axis, with intervals as bands. Draws finished
numbers and computes none.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from probes.phrases import say
from probes.types import Tables, reasons, unclaimed

from . import _backdrop, _by_step, _hulls, _labels, _marks, _names, _style, _two_axes
from ._dots import AxisPair, Dot, axis_pair, dots
from ._page import MARGIN, LegendEntry, Page
from ._trajectories import Trajectory, trajectories

COMPASS_SHARE, SLIDE_SHARE = 0.55, 0.4
"""Share of the page's width for the compass if panels are next to it, and on a slide."""
BESIDE = 40
"""Page width in ems from which panels are next to the compass."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    **style: Unpack[_style.StyleOptions],
) -> Figure:
    """Draw the checkpoints of each training run; for a set with one axis, without a compass.

    Args:
        tables: Results of a run; `step` of its models orders the checkpoints.
        x: Name of the compass's horizontal axis.
        y: Name of the compass's vertical axis.
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: no two models are checkpoints of one training run, or none of them has a
            position; unknown axes or style.
    """
    page = Page(_style.figure_style(**style))
    shown = trajectories(tables)
    with _style.rc_context():
        page.title(_title(shown))
        respondents: list[_backdrop.ReferenceRespondent] = []
        key, missing = list[LegendEntry](), 0
        compass = bool(len(tables.axes) > 1 or x or y)
        if compass:
            axes = axis_pair(tables, x, y)
            respondents = _backdrop.respondents(tables, [axis.name for axis in axes])
            key, missing = _draw_compass(page, tables, axes, shown, respondents)
        _by_step.draw(page, tables, shown)
        if page.foot:
            page.start_column(MARGIN, max(page.foot, page.y))
        if len(shown) > 1:
            marks = [(_style.shorten(path.name), path.mark.style(solid=True)) for path in shown]
            page.legend([LegendEntry(name, style) for name, style in marks])
        page.legend([*_legend(shown, compass=compass), *_backdrop.legend(respondents)])
        page.key(key)
        absent, open_ = (of(tables) for of in (reasons.unplaced_models, unclaimed.hollow_models))
        page.note(_names.grouped_notes(_by_training(shown, absent), _by_training(shown, open_)))
        page.caption([tables.caption, tables.intervals, *_remarks(missing)])
        return page.finish()


def _title(shown: Sequence[Trajectory]) -> str:
    number = sum(not point.is_parent for path in shown for point in path.points)
    if len(shown) == 1:
        name = _style.shorten(shown[0].name)
        return say("{n} checkpoints of {training}", n=number, training=name)
    return say("{n} checkpoints of {trainings} trainings", n=number, trainings=len(shown))


# --- the compass -------------------------------------------------------------------------------


def _draw_compass(
    page: Page,
    tables: Tables,
    axes: AxisPair,
    shown: Sequence[Trajectory],
    respondents: Sequence[_backdrop.ReferenceRespondent],
) -> tuple[list[LegendEntry], int]:
    """Draw paths and their tubes; the page continues in a column beside the panel, or below it.

    Returns the key of labels written as numbers, and the number of labels without room.
    """
    look, top = page.look, page.y
    has_column = look.points > BESIDE * look.size
    share = SLIDE_SHARE if look.beside else COMPASS_SHARE
    most = share * look.points if has_column else math.inf
    panel, corners = _two_axes.draw_panel(page, tables, axes, respondents, most=most)
    foot = page.y if not look.beside else page.foot
    all_dots = {dot.model: dot for dot in dots(tables, axes)[0]}
    labels: list[_labels.Label] = []
    names: list[str] = []
    styles: list[dict[str, object]] = []
    bare: list[tuple[float, float]] = []
    for path in shown:
        steps = {p.row.model: p.step for p in path.points if p.row.model in all_dots}
        path_dots = [all_dots[model] for model in steps]
        _draw_path(panel, path, path_dots, 0.5 * look.size)
        for dot in path_dots:
            if dot in {path_dots[0], path_dots[-1]}:
                labels.append(_label(path, dot, steps[dot.model]))
                names.append(f"{_style.shorten(path.name)}, {labels[-1].name}")
                styles.append(path.mark.style(solid=dot.solid))
            else:
                bare.append((dot.x, dot.y))
        bare += _points_on_line(path_dots)
    written = _labels.place(panel, labels, look.small, 0.6 * look.size, corners, bare=bare)
    page.y += 0 if has_column else look.size
    if has_column:
        right = panel.get_position().x1 * look.points
        page.start_column(right + 1.5 * look.size, top)
        page.foot = max(page.foot, foot)
    key = _names.label_key(names, styles, written.numbered)
    return key, sum(text is None for text in written.texts)


def _points_on_line(path: Sequence[Dot]) -> list[tuple[float, float]]:
    """Points along the line, which labels must not cover."""
    return [
        (a.x + share * (b.x - a.x), a.y + share * (b.y - a.y))
        for a, b in pairwise(path)
        for share in (0.2, 0.4, 0.6, 0.8)
    ]


def _draw_path(panel: Axes, path: Trajectory, dots: Sequence[Dot], diameter: float) -> None:
    """Draw the tube, the line from dot to dot, and the dots; the last one is larger."""
    outlines = [outline for dot in dots if (outline := _hulls.dot_outline(dot)) is not None]
    if outlines:
        shape = PathPatch(_hulls.tube(outlines), fc=path.mark.colour, lw=0, alpha=0.13, zorder=2)
        shape.set_label(f"tube:{path.name}")
        panel.add_artist(shape)
    (line,) = panel.plot([dot.x for dot in dots], [dot.y for dot in dots], zorder=3)
    line.set(color=path.mark.colour, lw=1.1, label=f"path:{path.name}")
    for dot in dots:
        last = dot is dots[-1]
        (point,) = panel.plot(dot.x, dot.y, ms=(1.4 if last else 0.9) * diameter, ls="none")
        style = path.mark.style(solid=dot.solid)
        point.set(label=f"dot:{dot.model}", zorder=5, clip_on=False, **style)


def _label(path: Trajectory, dot: Dot, step: float) -> _labels.Label:
    colour = path.mark.text_colour if dot.solid else _style.GREY
    return _labels.Label(dot.x, dot.y, _step(step), colour, path.mark.text_colour)


# --- texts -------------------------------------------------------------------------------------


def _step(step: float) -> str:
    return say("step {n}", n=_by_step.format_step(step))


def _by_training(shown: Sequence[Trajectory], why: Mapping[str, str]) -> list[_names.Reasoned]:
    """Reasons with the steps that they apply to, from model -> reason; steps follow the name of
    their training run where there are several."""
    steps: dict[tuple[str, str], list[str]] = {}
    for path in shown:
        name = f"{_style.shorten(path.name)}: " if len(shown) > 1 else ""
        for point in path.points:
            if reason := why.get(point.row.model):
                steps.setdefault((name, reason), []).append(_step(point.step))
    return [(reason, [f"{name}{', '.join(of)}"]) for (name, reason), of in steps.items()]


def _legend(shown: Sequence[Trajectory], *, compass: bool) -> list[LegendEntry]:
    band = {"marker": "s", "mfc": _style.LIGHT, "mec": "none", "alpha": 0.6}
    words = say("bands: 95\N{NO-BREAK SPACE}% intervals")
    if compass:
        words = say("bands: 95\N{NO-BREAK SPACE}% intervals; tube: they and the joint regions")
    claims = [
        (interval.solid, path.mark)
        for path in shown
        for point in path.points
        for interval in point.row.intervals.values()
        if interval.drawn
    ]
    return [LegendEntry(words, band), *_marks.state_legend(claims)]


def _remarks(missing: int) -> list[str]:
    meaning = say(
        "Tube and bands are about single checkpoints; whether two differ: `probes compare`"
    )
    return [meaning, *_names.unlabelled(missing)]
