"""Labels of dots in figures of several panels: names for few models, numbers with a key for many.

A model has the same number in all panels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from probes.phrases import say
from probes.types import Tables
from probes.types.reasons import unplaced_models
from probes.types.unclaimed import hollow_models

from . import _labels, _style
from ._marks import ModelMark
from ._page import LegendEntry

Reasoned = tuple[str, Sequence[str]]
"""A reason, and the names of models or checkpoints that it applies to."""
MAX_NAMES = 16
"""Maximum number of models for which names are written."""


@dataclass(frozen=True, slots=True)
class DotName:
    """A dot that is labelled by a name or a number."""

    model: str
    x: float
    y: float
    solid: bool
    """Whether its position makes a claim."""
    mark: ModelMark


def number_models(models: Mapping[str, ModelMark]) -> dict[str, int]:
    """Model -> its number, ordered by family and name; empty if names are written."""
    if len(models) <= MAX_NAMES:
        return {}
    ordered = sorted(models, key=lambda model: (models[model].family, model))
    return {model: number for number, model in enumerate(ordered, start=1)}


def write_labels(
    panel: Axes, dots: Sequence[DotName], numbered: Mapping[str, int], size: float, diameter: float
) -> int:
    """Write names or numbers beside dots; returns the number of labels without room."""
    labels = []
    names = _style.distinct_names(dot.model for dot in dots)
    for dot in dots:
        colour = _style.BLACK if dot.solid else _style.GREY
        text = names[dot.model]
        if numbered:
            colour, text = dot.mark.text_colour, str(numbered[dot.model])
        labels.append(_labels.Label(dot.x, dot.y, text, colour, dot.mark.text_colour))
    written = _labels.names(panel, labels, size, diameter)
    return sum(text is None for text in written)


def number_key(
    models: Mapping[str, ModelMark], solid: Mapping[str, bool], numbered: Mapping[str, int]
) -> list[LegendEntry]:
    """Key of the numbers: one entry per model."""
    names = _style.distinct_names(models)
    return [
        LegendEntry(f"{number}  {names[model]}", models[model].style(solid=solid[model]))
        for model, number in numbered.items()
    ]


def label_key(
    names: Sequence[str], styles: Sequence[Mapping[str, object]], numbered: Sequence[int]
) -> list[LegendEntry]:
    """Key of the labels that are written as numbers, in the order of the numbers."""
    return [
        LegendEntry(f"{number}  {names[i]}", styles[i])
        for number, i in enumerate(numbered, start=1)
    ]


def no_claim(why: Mapping[str, str]) -> str:
    """Note on models that are not placed, by reason; empty without any."""
    return _no_claim(_by_reason(why).items())


def hollow(why: Mapping[str, str]) -> str:
    """Note on models whose dots make no claim, by reason; empty without any."""
    return _hollow(_by_reason(why).items())


def unclaimed(tables: Tables, axes: Sequence[str] = ()) -> str:
    """Note on models that are not placed, and on those with hollow dots."""
    return notes(unplaced_models(tables, axes), hollow_models(tables, axes))


def notes(absent: Mapping[str, str], open_: Mapping[str, str]) -> str:
    """Note on models that are not placed (`absent`), and on hollow ones (`open_`), by reason."""
    return " ".join(filter(None, (no_claim(absent), hollow(open_))))


def grouped_notes(absent: Iterable[Reasoned], open_: Iterable[Reasoned]) -> str:
    """As `notes`, for names that are already grouped by reason."""
    return " ".join(filter(None, (_no_claim(absent), _hollow(open_))))


def unclaimed_all(tables: Tables) -> str:
    """The note for a figure in which hollow marks mean something else, or do not occur."""
    return no_claim(hollow_models(tables) | unplaced_models(tables))


def _no_claim(groups: Iterable[Reasoned]) -> str:
    models = _joined(groups)
    return say("No claim about: {models}.", models=models) if models else ""


def _hollow(groups: Iterable[Reasoned]) -> str:
    models = _joined(groups)
    return say("Hollow: {models}.", models=models) if models else ""


def _joined(groups: Iterable[Reasoned]) -> str:
    return "; ".join(f"{', '.join(some)} ({reason})" for reason, some in groups)


def _by_reason(why: Mapping[str, str]) -> dict[str, list[str]]:
    """Reason -> models, by distinct short names."""
    names, models = _style.distinct_names(why), dict[str, list[str]]()
    for model, reason in why.items():
        models.setdefault(reason, []).append(names[model])
    return models


def apart(where: Mapping[str, Mapping[str, str]], most: int) -> dict[str, str]:
    """Input for `no_claim` from model -> panel -> reason; no panels if all `most` are alike."""
    return {
        model if len(why) == most and len(set(why.values())) == 1 else f"{model} [{place}]": reason
        for model, why in where.items()
        for place, reason in why.items()
    }


def unlabelled(missing: int) -> list[str]:
    """Sentence on dots whose labels had no room; empty list without any."""
    return [say("Not labelled, for want of room: {n}", n=missing)] if missing else []
