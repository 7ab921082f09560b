"""Dots with an interval in both directions, for scatter plots of two measurements."""

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
"""Possible ends of a scale of shifts, in points."""


@dataclass(frozen=True, slots=True)
class CrossedDot(_names.DotName):
    """Dot of a model with two measurements."""

    across: tuple[float, float]
    upwards: tuple[float, float]
    """`across`, `upwards`: low and high end of the horizontal and vertical interval."""


def draw_dots(
    page: Page, panel: Axes, dots: Sequence[CrossedDot], numbered: Mapping[str, int]
) -> int:
    """Draw dots, both intervals and names; returns the number of names without room."""
    diameter = 0.62 * page.look.size
    for model_dot in dots:
        for label, xs, ys in (
            ("across", model_dot.across, (model_dot.y, model_dot.y)),
            ("upwards", (model_dot.x, model_dot.x), model_dot.upwards),
        ):
            (line,) = panel.plot(xs, ys, zorder=2, label=f"{label}:{model_dot.model}")
            line.set(color=model_dot.mark.line_colour, lw=0.7, alpha=0.55)
            line.set(ls="-" if model_dot.solid else (0, (3, 2)))
        (dot,) = panel.plot(
            model_dot.x, model_dot.y, ls="none", ms=diameter, zorder=5, clip_on=False
        )
        dot.set(label=f"dot:{model_dot.model}", **model_dot.mark.style(solid=model_dot.solid))
    return _names.write_labels(panel, dots, numbered, page.look.small, diameter)


def without_claim(
    rows: Iterable[Mapping[str, object]], numbers: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Model -> why it has no dot in these rows (one of `numbers` is missing); and model -> why its
    dot makes no claim. Both are the first sentence of `reason`."""
    absent, hollow = dict[str, str](), dict[str, str]()
    for row in rows:
        sentences = reasons.sentences(row.get("reason"))
        if sentences and not reasons.placed(row["placed"]):
            is_dot = all(math.isfinite(float(cast("float", row[name]))) for name in numbers)
            (hollow if is_dot else absent)[str(row["model"])] = told(sentences[0])
    return {model: why for model, why in absent.items() if model not in hollow}, hollow


def reach(dots: Iterable[CrossedDot], steps: Sequence[float] = STEPS) -> float:
    """End of a scale that contains all vertical intervals."""
    return scale_end([number for dot in dots for number in (*dot.upwards, dot.y)], steps)


def scale_end(numbers: Iterable[float], steps: Sequence[float] = STEPS) -> float:
    """The smallest of `steps` that is at least the largest absolute value; NaN is ignored."""
    most = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    return next((step for step in steps if most <= step), most)


def legend() -> Iterator[LegendEntry]:
    """Legend entry for the crosses."""
    cross = {"marker": "+", "color": _style.GREY, "mew": 0.7}
    yield LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), cross)
