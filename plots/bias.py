"""The bias: each model's position on an axis against its tendency to say yes to anything.

Upwards: yes-bias. A dot's area is the probability that the options held at all. Positions have
the yes-bias taken out; where dots stand on a slant, something of it may be left in. Draws finished
numbers and computes none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.types import Axis, Tables, reasons

from . import _intervals, _marks, _names, _style
from ._page import EDGE, LegendEntry, Page, extent

NARROWEST = 24
"""Ems that a panel needs; where the page is too narrow for all, panels go on below."""
UPWARDS = Axis("yes-bias", "says no", "says yes")
DIAMETERS = (0.3, 1.15)
"""Of a dot with a mass of 0 and of 1, in ems; the area between them grows with the mass."""
EXAMPLES = (0.01, 0.1, 0.5, 1.0)
"""Masses that the legend shows."""


@dataclass(frozen=True, slots=True)
class _Dot(_names.DotName):
    """A model on one axis; `mass` is NaN where it is not known."""

    mass: float = math.nan


def draw(
    tables: Tables,
    *,
    style: _style.Style = "paper",
    width: float | None = None,
    font_size: float | None = None,
) -> Figure:
    """Draw position against yes-bias, a panel an axis.

    Args:
        tables: What a run concluded.
        style: ``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points).
        width: Of the figure, in inches, instead of the style's.
        font_size: Of ordinary text, in points, instead of the style's.

    Raises:
        UsageError: for an unknown style or size, or no model with both numbers.
    """
    sheet = Page(_style.look(style, width, font_size))
    shown = {axis.name: _dots(tables, axis.name) for axis in tables.axes}
    axes = [axis for axis in tables.axes if shown[axis.name]]
    every = [dot for dots in shown.values() for dot in dots]
    if not axes:
        raise UsageError(
            "no model has both a position and a yes-bias, so there is nothing to draw; a yes-bias"
            " is known where statements have mirrors or are keyed both ways (placements.csv)"
        )
    with _style.ink():
        models = len({dot.model for dot in every})
        sheet.title(f"Positions of {models} model{'s' if models != 1 else ''} against yes-bias")
        missing, marks = 0, {dot.model: dot.mark for dot in every}
        numbered = _names.numbers(marks)
        for some in _intervals.shelves(axes, sheet.width, NARROWEST * sheet.look.size):
            panels = {axis: shown[axis.name] for axis in some}
            missing += _draw_row(sheet, tables.scale, panels, numbered)
        sheet.legend(_marks.families(dot.mark for dot in every))
        hollow = _marks.states((dot.solid, dot.mark) for dot in every)
        sheet.legend([*_sizes(sheet, every), *hollow])
        solid = {dot.model: dot.solid for dot in every}
        sheet.key(_names.key(marks, solid, numbered))
        sheet.caption([tables.caption, *_remarks(tables, every, missing)])
        return sheet.cut()


def _dots(tables: Tables, axis: str) -> list[_Dot]:
    """Models with a position and a yes-bias on an axis."""
    table, looks = tables.placements, _marks.marks(tables)
    names = ("model", "axis", "position", "yes_bias", "mass")
    numbers = (table[name] for name in names)
    claims = reasons.claims(tables)
    return [
        _Dot(
            str(model), float(x), float(y), claims[str(model), axis], looks[str(model)], float(mass)
        )
        for model, on, x, y, mass in zip(*numbers, strict=True)
        if on == axis and math.isfinite(x) and math.isfinite(y)
    ]


# --- the panels --------------------------------------------------------------------------------


def _draw_row(
    sheet: Page, scale: float, shown: Mapping[Axis, Sequence[_Dot]], numbered: Mapping[str, int]
) -> int:
    """Panels side by side; how many labels found no room."""
    look = sheet.look
    ticks = (-1.0, -0.5, 0.0, 0.5, 1.0)
    left = EDGE + 1.5 * look.size + extent("\N{MINUS SIGN}0.5", look.small) + 3
    gap = 2.6 * look.size
    wide = (look.points - EDGE - left - gap * (len(shown) - 1)) / len(shown)
    tall = min(wide, 0.42 * look.points)
    top = sheet.y
    missing = 0
    for k, (axis, dots) in enumerate(shown.items()):
        start = left + k * (wide + gap)
        panel = sheet.panel(start, wide, tall, f"axis:{axis.name}")
        _intervals.rule(panel, scale, (1.0, -1.0))
        panel.set_yticks(ticks, [_style.figures(t, "g") for t in ticks] if k == 0 else [""] * 5)
        for tick in ticks:
            colour = "#c9c6c0" if tick == 0 else _style.HAIR
            panel.axhline(tick, color=colour, lw=0.6, zorder=0.6)
        missing += _draw_dots(sheet, panel, dots, numbered)
        foot = top + tall + 3 + 1.3 * look.small + 1.2 * look.size
        sheet.poles(axis, (start, foot), wide)
    sheet.poles(UPWARDS, (EDGE + look.size, top + tall), tall, turn=90)
    sheet.y = top + tall + 3 + 1.3 * look.small + 2.2 * look.size
    return missing


def _draw_dots(sheet: Page, panel: Axes, dots: Sequence[_Dot], numbered: Mapping[str, int]) -> int:
    """Marks by size, then names; how many names found no room."""
    look = sheet.look
    for dot in sorted(dots, key=lambda dot: -_diameter(dot.mass)):
        (mark,) = panel.plot(dot.x, dot.y, ls="none", zorder=5, clip_on=False)
        style = dot.mark.style(solid=dot.solid)
        mark.set(label=f"dot:{dot.model}", ms=look.size * _diameter(dot.mass), **style)
    largest = look.size * max(_diameter(dot.mass) for dot in dots)
    return _names.write(panel, dots, numbered, look.small, largest)


def _diameter(mass: float) -> float:
    """Of a dot, in ems: its area runs evenly from that at no mass to that at all of it."""
    low, high = DIAMETERS
    share = mass if math.isfinite(mass) else 0.0
    return math.sqrt(low**2 + share * (high**2 - low**2))


# --- what is written ---------------------------------------------------------------------------


def _sizes(sheet: Page, every: Sequence[_Dot]) -> Iterator[LegendEntry]:
    """Dots of some masses, up to the largest that there is."""
    largest = max((dot.mass for dot in every if math.isfinite(dot.mass)), default=math.nan)
    if not math.isfinite(largest):
        return
    enough = next((i for i, mass in enumerate(EXAMPLES) if mass >= largest), len(EXAMPLES) - 1)
    for mass in EXAMPLES[: enough + 1]:
        style = _marks.ModelMark("", _style.GREY, "o").style(solid=True)
        text = f"mass {mass:g}" if mass == EXAMPLES[0] else f"{mass:g}"
        yield LegendEntry(text, {**style, "ms": sheet.look.size * _diameter(mass)})


def _remarks(tables: Tables, every: Sequence[_Dot], missing: int) -> list[str]:
    said = ["Mass: the probability that the options held at all"]
    if any(not math.isfinite(dot.mass) for dot in every):
        count = len({dot.model for dot in every if not math.isfinite(dot.mass)})
        said.append(f"Without a mass, and drawn smallest: {count}")
    absent = tables.placements["model"].nunique() - len({dot.model for dot in every})
    if absent:
        said.append(f"Not drawn, for want of a position or a yes-bias: {absent}")
    if missing:
        said.append(f"Not labelled, for want of room: {missing}")
    return said
