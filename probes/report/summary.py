"""The summary: what a run says, as values; made from its numbers by rules, without a word of prose.

A model *leans* where its interval lies on one side of the centre and a claim is made of it; it is
*undecided* where a claim is made and the interval holds the centre. Two models *differ* where their
paired comparison says so after adjustment, beyond the margin. `summary_text` makes sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from probes.types import Axis, Thresholds, reasons
from probes.types.reasons import Code

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lean:
    """Where a model stands on an axis, if a claim is made of it."""

    axis: str
    pole: str
    """That it leans to; empty where its interval holds the centre."""
    position: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Objection:
    """Why no claim is made: the sentence of the table, its fact, and the number that decided."""

    sentence: str
    code: Code = ""
    number: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """What is claimed of a model, and what is not."""

    model: str
    leans: tuple[Lean, ...]
    unclaimed: tuple[str, ...]
    """Axes without a claim."""
    placed: bool
    """On at least one of them: the dot is hollow there, not absent."""
    objections: tuple[Objection, ...]
    """Each once."""


@dataclass(frozen=True, slots=True)
class StatedDifference:
    """Two models that differ on an axis; the second stands nearer to the pole."""

    model: str
    against: str
    axis: str
    pole: str
    points: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a run."""

    models: tuple[ModelSummary, ...]
    differences: tuple[StatedDifference, ...]
    compared: int
    """Pairs of claimed models and axes that were compared."""


def summary(
    models: Sequence[Row], axes: Sequence[Axis], pairs: Sequence[Row], limits: Thresholds
) -> Summary:
    """From the rows of `content`: models with their places, and compared pairs."""
    parts = tuple(_model(model, axes, limits) for model in models)
    placed = {(part.model, lean.axis) for part in parts for lean in part.leans}
    known = {axis.name: axis for axis in axes}
    both = [
        row
        for row in pairs
        if {(row["model"], row["axis"]), (row["against"], row["axis"])} <= placed
    ]
    found = [
        _difference(row, known[str(row["axis"])]) for row in both if reasons.kind(row) == "further"
    ]
    return Summary(parts, tuple(found), len(both))


def _model(model: Row, axes: Sequence[Axis], limits: Thresholds) -> ModelSummary:
    places = cast("Mapping[str, Row]", model["places"])
    leans = [_lean(axis, places[axis.name]) for axis in axes if places[axis.name]["claim"]]
    without = [axis.name for axis in axes if not places[axis.name]["claim"]]
    against = [o for name in without for o in _objections(places[name], model, limits)]
    return ModelSummary(
        str(model["name"]),
        tuple(leans),
        tuple(without),
        any(places[name]["placed"] for name in without),
        tuple({o.sentence: o for o in against}.values()),
    )


def _lean(axis: Axis, place: Row) -> Lean:
    position, low, high = (
        cast("float", place[name]) if place[name] is not None else float("nan")
        for name in ("position", "low", "high")
    )
    pole = axis.positive if low > 0 else axis.negative if high < 0 else ""
    return Lean(axis.name, pole, position, low, high)


def _objections(place: Row, model: Row, limits: Thresholds) -> list[Objection]:
    """Of a place without a claim: the first sentence if it is not placed, else the hollow ones."""
    told = cast("Sequence[str]", place["reasons"])
    sentences = cast("Sequence[str]", place["hollow"]) if place["placed"] else told[:1]
    return [objection(sentence, place, model, limits) for sentence in sentences]


def objection(sentence: str, place: Row, model: Row, limits: Thresholds) -> Objection:
    """A sentence of the table with the number that it stands for, where it stands for one."""
    about = cast("Row", model["about"])
    known: Mapping[Code, tuple[object, float | None]] = {
        "unopposed": (about.get("opposition"), None),
        "indifferent": (place["decisiveness"], limits.margin / 10),
        "untrue": (about.get("control"), 0.5),
        "reversed": (about.get("control"), 0.5),
        "unsided": (place["sided"], limits.sided),
    }
    for code in reasons.codes(sentence):
        if code in known:
            number, threshold = known[code]
            value = float(number) if isinstance(number, int | float) else None
            return Objection(sentence, code, value, threshold)
    return Objection(sentence)


def _difference(row: Row, axis: Axis) -> StatedDifference:
    points, low, high = (float(cast("float", row[n])) for n in ("difference", "low", "high"))
    names = str(row["model"]), str(row["against"])
    if points >= 0:
        return StatedDifference(*names, axis.name, axis.positive, points, low, high)
    return StatedDifference(*names, axis.name, axis.negative, -points, -high, -low)
