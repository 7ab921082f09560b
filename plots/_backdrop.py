"""Reference respondents without opinions (random and constant answers), drawn in grey."""

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
"""Markers of respondents with constant answers."""

BAND = "#f7f7f7"
"""Colour of the band of random respondents."""
DOTTED = (0, (1, 2))

LEGEND_TEXT = {
    "coin": phrase("where coin tosses land (two standard deviations)"),
    "agree to everything": phrase("agree to everything"),
    "disagree to everything": phrase("disagree to everything"),
}
"""Kind -> its text in the legend; other kinds are written unchanged."""
SAME = phrase("the same answer to everything")
"""Legend text for constant respondents at the same position."""


RING = Path.make_compound_path(*(Path.arc(start, start + 30) for start in range(0, 360, 60)))
"""Legend marker of a dotted ellipse."""


@dataclass(frozen=True, slots=True)
class ReferenceRespondent:
    """A kind of reference point in `reference.csv`: its position on each axis."""

    kind: str
    at: Mapping[str, tuple[float, float]] = field(hash=False)
    """Axis -> (position, standard deviation); NaN for a constant respondent."""
    marker: str | None
    """Marker; None for random respondents, which are drawn as an ellipse."""

    @property
    def style(self) -> dict[str, object]:
        """`Line2D` keywords of its marker."""
        if self.marker is None:
            return {"marker": RING, "mfc": "none", "mec": _style.LIGHT, "mew": 0.9}
        return {"marker": self.marker, "color": _style.GREY, "mew": 0.8}


def reference_positions(tables: Tables) -> dict[str, dict[str, tuple[float, float]]]:
    """Kind -> axis -> (position, standard deviation), where there is a position."""
    positions: dict[str, dict[str, tuple[float, float]]] = {}
    table = tables.reference
    cells = (table[name] for name in ("kind", "axis", "position", "sd"))
    for kind, axis, position, sd in zip(*cells, strict=True):
        by_axis = positions.setdefault(str(kind), {})
        if math.isfinite(position):
            by_axis[str(axis)] = float(position), float(sd)
    return positions


def respondents(tables: Tables, axes: Sequence[str]) -> list[ReferenceRespondent]:
    """Reference respondents with a position on all of `axes`, in table order.

    Excludes points comparable with the column `raw`, and respondents of the set (see `_anchors`).
    Constant respondents at the same position are merged.
    """
    shown: list[ReferenceRespondent] = []
    constant = 0
    for kind, by_axis in reference_positions(tables).items():
        if raw(kind) or respondent(kind):
            continue
        cloud = any(math.isfinite(sd) for _, sd in by_axis.values())
        marker = None if cloud else MARKERS[constant % len(MARKERS)]
        constant += not cloud
        if set(axes) <= by_axis.keys():
            shown.append(ReferenceRespondent(kind, by_axis, marker))
    return _merged(shown, axes)


def _merged(shown: list[ReferenceRespondent], axes: Sequence[str]) -> list[ReferenceRespondent]:
    """The list with constant respondents at the same position merged."""
    clouds = [cloud for cloud in shown if cloud.marker is None]
    places: dict[tuple[float, ...], ReferenceRespondent] = {}
    for constant in (constant for constant in shown if constant.marker is not None):
        position = tuple(round(constant.at[axis][0], 6) + 0.0 for axis in axes)
        earlier = places.get(position)
        places[position] = replace(earlier, kind=SAME) if earlier else constant
    return [*clouds, *places.values()]


def legend(respondents: Sequence[ReferenceRespondent]) -> list[LegendEntry]:
    """A legend entry for each."""
    return [LegendEntry(say(LEGEND_TEXT.get(r.kind, r.kind)), r.style) for r in respondents]
