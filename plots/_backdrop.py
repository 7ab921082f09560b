"""Respondents without opinions, in grey behind the models: what chance and habit look like."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes.types import Tables
from probes.types.reference import raw, respondent

from . import _style
from ._page import LegendEntry

MARKERS = ("x", "+", "1", "2")
"""Of respondents who always answer the same."""

CLOUD = 0.07
"""How dense the grey of a random cloud is, of 1."""

WORDS = {"coin": "coin tosses (two standard deviations)"}
"""Kinds that a legend says in other words."""


@dataclass(frozen=True, slots=True)
class ReferenceRespondent:
    """Rows of `reference.csv`: where such a respondent lands on each axis."""

    kind: str
    at: Mapping[str, tuple[float, float]] = field(hash=False)
    """Axis -> position and, for a cloud, standard deviation (else NaN)."""
    marker: str | None
    """None for a cloud."""

    @property
    def style(self) -> dict[str, object]:
        """Keywords of `Line2D` for its mark."""
        if self.marker is None:
            return {"marker": "o", "color": "black", "alpha": 2 * CLOUD, "mew": 0}
        return {"marker": self.marker, "color": _style.GREY, "mew": 0.8}


def rows(tables: Tables) -> dict[str, dict[str, tuple[float, float]]]:
    """Kind -> axis -> position and standard deviation, where there is a position."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    table = tables.reference
    cells = (table[name] for name in ("kind", "axis", "position", "sd"))
    for kind, axis, position, sd in zip(*cells, strict=True):
        at = found.setdefault(str(kind), {})
        if math.isfinite(position):
            at[str(axis)] = float(position), float(sd)
    return found


def respondents(tables: Tables, axes: Sequence[str]) -> list[ReferenceRespondent]:
    """Those of the reference table that have a position on all of `axes`, in its order.

    Points beside the column `raw` are not drawn, respondents of the set are in `_anchors`.
    """
    found: list[ReferenceRespondent] = []
    constant = 0
    for kind, at in rows(tables).items():
        if raw(kind) or respondent(kind):
            continue
        cloud = any(math.isfinite(sd) for _, sd in at.values())
        marker = None if cloud else MARKERS[constant % len(MARKERS)]
        constant += not cloud
        if set(axes) <= at.keys():
            found.append(ReferenceRespondent(kind, at, marker))
    return found


def legend(shown: Sequence[ReferenceRespondent]) -> list[LegendEntry]:
    """What their marks mean."""
    return [LegendEntry(WORDS.get(one.kind, one.kind), one.style) for one in shown]
