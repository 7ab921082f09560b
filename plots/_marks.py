"""Marks: the colour and marker of a model in every figure, and their legend.

A family has a colour and a marker. Hollow: the position makes no claim; pale: the options had
little of the model's probability.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from probes.phrases import say
from probes.types import Tables, reasons

from . import _style
from ._page import LegendEntry

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
"""Eight markers and seven colours: 56 families before a combination repeats."""


@dataclass(frozen=True, slots=True)
class ModelMark:
    """Appearance of a model."""

    family: str
    colour: str
    marker: str
    pale: bool = False

    @property
    def line_colour(self) -> str:
        """Colour of its dot and lines."""
        return _style.paler(self.colour) if self.pale else self.colour

    @property
    def text_colour(self) -> str:
        """Colour of its name, dark enough to read."""
        return _style.darker(self.colour)

    def style(self, *, solid: bool) -> dict[str, object]:
        """`Line2D` keywords of a dot: filled with a white rim, or hollow."""
        if solid:
            return {"marker": self.marker, "mfc": self.line_colour, "mec": "white", "mew": 0.4}
        return {"marker": self.marker, "mfc": "white", "mec": self.line_colour, "mew": 0.9}


def marks(tables: Tables) -> dict[str, ModelMark]:
    """Model -> its mark, in order of the placements; of the table of models if none is placed."""
    names = zip(tables.models["model"], tables.models["family"], strict=True)
    # pandas reads an empty family as NaN
    family_of = {str(model): name if isinstance(name, str) else "" for model, name in names}
    pale = reasons.pale(tables)
    table = tables.models if tables.placements.empty else tables.placements
    models = list(dict.fromkeys(table["model"].astype(str)))
    families = sorted({family_of.get(model, "") for model in models} - {""})
    looks = {
        family: (_style.COLOURS[i % len(_style.COLOURS)], MARKERS[i % len(MARKERS)])
        for i, family in enumerate(families)
    }
    looks[""] = (_style.GREY if families else _style.COLOURS[0], "o")
    model_marks = {}
    for model in models:
        family = family_of.get(model, "")
        model_marks[model] = ModelMark(family, *looks[family], pale=pale.get(model, False))
    return model_marks


def family_legend(marks: Iterable[ModelMark], *, in_order: bool = False) -> list[LegendEntry]:
    """A legend entry for each family, if there are several; by name or in the order of the marks.

    Models without a family come last.
    """
    by_family = {mark.family: mark for mark in marks}
    if len(by_family) < 2:
        return []
    families = (
        list(by_family) if in_order else sorted(by_family, key=lambda name: (name == "", name))
    )
    return [
        LegendEntry(
            _style.shorten(family) or say("no family"),
            replace(by_family[family], pale=False).style(solid=True),
        )
        for family in families
    ]


def state_legend(dots: Iterable[tuple[bool, ModelMark]]) -> Iterator[LegendEntry]:
    """Legend entries for hollow and for pale dots, if there are any among (solid, mark)."""
    states = list(dots)
    if not all(filled for filled, _ in states):
        style = ModelMark("", _style.GREY, "o").style(solid=False)
        yield LegendEntry(say("hollow: no claim is made of it"), style)
    if any(mark.pale for _, mark in states):
        style = ModelMark("", _style.COLOURS[0], "o", pale=True).style(solid=True)
        yield LegendEntry(say("pale: little probability on the options"), style)
