"""The shift: arrows from each model to the models further trained from it, with 95 % regions.

An arrow is a paired difference, with its joint 95 % region around the head. Colours are corpora;
without a detected difference an arrow is grey and its dot hollow. A set with one axis gets a
dumbbell plot instead (`_dumbbells`). Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon
from matplotlib.path import Path

from probes.errors import UsageError
from probes.phrases import phrase, say
from probes.types import Tables, reasons
from probes.types.reasons import Kind

from . import (
    _backdrop,
    _corpora,
    _differences,
    _dumbbells,
    _hulls,
    _labels,
    _names,
    _style,
    _two_axes,
)
from ._arrows import ShiftArrow
from ._differences import ModelShift
from ._dots import AxisPair, axis_pair
from ._marks import ModelMark
from ._page import LegendEntry, Page

LINES: Mapping[Kind, str | tuple[int, tuple[float, ...]]] = {
    "further": "-",
    "decided": (0, (1, 1.2)),
    "still": (0, (3, 1.5)),
}
WORDS: Mapping[Kind, str] = {
    "further": phrase("moved"),
    "decided": phrase("only more or less decided"),
    "still": phrase("not moved, or cannot be told apart"),
}
HEAD = Path(
    [(-1, 0), (0.2, 0), (0.2, 0.5), (1, 0), (0.2, -0.5), (0.2, 0)],
    [Path.MOVETO, *[Path.LINETO] * 5],
)
"""Legend marker of an arrow."""
REGION = Path.unit_circle()
START: dict[str, object] = {"marker": "o", "mfc": _style.BLACK, "mec": "white", "mew": 0.5}
"""Style of the dot of a model at which arrows start."""


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    **style: Unpack[_style.StyleOptions],
) -> Figure:
    """Draw each model's shift from its parent, on two axes of the set, by default its first two.

    Args:
        tables: Results of a run; `differences` holds the shifts.
        x: Name of the horizontal axis.
        y: Name of the vertical axis.
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: no models were compared, or none has a difference; unknown axes or style.
    """
    shifts, marks = _differences.model_shifts(tables), _corpora.marks_by_corpus(tables)
    page = Page(_style.figure_style(**style))
    with _style.rc_context():
        if len(tables.axes) == 1 and x is None and y is None:
            return _dumbbells.draw(page, tables, shifts, marks)
        axes = axis_pair(tables, x, y)
        arrows = _arrows(tables, axes, shifts, marks)
        return _draw_arrows(page, tables, axes, arrows, not_drawn=len(shifts) - len(arrows))


def _draw_arrows(
    page: Page, tables: Tables, axes: AxisPair, arrows: Sequence[ShiftArrow], *, not_drawn: int
) -> Figure:
    names = [axis.name for axis in axes]
    respondents = _backdrop.respondents(tables, names)
    title = _differences.title([arrow.shift for arrow in arrows], tables)
    page.title(
        say("{models} on the {x} and {y} axes", models=title, x=say(names[0]), y=say(names[1]))
    )
    panel, corners = _two_axes.draw_panel(page, tables, axes, respondents)
    diameter = 0.62 * page.look.size
    for arrow in arrows:
        _draw_region(panel, arrow)
        _draw_arrow(panel, arrow, diameter)
    starts = {arrow.shift.against: arrow.along(0) for arrow in arrows}
    claims = reasons.claims(tables)
    for name, (start_x, start_y) in starts.items():
        (dot,) = panel.plot(start_x, start_y, ms=1.15 * diameter, ls="none")
        dot.set(label=f"start:{name}", zorder=5.5, clip_on=False, **START)
        if not all(claims.get((name, axis), True) for axis in names):
            dot.set(mfc="white", mec=_style.BLACK)
    labels, styles = _label_dots(arrows, starts)
    bare = [arrow.along(share) for arrow in arrows for share in np.linspace(0.1, 0.9, 9)]
    bare += [point for arrow in arrows for point in arrow.whisker_points()]
    bare += _two_axes.constant_points(respondents, axes)
    written = _labels.place(panel, labels, page.look.small, diameter, corners, bare=bare)
    page.legend(_corpora.legend(arrow.mark for arrow in arrows))
    page.legend([*_legend(arrows), *_backdrop.legend(respondents)])
    page.key(_names.label_key([label.name for label in labels], styles, written.numbered))
    missing = sum(text is None for text in written.texts)
    page.note(_names.unclaimed(tables, names))
    regions = any(arrow.region for arrow in arrows)
    page.caption([tables.caption, *_remarks(not_drawn, missing, regions=regions)])
    return page.finish()


def _arrows(
    tables: Tables, axes: AxisPair, shifts: Sequence[ModelShift], marks: Mapping[str, ModelMark]
) -> list[ShiftArrow]:
    """Shifts with a difference on both axes; those without a detected difference are drawn first.

    Raises:
        UsageError: there is none.
    """
    names = [axis.name for axis in axes]
    regions = _differences.difference_regions(tables, axes)
    plain, claims = ModelMark("", _style.GREY, "o"), reasons.claims(tables)
    arrows = [
        ShiftArrow(
            shift,
            shift.steps[names[0]],
            shift.steps[names[1]],
            kind,
            marks.get(shift.model, plain),
            regions.get((shift.model, shift.against)),
            kind != "still" and all(claims.get((shift.model, name), True) for name in names),
        )
        for shift in shifts
        if all(name in shift.steps for name in names)
        for kind in [shift.kind(names)]
    ]
    if not arrows:
        raise UsageError(
            f"no model has a difference from its parent on both axes ({', '.join(names)}), so there"
            " is nothing to draw; differences.csv says why"
        )
    return sorted(arrows, key=lambda arrow: arrow.kind != "still")


# --- the panel ---------------------------------------------------------------------------------


def _draw_region(panel: Axes, arrow: ShiftArrow) -> None:
    """Draw the interval of the difference on each axis, and their joint region, around the head."""
    x, y = arrow.along(1)
    for ends in ((arrow.x.reach, (y, y)), ((x, x), arrow.y.reach)):
        (line,) = panel.plot(*ends, color=arrow.colour, lw=0.9, zorder=3)
        line.set(label=f"whisker:{arrow.shift.model}", solid_capstyle="butt")
    if arrow.region is None:
        return
    corners = _hulls.ellipse_points(*arrow.along(1), arrow.region)
    shape = Polygon(corners, fc=arrow.colour, ec="none", alpha=0.16, zorder=2)
    shape.set_label(f"region:{arrow.shift.model}")
    edge = Polygon(corners, fc="none", ec=arrow.colour, lw=0.6, alpha=0.7, zorder=2.2)
    panel.add_artist(shape)
    panel.add_artist(edge)


def _draw_arrow(panel: Axes, arrow: ShiftArrow, diameter: float) -> None:
    """Draw an arrow from its start to the model's dot at its end."""
    still = arrow.kind == "still"
    start, end = arrow.along(0), arrow.along(1)
    (dot,) = panel.plot(*end, ms=0.8 * diameter, ls="none", zorder=5, clip_on=False)
    dot.set(label=f"end:{arrow.shift.model}", **arrow.mark.style(solid=arrow.solid))
    if still:
        dot.set(mec=_style.GREY)
    head = (
        "-|>,head_length=2.6,head_width=1.3" if not still else "->,head_length=2.4,head_width=1.2"
    )
    shaft = FancyArrowPatch(
        start, end, arrowstyle=head, shrinkA=0.5 * diameter, shrinkB=0.4 * diameter, zorder=4
    )
    shaft.set(
        color=arrow.colour, lw=0.8 if still else 1.2, ls=LINES[arrow.kind],
        label=f"{arrow.kind}:{arrow.shift.model}", clip_on=False,
    )  # fmt: skip
    panel.add_patch(shaft)


def _label_dots(
    arrows: Sequence[ShiftArrow], starts: Mapping[str, tuple[float, float]]
) -> tuple[list[_labels.Label], list[dict[str, object]]]:
    """Labels of all ends, then of those starts that are no end; and the styles of their dots."""
    ends = {arrow.shift.model: arrow for arrow in arrows}  # one label, also for several arrows
    names = _style.distinct_names([*ends, *starts], 30)
    labels, styles = [], []
    for arrow in ends.values():
        still = arrow.kind == "still"
        colour = _style.GREY if still else arrow.mark.text_colour
        labels.append(_labels.Label(*arrow.along(1), names[arrow.shift.model], colour, colour))
        styles.append(arrow.mark.style(solid=arrow.solid))
    for name, point in starts.items():
        if name not in ends:
            labels.append(_labels.Label(*point, names[name], _style.BLACK, _style.BLACK))
            styles.append(START)
    return labels, styles


# --- texts -------------------------------------------------------------------------------------


def _legend(arrows: Sequence[ShiftArrow]) -> list[LegendEntry]:
    """A legend entry for each kind of arrow that occurs, and for the regions."""
    kinds = {arrow.kind for arrow in arrows}
    entries = []
    for kind, words in WORDS.items():
        colour = _style.LIGHT if kind == "still" else _style.BLACK
        face = "none" if kind == "still" else colour
        style = {"marker": HEAD, "mfc": face, "mec": colour, "mew": 0.9}
        entries += [LegendEntry(say(words), style)] if kind in kinds else []
    if any(arrow.region for arrow in arrows):
        style = {"marker": REGION, "mfc": _style.HAIR, "mec": _style.GREY, "mew": 0.6}
        words = say(
            "cross: 95\N{NO-BREAK SPACE}% intervals of the difference; shaded: joint region"
        )
        entries.append(LegendEntry(words, style))
    return entries


def _remarks(not_drawn: int, missing: int, *, regions: bool) -> list[str]:
    remarks = [
        say(
            "Arrows: paired by statement on what both answered; moved: on at least one of the axes,"
            " beyond chance among all comparisons (Holm)"
        )
    ]
    remarks += [say(_differences.REGION)] if regions else []
    if not_drawn:
        remarks.append(say("Not drawn, for want of a difference on both axes: {n}", n=not_drawn))
    return [*remarks, *_names.unlabelled(missing)]
