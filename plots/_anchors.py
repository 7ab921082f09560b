"""Anchors: grey reference points in figures of models.

Respondents of the set itself, such as parties, and published placements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes.errors import UsageError
from probes.phrases import phrase, say
from probes.types import Published, Tables
from probes.types.reference import respondent

from . import _style
from ._backdrop import reference_positions
from ._page import LegendEntry

MARKERS = {
    phrase("respondents of the set"): "d",
    phrase("published by others"): "D",
    phrase("mean of a group of people"): "h",
}
"""Kind of anchor, as named in the legend -> its matplotlib marker."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A respondent of the set, or a published model, with its positions."""

    name: str
    kind: str
    """A key of `MARKERS`."""
    at: Mapping[str, tuple[float, ...]] = field(hash=False)
    """Axis -> positions: one, or several if published repeatedly."""

    @property
    def style(self) -> dict[str, object]:
        """`Line2D` keywords of its marker: respondents filled, published placements hollow."""
        looks = {"marker": MARKERS[self.kind], "mec": _style.GREY, "mew": 0.7}
        hollow = self.kind == "published by others"
        return {**looks, "mfc": "white" if hollow else _style.GREY}


def set_respondents(tables: Tables, axes: Sequence[str]) -> list[Anchor]:
    """Respondents of the set that have a position on all of `axes`.

    Raises:
        UsageError: none has a position on any axis.
    """
    positions = reference_positions(tables)
    if not any(respondent(kind) and by_axis for kind, by_axis in positions.items()):
        raise UsageError(
            "--anchors: this set has no respondents, such as parties, whose answers can be placed"
        )
    return [
        Anchor(
            respondent(kind),
            "respondents of the set",
            {a: (p,) for a, (p, _) in by_axis.items()},
        )
        for kind, by_axis in positions.items()
        if respondent(kind) and set(axes) <= by_axis.keys()
    ]


def published_positions(
    tables: Tables, axes: Sequence[str], published: Sequence[Published]
) -> tuple[list[Anchor], list[str]]:
    """Published placements on this run's instrument, and their sources.

    Raises:
        UsageError: there are none; positions on another instrument are not comparable.
    """
    sets = set(tables.placements["set"].astype(str)) if "set" in tables.placements else set()
    matching = [p for p in published if p.set in sets and set(axes) <= p.at.keys()]
    if published and not matching:
        instrument, placed = ", ".join(sorted(sets)), ", ".join(sorted({p.set for p in published}))
        raise UsageError(
            f"--published: nothing is published on {_axes_phrase(axes)} of {instrument}; there are"
            f" placements on {placed}"
        )
    anchors = [Anchor(p.model, "published by others", p.at) for p in matching]
    return anchors, list(dict.fromkeys(p.source for p in matching))


def _axes_phrase(axes: Sequence[str]) -> str:
    return f"the axis {axes[0]}" if len(axes) == 1 else f"the axes {' and '.join(axes)}"


def legend(anchors: Sequence[Anchor]) -> list[LegendEntry]:
    """A legend entry for each kind that is drawn."""
    styles = {anchor.kind: anchor.style for anchor in anchors}
    repeated = any(len(values) > 1 for anchor in anchors for values in anchor.at.values())
    notes = {"published by others": say(" (lines: the same model)")} if repeated else {}
    return [
        LegendEntry(say(kind) + notes.get(kind, ""), styles[kind])
        for kind in MARKERS
        if kind in styles
    ]
