"""The shift: arrows from models to those trained on from them, and how sure each arrow is.

An arrow is the paired difference, with its joint 95 % region at the head. Corpora by colour; what
is not seen to move is grey and hollow. A set with one axis gets a row a model instead
(`_dumbbells`). Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon
from matplotlib.path import Path

from probes.errors import UsageError
from probes.types import Tables
from probes.types.reasons import Kind

from . import _backdrop, _corpora, _dumbbells, _hulls, _labels, _style, _two_axes
from . import _differences as _moves
from ._differences import AxisDifference, ModelShift
from ._dots import Pair, Spread, pair
from ._marks import ModelMark
from ._page import LegendEntry, Page

LINES: Mapping[Kind, str | tuple[int, tuple[float, ...]]] = {
    "further": "-",
    "decided": (0, (1, 1.2)),
    "still": (0, (3, 1.5)),
}
WORDS: Mapping[Kind, str] = {
    "further": "moved",
    "decided": "only more or less decided",
    "still": "not moved, or cannot be told apart",
}
HEAD = Path(
    [(-1, 0), (0.2, 0), (0.2, 0.5), (1, 0), (0.2, -0.5), (0.2, 0)],
    [Path.MOVETO, *[Path.LINETO] * 5],
)
"""The legend's mark of an arrow."""
REGION = Path.unit_circle()
START: dict[str, object] = {"marker": "o", "mfc": _style.BLACK, "mec": "white", "mew": 0.5}
"""The dot of a model that others were trained on from."""


@dataclass(frozen=True, slots=True)
class _Arrow:
    """A move on two axes."""

    move: ModelShift
    x: AxisDifference
    y: AxisDifference
    kind: Kind
    mark: ModelMark
    region: Spread | None

    @property
    def colour(self) -> str:
        return _style.LIGHT if self.kind == "still" else self.mark.colour

    def along(self, share: float) -> tuple[float, float]:
        """A place on it, from 0 at its start to 1 at its end."""
        return self.x.start + share * self.x.change, self.y.start + share * self.y.change


def draw(
    tables: Tables,
    *,
    x: str | None = None,
    y: str | None = None,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw each model's move from its parent, on two axes of the set, by default its first two.

    Args:
        tables: What a run concluded; `differences` holds the moves.
        x: Name of the axis that runs from left to right.
        y: Name of the axis that runs upwards.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 by 5.6 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: no models were compared, or none has a difference; unknown axes or style.
    """
    moves, marks = _moves.moves(tables), _corpora.looks(tables)
    sheet = Page(_style.look(style, width, font_size))
    with _style.ink():
        if len(tables.axes) == 1 and x is None and y is None:
            return _dumbbells.draw(sheet, tables, moves, marks)
        return _draw_arrows(sheet, tables, pair(tables, x, y), (moves, marks))


def _draw_arrows(
    sheet: Page,
    tables: Tables,
    axes: Pair,
    found: tuple[Sequence[ModelShift], Mapping[str, ModelMark]],
) -> Figure:
    arrows = _arrows(tables, axes, *found)
    names = [axis.name for axis in axes]
    behind = _backdrop.respondents(tables, names)
    said = _moves.title([arrow.move for arrow in arrows], tables)
    sheet.title(f"{said} on the {names[0]} and {names[1]} axes")
    panel = _two_axes.panel(sheet, tables.scale, axes)
    corners = _two_axes.quadrants(sheet, panel, axes)
    _two_axes.backdrop(sheet, panel, behind, axes)
    diameter = 0.62 * sheet.look.size
    for arrow in arrows:
        _draw_region(panel, arrow)
        _draw_arrow(panel, arrow, diameter)
    starts = _starts(arrows)
    for name, (at_x, at_y) in starts.items():
        (dot,) = panel.plot(at_x, at_y, ms=1.15 * diameter, ls="none", zorder=5.5, clip_on=False)
        dot.set(label=f"start:{name}", **START)
    labels = _texts(arrows, starts)
    bare = [arrow.along(share) for arrow in arrows for share in np.linspace(0.1, 0.9, 9)]
    written = _labels.place(panel, labels, sheet.look.small, diameter, corners, bare=bare)
    sheet.legend(_corpora.legend(arrow.mark for arrow in arrows))
    sheet.legend([*_meanings(arrows), *_backdrop.legend(behind)])
    sheet.key(_key(arrows, labels, written))
    missing = sum(text is None for text in written.texts)
    sheet.caption([tables.caption, *_remarks(found[0], arrows, missing)])
    return sheet.cut()


def _arrows(
    tables: Tables, axes: Pair, moves: Sequence[ModelShift], marks: Mapping[str, ModelMark]
) -> list[_Arrow]:
    """Those with a difference on both axes, the still ones first: they lie below.

    Raises:
        UsageError: there is none.
    """
    names = [axis.name for axis in axes]
    regions, plain = _moves.regions(tables, axes), ModelMark("", _style.GREY, "o")
    found = [
        _Arrow(
            move,
            move.steps[names[0]],
            move.steps[names[1]],
            move.kind(names),
            marks.get(move.model, plain),
            regions.get((move.model, move.against)),
        )
        for move in moves
        if all(name in move.steps for name in names)
    ]
    if not found:
        raise UsageError(
            f"no model has a difference from its parent on both axes ({', '.join(names)}), so there"
            " is nothing to draw; differences.csv says why"
        )
    return sorted(found, key=lambda arrow: arrow.kind != "still")


def _starts(arrows: Sequence[_Arrow]) -> dict[str, tuple[float, float]]:
    """Where the arrows come from; those that are ends as well are labelled once, as an end."""
    return {arrow.move.against: arrow.along(0) for arrow in arrows}


# --- the panel ---------------------------------------------------------------------------------


def _draw_region(panel: Axes, arrow: _Arrow) -> None:
    """The joint region of the difference, around the head."""
    if arrow.region is None:
        return
    corners = _hulls.ring(*arrow.along(1), arrow.region)
    shape = Polygon(corners, fc=arrow.colour, ec="none", alpha=0.16, zorder=2)
    shape.set_label(f"region:{arrow.move.model}")
    edge = Polygon(corners, fc="none", ec=arrow.colour, lw=0.6, alpha=0.7, zorder=2.2)
    panel.add_patch(shape)
    panel.add_patch(edge)


def _draw_arrow(panel: Axes, arrow: _Arrow, diameter: float) -> None:
    """From dot to dot; the dot at its end is the model's."""
    still = arrow.kind == "still"
    start, end = arrow.along(0), arrow.along(1)
    (dot,) = panel.plot(*end, ms=0.8 * diameter, ls="none", zorder=5, clip_on=False)
    dot.set(label=f"end:{arrow.move.model}", **arrow.mark.style(solid=not still))
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
        label=f"{arrow.kind}:{arrow.move.model}", clip_on=False,
    )  # fmt: skip
    panel.add_patch(shaft)


def _texts(
    arrows: Sequence[_Arrow], starts: Mapping[str, tuple[float, float]]
) -> list[_labels.Label]:
    """A label for each end, then one for each start."""
    ends = {arrow.move.model: arrow for arrow in arrows}  # be it the end of several arrows
    names = _style.distinct([*ends, *starts], 30)
    labels = []
    for arrow in ends.values():
        colour = _style.GREY if arrow.kind == "still" else arrow.mark.text
        labels.append(_labels.Label(*arrow.along(1), names[arrow.move.model], colour, colour))
    for name, at in starts.items():
        if name not in ends:
            labels.append(_labels.Label(*at, names[name], _style.BLACK, _style.BLACK))
    return labels


# --- what is written ---------------------------------------------------------------------------


def _key(
    arrows: Sequence[_Arrow], labels: Sequence[_labels.Label], written: _labels.DrawnLabels
) -> list[LegendEntry]:
    """What the numbers mean that stand for names; starts come behind all ends."""
    ends = {arrow.move.model: arrow for arrow in arrows}
    looks = [arrow.mark.style(solid=arrow.kind != "still") for arrow in ends.values()]
    looks += [START] * (len(labels) - len(looks))
    numbered = enumerate(written.numbered, start=1)
    return [LegendEntry(f"{number}  {labels[i].name}", looks[i]) for number, i in numbered]


def _meanings(arrows: Sequence[_Arrow]) -> list[LegendEntry]:
    kinds = {arrow.kind for arrow in arrows}
    found = []
    for kind, words in WORDS.items():
        colour = _style.LIGHT if kind == "still" else _style.BLACK
        face = "none" if kind == "still" else colour
        style = {"marker": HEAD, "mfc": face, "mec": colour, "mew": 0.9}
        found += [LegendEntry(words, style)] if kind in kinds else []
    if any(arrow.region for arrow in arrows):
        style = {"marker": REGION, "mfc": _style.HAIR, "mec": _style.GREY, "mew": 0.6}
        found.append(LegendEntry("95\N{NO-BREAK SPACE}% region of the difference", style))
    return found


def _remarks(moves: Sequence[ModelShift], arrows: Sequence[_Arrow], missing: int) -> list[str]:
    how = "Arrows: paired by statement on what both answered; moved: on at least one of the axes,"
    said = [f"{how} beyond chance among all comparisons (Holm)"]
    if absent := len(moves) - len(arrows):
        said.append(f"Not drawn, for want of a difference on both axes: {absent}")
    return [*said, *([f"Not labelled, for want of room: {missing}"] if missing else [])]
