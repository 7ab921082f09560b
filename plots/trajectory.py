"""The trajectory: models along their training, as a path on the compass and step by step.

Each path has a tube: the hulls of the 95 % ellipses of successive checkpoints. Beside it, position
by step on each axis, with intervals as bands. Draws finished numbers and computes none.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from probes.types import Tables

from . import _backdrop, _by_step, _hulls, _labels, _marks, _style, _two_axes
from ._dots import Dot, Pair, dots, pair
from ._page import EDGE, LegendEntry, Page
from ._trajectories import Trajectory, ways

SHARE = 0.55
"""Of the page's width, what the compass takes where panels stand beside it."""
BESIDE = 40
"""Ems of width from which on panels stand beside the compass."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw the checkpoints of each training; where the set has one axis, without a compass.

    Args:
        tables: What a run concluded; `step` of its models says where each stands.
        x: Name of the compass's axis that runs from left to right.
        y: Name of the compass's axis that runs upwards.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: no two models are checkpoints of one training, or none of them has a position;
            unknown axes or style.
    """
    sheet = Page(_style.look(style, width, font_size))
    found = ways(tables)
    with _style.ink():
        sheet.title(_title(found))
        behind: list[_backdrop.ReferenceRespondent] = []
        key, missing = list[LegendEntry](), 0
        if len(tables.axes) > 1 or x or y:
            axes = pair(tables, x, y)
            behind = _backdrop.respondents(tables, [axis.name for axis in axes])
            key, missing = _draw_compass(sheet, tables, axes, found)
        _by_step.draw(sheet, tables, found)
        if sheet.foot:
            sheet.column(EDGE, max(sheet.foot, sheet.y))
        several = found if len(found) > 1 else []
        sheet.legend(
            [LegendEntry(_style.shorten(way.name), way.mark.style(solid=True)) for way in several]
        )
        sheet.legend([*_meanings(found, compass=bool(behind)), *_backdrop.legend(behind)])
        sheet.key(key)
        sheet.caption([tables.caption, *_remarks(missing)])
        return sheet.cut()


def _title(found: Sequence[Trajectory]) -> str:
    stops = sum(len(way.stops) for way in found)
    if len(found) == 1:
        return f"{stops} checkpoints of {_style.shorten(found[0].name)}"
    return f"{stops} checkpoints of {len(found)} trainings"


# --- the compass -------------------------------------------------------------------------------


def _draw_compass(
    sheet: Page, tables: Tables, axes: Pair, found: Sequence[Trajectory]
) -> tuple[list[LegendEntry], int]:
    """Paths and their tubes; leaves the sheet in the column beside it, or below.

    Returns what numbers mean that stand for labels, and how many labels found no room.
    """
    look, top = sheet.look, sheet.y
    beside = look.points > BESIDE * look.size
    panel = _two_axes.panel(sheet, tables.scale, axes, SHARE * look.points if beside else math.inf)
    foot = sheet.y if not look.beside else sheet.foot
    corners = _two_axes.quadrants(sheet, panel, axes)
    _two_axes.backdrop(sheet, panel, _backdrop.respondents(tables, [a.name for a in axes]), axes)
    there = {dot.model: dot for dot in dots(tables, axes)[0]}
    labels: list[_labels.Label] = []
    entries: list[tuple[str, dict[str, object]]] = []
    bare: list[tuple[float, float]] = []
    for way in found:
        stops = [(stop, there[stop.row.model]) for stop in way.stops if stop.row.model in there]
        _draw_way(panel, way, [dot for _, dot in stops], 0.5 * look.size)
        for k, (stop, dot) in enumerate(stops):
            if k in {0, len(stops) - 1}:
                labels.append(_label(way, dot, stop.step))
                said = f"{_style.shorten(way.name)}, {labels[-1].name}"
                entries.append((said, way.mark.style(solid=dot.solid)))
            else:
                bare.append((dot.x, dot.y))
        bare += _between([dot for _, dot in stops])
    written = _labels.place(panel, labels, look.small, 0.6 * look.size, corners, bare=bare)
    if beside:
        right = panel.get_position().x1 * look.points
        sheet.column(right + 1.5 * look.size, top)
        sheet.foot = max(sheet.foot, foot)
    numbered = [(n, *entries[i]) for n, i in enumerate(written.numbered, start=1)]
    key = [LegendEntry(f"{number}  {said}", style) for number, said, style in numbered]
    return key, sum(text is None for text in written.texts)


def _between(stops: Sequence[Dot]) -> list[tuple[float, float]]:
    """Places along the line, which labels keep off."""
    return [
        (a.x + share * (b.x - a.x), a.y + share * (b.y - a.y))
        for a, b in pairwise(stops)
        for share in (0.2, 0.4, 0.6, 0.8)
    ]


def _draw_way(panel: Axes, way: Trajectory, stops: Sequence[Dot], diameter: float) -> None:
    """The tube, the line from stop to stop, and the stops; the last one is larger."""
    rings = [_hulls.ring(dot.x, dot.y, dot.spread) for dot in stops if dot.spread]
    if rings:
        shape = PathPatch(_hulls.tube(rings), fc=way.mark.colour, lw=0, alpha=0.13, zorder=2)
        shape.set_label(f"tube:{way.name}")
        panel.add_patch(shape)
    (line,) = panel.plot([dot.x for dot in stops], [dot.y for dot in stops], zorder=3)
    line.set(color=way.mark.colour, lw=1.1, label=f"way:{way.name}")
    for dot in stops:
        last = dot is stops[-1]
        (point,) = panel.plot(dot.x, dot.y, ms=(1.4 if last else 0.9) * diameter, ls="none")
        style = way.mark.style(solid=dot.solid)
        point.set(label=f"dot:{dot.model}", zorder=5, clip_on=False, **style)


def _label(way: Trajectory, dot: Dot, step: float) -> _labels.Label:
    colour = way.mark.text if dot.solid else _style.GREY
    return _labels.Label(dot.x, dot.y, f"step {_by_step.short(step)}", colour, way.mark.text)


# --- what is written ---------------------------------------------------------------------------


def _meanings(found: Sequence[Trajectory], *, compass: bool) -> list[LegendEntry]:
    band = {"marker": "s", "mfc": _style.LIGHT, "mec": "none", "alpha": 0.6}
    said = "tube and bands: 95\N{NO-BREAK SPACE}% ellipses and intervals"
    words = said if compass else "bands: 95\N{NO-BREAK SPACE}% intervals"
    claims = [
        (span.solid, way.mark) for way in found for s in way.stops for span in s.row.spans.values()
    ]
    return [LegendEntry(words, band), *_marks.states(claims)]


def _remarks(missing: int) -> list[str]:
    said = ["Tube and bands are about single checkpoints; whether two differ: `probes compare`"]
    return [*said, *([f"Not labelled, for want of room: {missing}"] if missing else [])]
