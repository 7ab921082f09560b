"""Anchors: what is known beside the models, in grey, to read positions by.

Respondents of the set itself, such as parties, and placements that others have published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes.errors import UsageError
from probes.types import Published, Tables
from probes.types.reference import respondent

from . import _style
from ._backdrop import rows
from ._page import LegendEntry

MARKERS = {"respondents of the set": "d", "published by others": "D"}
"""What the legend says of each kind, and its marker."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where something known stands."""

    name: str
    kind: str
    """A key of `MARKERS`."""
    at: Mapping[str, tuple[float, ...]] = field(hash=False)
    """Axis -> positions: one, or as many as were published."""

    @property
    def style(self) -> dict[str, object]:
        """Keywords of `Line2D` for its mark: respondents filled, published ones hollow."""
        looks = {"marker": MARKERS[self.kind], "mec": _style.GREY, "mew": 0.7}
        hollow = self.kind == "published by others"
        return {**looks, "mfc": "white" if hollow else _style.GREY}


def known(tables: Tables, axes: Sequence[str]) -> list[Anchor]:
    """Respondents of the set that have a position on all of `axes`.

    Raises:
        UsageError: none has one on any axis.
    """
    everyone = rows(tables)
    if not any(respondent(kind) and at for kind, at in everyone.items()):
        raise UsageError(
            "--anchors: this set has no respondents, such as parties, whose answers can be placed"
        )
    return [
        Anchor(
            respondent(kind),
            "respondents of the set",
            {a: (p,) for a, (p, _) in at.items()},
        )
        for kind, at in everyone.items()
        if respondent(kind) and set(axes) <= at.keys()
    ]


def printed(
    tables: Tables, axes: Sequence[str], published: Sequence[Published]
) -> tuple[list[Anchor], list[str]]:
    """Published placements on the instrument of this run, and their sources.

    Raises:
        UsageError: there are none; on another instrument they would mean something else.
    """
    sets = set(tables.placements["set"].astype(str)) if "set" in tables.placements else set()
    fitting = [one for one in published if one.set in sets and set(axes) <= one.at.keys()]
    if published and not fitting:
        there = sorted({one.set for one in published})
        raise UsageError(
            f"--published: nothing is published on {_and(axes)} of {', '.join(sorted(sets))};"
            f" there are placements on {', '.join(there)}"
        )
    anchors = [Anchor(one.model, "published by others", one.at) for one in fitting]
    return anchors, list(dict.fromkeys(one.source for one in fitting))


def _and(axes: Sequence[str]) -> str:
    return f"the axis {axes[0]}" if len(axes) == 1 else f"the axes {' and '.join(axes)}"


def legend(shown: Sequence[Anchor]) -> list[LegendEntry]:
    """A line for each kind that is shown."""
    first = {one.kind: one for one in reversed(shown)}
    several = any(len(of) > 1 for one in shown for of in one.at.values())
    joined = {"published by others": " (lines: the same model)"} if several else {}
    return [
        LegendEntry(kind + joined.get(kind, ""), first[kind].style)
        for kind in MARKERS
        if kind in first
    ]
