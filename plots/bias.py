"""The bias: scatter plot of position on an axis against yes-bias, one panel per axis.

The area of a dot is linear in the model's probability on the options (mass). Positions are
corrected for yes-bias; a correlation here may mean that some of it remains. A line through a dot
extends from the minimum to the maximum yes-bias of single wordings. Draws finished numbers and
computes none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import phrase, plural, say
from probes.types import Axis, Tables, reasons

from . import _intervals, _marks, _names, _scale, _style
from ._page import MARGIN, LegendEntry, Page

MIN_PANEL, SLIDE_PANEL = 24, 18
"""Minimum width of a panel in ems, and on a slide; on a narrow page, panels continue below."""
UPWARDS = (phrase("yes-bias"), phrase("says no"), phrase("says yes"))
DIAMETERS = (0.3, 1.15)
"""Diameters of dots with a mass of 0 and of 1, in ems; the area is linear in the mass."""
EXAMPLES = (0.01, 0.1, 0.5, 1.0)
"""Masses shown in the legend."""


@dataclass(frozen=True, slots=True)
class _Dot(_names.DotName):
    """A model on one axis; `mass` is NaN if unknown."""

    mass: float = math.nan
    ends: tuple[float, float] = (math.nan, math.nan)
    """Minimum and maximum yes-bias of single wordings."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw position against yes-bias, one panel per axis.

    Raises:
        UsageError: for an unknown style or size, or no model with both numbers.
    """
    page = Page(_style.figure_style(**style))
    shown = {axis.name: _dots(tables, axis.name) for axis in tables.axes}
    axes = [axis for axis in tables.axes if shown[axis.name]]
    every = [dot for dots in shown.values() for dot in dots]
    if not axes:
        raise UsageError(
            "no model has both a position and a yes-bias, so there is nothing to draw; a yes-bias"
            " is known where statements have mirrors or are keyed both ways (placements.csv)"
        )
    with _style.rc_context():
        models = len({dot.model for dot in every})
        page.title(
            plural(
                models,
                "Positions of {n} model against yes-bias",
                "Positions of {n} models against yes-bias",
            )
        )
        missing, marks = 0, {dot.model: dot.mark for dot in every}
        numbered = _names.number_models(marks)
        least = (SLIDE_PANEL if page.look.beside else MIN_PANEL) * page.look.size
        rows = list(_intervals.panel_rows(axes, page.width, least))
        for row in rows:
            panels = {axis: shown[axis.name] for axis in row}
            missing += _draw_row(page, tables.scale, panels, numbered, (len(rows), len(rows[0])))
        page.legend(_marks.family_legend(dot.mark for dot in every))
        hollow = _marks.state_legend((dot.solid, dot.mark) for dot in every)
        page.legend([*_size_legend(page, every), *hollow])
        solid = {dot.model: dot.solid for dot in every}
        page.key(_names.number_key(marks, solid, numbered))
        page.note(_names.unclaimed(tables))
        page.caption([tables.caption, *_remarks(tables, every, missing)])
        return page.finish()


def _dots(tables: Tables, axis: str) -> list[_Dot]:
    """Models with a position and a yes-bias on an axis."""
    table, looks = tables.placements, _marks.marks(tables)
    names = ("model", "axis", "position", "yes_bias", "mass", "yes_bias_min", "yes_bias_max")
    numbers = (table[n] if n in names[:2] else table[n].astype(float) for n in names)
    claims = reasons.claims(tables)
    return [
        _Dot(str(model), x, y, claims[str(model), axis], looks[str(model)], mass, (least, most))
        for model, on, x, y, mass, least, most in zip(*numbers, strict=True)
        if on == axis and math.isfinite(x) and math.isfinite(y)
    ]


# --- the panels --------------------------------------------------------------------------------


def _draw_row(
    page: Page,
    scale: float,
    shown: Mapping[Axis, Sequence[_Dot]],
    numbered: Mapping[str, int],
    grid: tuple[int, int],
) -> int:
    """Draw panels side by side, sized for a `grid`; returns the number of labels without room."""
    look, (rows, columns) = page.look, grid
    left = _scale.left_edge(page, 1.0, MARGIN)
    gap = 2.6 * look.size
    wide = (look.points - MARGIN - left - gap * (columns - 1)) / columns
    tall = look.panel_height(min(wide, 0.42 * look.points), rows, 5)
    top = page.y
    missing = 0
    for k, (axis, dots) in enumerate(shown.items()):
        start = left + k * (wide + gap)
        panel = page.add_panel(start, wide, tall, f"axis:{axis.name}")
        _intervals.draw_gridlines(panel, scale, (1.0, -1.0))
        _scale.draw_scale(panel, 1.0)
        if k > 0:
            panel.set_yticklabels([])
        missing += _draw_dots(page, panel, dots, numbered)
        foot = top + tall + 3 + 1.3 * look.small + 1.2 * look.size
        page.write_poles(axis, (start, foot), wide)
    page.write_poles(Axis(*map(say, UPWARDS)), (MARGIN + look.size, top + tall), tall, turn=90)
    page.y = top + tall + 3 + 1.3 * look.small + 2.2 * look.size
    return missing


def _draw_dots(page: Page, panel: Axes, dots: Sequence[_Dot], numbered: Mapping[str, int]) -> int:
    """Draw dots, the largest first, then names; returns the number of names without room."""
    look = page.look
    for dot in sorted(dots, key=lambda dot: -_diameter(dot.mass)):
        colour = dot.mark.line_colour
        panel.plot([dot.x] * 2, dot.ends, c=colour, lw=0.6, zorder=3, label=f"range:{dot.model}")
        (mark,) = panel.plot(dot.x, dot.y, ls="none", zorder=5, clip_on=False)
        style = dot.mark.style(solid=dot.solid)
        mark.set(label=f"dot:{dot.model}", ms=look.size * _diameter(dot.mass), **style)
    largest = look.size * max(_diameter(dot.mass) for dot in dots)
    return _names.write_labels(panel, dots, numbered, look.small, largest)


def _diameter(mass: float) -> float:
    """Diameter of a dot in ems: its area is linear in the mass."""
    low, high = DIAMETERS
    share = mass if math.isfinite(mass) else 0.0
    return math.sqrt(low**2 + share * (high**2 - low**2))


# --- texts -------------------------------------------------------------------------------------


def _size_legend(page: Page, every: Sequence[_Dot]) -> Iterator[LegendEntry]:
    """Legend entries for the masses in `EXAMPLES`, up to the first above the largest drawn."""
    largest = max((dot.mass for dot in every if math.isfinite(dot.mass)), default=math.nan)
    if not math.isfinite(largest):
        return
    last = next((i for i, mass in enumerate(EXAMPLES) if mass >= largest), len(EXAMPLES) - 1)
    for mass in EXAMPLES[: last + 1]:
        style = _marks.ModelMark("", _style.GREY, "o").style(solid=True)
        text = say("mass {n}", n=f"{mass:g}") if mass == EXAMPLES[0] else f"{mass:g}"
        yield LegendEntry(text, {**style, "ms": page.look.size * _diameter(mass)})


def _remarks(tables: Tables, every: Sequence[_Dot], missing: int) -> list[str]:
    remarks = [
        say("Mass: the probability that the options held at all"),
        say("Lines: from the least to the greatest yes-bias in one wording"),
    ]
    if any(not math.isfinite(dot.mass) for dot in every):
        count = len({dot.model for dot in every if not math.isfinite(dot.mass)})
        remarks.append(say("Without a mass, and drawn smallest: {n}", n=count))
    absent = tables.placements["model"].nunique() - len({dot.model for dot in every})
    if absent:
        remarks.append(say("Not drawn, for want of a position or a yes-bias: {n}", n=absent))
    return [*remarks, *_names.unlabelled(missing)]
