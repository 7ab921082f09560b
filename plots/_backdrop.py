"""Random and constant respondents, in grey behind the models: positions without any opinion."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from matplotlib.path import Path

from probes.phrases import phrase, say
from probes.types import Tables
from probes.types.reference import raw, respondent

from . import _style
from ._page import LegendEntry

MARKERS = ("x", "+", "1", "2")
"""Of respondents who give the same answer to every statement."""

BAND = "#f7f7f7"
"""Colour of the band of random respondents."""
DOTTED = (0, (1, 2))

LEGEND_TEXT = {
    "coin": phrase("where coin tosses land (two standard deviations)"),
    "agree to everything": phrase("agree to everything"),
    "disagree to everything": phrase("disagree to everything"),
}
"""Kind -> its text in the legend; others are written as they are."""
SAME = phrase("the same answer to everything")
"""Of constant respondents that lie on one another."""


RING = Path.make_compound_path(*(Path.arc(start, start + 30) for start in range(0, 360, 60)))
"""The legend's mark of a dotted ellipse."""


@dataclass(frozen=True, slots=True)
class ReferenceRespondent:
    """The rows of `reference.csv` of one kind: its position on each axis."""

    kind: str
    at: Mapping[str, tuple[float, float]] = field(hash=False)
    """Axis -> position and, for random respondents, standard deviation (else NaN)."""
    marker: str | None
    """None for random respondents: they are drawn as an ellipse."""

    @property
    def style(self) -> dict[str, object]:
        """Keywords of `Line2D` for its mark."""
        if self.marker is None:
            return {"marker": RING, "mfc": "none", "mec": _style.LIGHT, "mew": 0.9}
        return {"marker": self.marker, "color": _style.GREY, "mew": 0.8}


def reference_positions(tables: Tables) -> dict[str, dict[str, tuple[float, float]]]:
    """Kind -> axis -> position and standard deviation, where there is a position."""
    positions: dict[str, dict[str, tuple[float, float]]] = {}
    table = tables.reference
    cells = (table[name] for name in ("kind", "axis", "position", "sd"))
    for kind, axis, position, sd in zip(*cells, strict=True):
        at = positions.setdefault(str(kind), {})
        if math.isfinite(position):
            at[str(axis)] = float(position), float(sd)
    return positions


def respondents(tables: Tables, axes: Sequence[str]) -> list[ReferenceRespondent]:
    """Those of the reference table that have a position on all of `axes`, in its order.

    Points beside the column `raw` are not drawn; respondents of the set are in `_anchors`. Constant
    ones that lie on one another are one.
    """
    shown: list[ReferenceRespondent] = []
    constant = 0
    for kind, at in reference_positions(tables).items():
        if raw(kind) or respondent(kind):
            continue
        cloud = any(math.isfinite(sd) for _, sd in at.values())
        marker = None if cloud else MARKERS[constant % len(MARKERS)]
        constant += not cloud
        if set(axes) <= at.keys():
            shown.append(ReferenceRespondent(kind, at, marker))
    return _merged(shown, axes)


def _merged(shown: list[ReferenceRespondent], axes: Sequence[str]) -> list[ReferenceRespondent]:
    """Constant respondents at one place as one."""
    clouds = [cloud for cloud in shown if cloud.marker is None]
    places: dict[tuple[float, ...], ReferenceRespondent] = {}
    for constant in (constant for constant in shown if constant.marker is not None):
        at = tuple(round(constant.at[axis][0], 6) + 0.0 for axis in axes)
        other = places.get(at)
        places[at] = replace(other, kind=SAME) if other else constant
    return [*clouds, *places.values()]


def legend(respondents: Sequence[ReferenceRespondent]) -> list[LegendEntry]:
    """An entry for each."""
    return [LegendEntry(say(LEGEND_TEXT.get(r.kind, r.kind)), r.style) for r in respondents]
