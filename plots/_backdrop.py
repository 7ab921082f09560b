"""Respondents without opinions, in grey behind the models: what chance and habit look like."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes.types import Tables

from . import _ink
from ._sheet import Entry

MARKERS = ("x", "+", "1", "2")
"""Of respondents who always answer the same."""

ANCHORED = "d"
"""Of respondents of the set itself."""

CLOUD = 0.07
"""How dense the grey of a random cloud is, of 1."""

RAW = ", raw"
"""Ends the kinds that stand beside the column `raw`, not beside positions: not drawn."""

ANCHOR = "respondent: "
"""Begins the kinds that are respondents of the set itself, such as parties."""

WORDS = {"coin": "coin tosses (two standard deviations)"}
"""Kinds that a legend says in other words."""


@dataclass(frozen=True, slots=True)
class Respondent:
    """Rows of `reference.csv`: where such a respondent lands on each axis."""

    kind: str
    at: Mapping[str, tuple[float, float]] = field(hash=False)
    """Axis -> position and, for a cloud, standard deviation (else NaN)."""
    marker: str | None
    """None for a cloud."""

    @property
    def name(self) -> str:
        """Of a respondent of the set; empty for others."""
        return self.kind.removeprefix(ANCHOR) if self.kind.startswith(ANCHOR) else ""

    @property
    def style(self) -> dict[str, object]:
        """Keywords of `Line2D` for its mark."""
        if self.marker is None:
            return {"marker": "o", "color": "black", "alpha": 2 * CLOUD, "mew": 0}
        return {"marker": self.marker, "color": _ink.GREY, "mew": 0.8}


def respondents(tables: Tables, axes: Sequence[str]) -> list[Respondent]:
    """Those of the reference table that have a position on all of `axes`, in its order."""
    found: list[Respondent] = []
    constant = 0
    for kind, rows in tables.reference.groupby("kind", sort=False):
        if str(kind).endswith(RAW):
            continue
        at = {
            str(axis): (float(position), float(sd))
            for axis, position, sd in zip(rows["axis"], rows["position"], rows["sd"], strict=True)
            if math.isfinite(position)
        }
        marker = None if rows["sd"].notna().any() else MARKERS[constant % len(MARKERS)]
        if str(kind).startswith(ANCHOR):
            marker = ANCHORED
        constant += marker is not None and marker != ANCHORED
        if set(axes) <= at.keys():
            found.append(Respondent(str(kind), at, marker))
    return found


def legend(shown: Sequence[Respondent]) -> list[Entry]:
    """What their marks mean; respondents of the set share one."""
    entries = [Entry(WORDS.get(one.kind, one.kind), one.style) for one in shown if not one.name]
    named = [one.style for one in shown if one.name]
    return [*entries, *(Entry("respondents of the set", style) for style in named[:1])]
