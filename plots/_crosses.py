"""Dots with an interval on either axis, where two measurements are held against each other."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from matplotlib.axes import Axes

from probes.phrases import say
from probes.types import reasons
from probes.types.retold import told

from . import _names, _style
from ._page import LegendEntry, Page

STEPS = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Ends of a scale of shifts, in points."""


@dataclass(frozen=True, slots=True)
class CrossedDot(_names.DotName):
    """A model, measured twice."""

    across: tuple[float, float]
    upwards: tuple[float, float]
    """Ends of both intervals."""


def draw_dots(
    page: Page, panel: Axes, dots: Sequence[CrossedDot], numbered: Mapping[str, int]
) -> int:
    """Dots, both intervals and names; returns how many names found no room."""
    diameter = 0.62 * page.look.size
    for of in dots:
        for label, xs, ys in (
            ("across", of.across, (of.y, of.y)),
            ("upwards", (of.x, of.x), of.upwards),
        ):
            (line,) = panel.plot(xs, ys, zorder=2, label=f"{label}:{of.model}")
            line.set(color=of.mark.line_colour, lw=0.7, alpha=0.55)
            line.set(ls="-" if of.solid else (0, (3, 2)))
        (dot,) = panel.plot(of.x, of.y, ls="none", ms=diameter, zorder=5, clip_on=False)
        dot.set(label=f"dot:{of.model}", **of.mark.style(solid=of.solid))
    return _names.write_labels(panel, dots, numbered, page.look.small, diameter)


def without_claim(
    rows: Iterable[Mapping[str, object]], numbers: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Model -> why it has no dot in these rows, for want of one of these numbers; and model -> why
    a dot of it makes no claim. The first sentence of the table."""
    absent, hollow = dict[str, str](), dict[str, str]()
    for row in rows:
        said = reasons.sentences(row.get("reason"))
        if said and not reasons.placed(row["placed"]):
            is_dot = all(math.isfinite(float(cast("float", row[name]))) for name in numbers)
            (hollow if is_dot else absent)[str(row["model"])] = told(said[0])
    return {model: why for model, why in absent.items() if model not in hollow}, hollow


def reach(dots: Iterable[CrossedDot], steps: Sequence[float] = STEPS) -> float:
    """The end of the scale that holds all intervals upwards."""
    return scale_end([number for dot in dots for number in (*dot.upwards, dot.y)], steps)


def scale_end(numbers: Iterable[float], steps: Sequence[float] = STEPS) -> float:
    """The least of these steps that holds all numbers that are known, in size."""
    most = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    return next((step for step in steps if most <= step), most)


def legend() -> Iterator[LegendEntry]:
    """The entry for the crosses."""
    cross = {"marker": "+", "color": _style.GREY, "mew": 0.7}
    yield LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), cross)
