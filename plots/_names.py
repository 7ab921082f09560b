"""Names beside dots, in figures of several panels: few models by name, many by one number each.

A number means the same model in all panels, and a key says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from . import _labels, _style
from ._marks import ModelMark
from ._page import LegendEntry

MOST = 16
"""Models up to which names are written."""


@dataclass(frozen=True, slots=True)
class DotName:
    """A dot that gets a name, or a number."""

    model: str
    x: float
    y: float
    solid: bool
    """A claim is made of its position."""
    mark: ModelMark


def numbers(models: Mapping[str, ModelMark]) -> dict[str, int]:
    """Model -> its number, by family and name; empty where there are few."""
    if len(models) <= MOST:
        return {}
    ordered = sorted(models, key=lambda model: (models[model].family, model))
    return {model: number for number, model in enumerate(ordered, start=1)}


def write(
    panel: Axes, dots: Sequence[DotName], numbered: Mapping[str, int], size: float, diameter: float
) -> int:
    """Write names or numbers beside dots; how many found no room."""
    labels = []
    names = _style.distinct(dot.model for dot in dots)
    for dot in dots:
        colour = _style.BLACK if dot.solid else _style.GREY
        text = names[dot.model]
        if numbered:
            colour, text = dot.mark.text, str(numbered[dot.model])
        labels.append(_labels.Label(dot.x, dot.y, text, colour, dot.mark.text))
    written = _labels.names(panel, labels, size, diameter)
    return sum(text is None for text in written)


def key(
    models: Mapping[str, ModelMark], solid: Mapping[str, bool], numbered: Mapping[str, int]
) -> list[LegendEntry]:
    """What the numbers mean."""
    names = _style.distinct(models)
    return [
        LegendEntry(f"{number}  {names[model]}", models[model].style(solid=solid[model]))
        for model, number in numbered.items()
    ]
