"""The summary: what a run says, as values; made from its numbers by rules, without a word of prose.

A model *leans* where its interval lies on one side of the centre and a claim is made of it; it is
*undecided* where a claim is made and the interval holds the centre. Two models *differ* where their
paired comparison says so after adjustment, beyond the margin: the rows are those of `probes compare
--all`, and so are their numbers. `summary_text` makes sentences.
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
    at_least: bool = False
    """Whether intervals of what is claimed are only known to be at least so wide."""


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
    claimed: bool = True
    """Whether a claim is made of both models on the axis."""


@dataclass(frozen=True, slots=True)
class ComparisonRemark:
    """Two models on an axis, and why what their comparison says is no difference along it."""

    model: str
    against: str
    axis: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a run."""

    models: tuple[ModelSummary, ...]
    differences: tuple[StatedDifference, ...]
    compared: int
    """Pairs of models and axes that were compared, as `probes compare --all` lists them; 0 where
    none of them is of two models that are placed."""
    decided: int = 0
    """Of these, such as differ only, or perhaps only, in how decided the models are."""
    apart: int = 0
    """Of these, such as cannot be told apart."""
    unclaimed: int = 0
    """Of these, such as no claim can be made of: a model is not placed, or topics are too few."""
    remarks: tuple[ComparisonRemark, ...] = ()
    """On pairs of placed models that show no difference along the axis."""
    ways: tuple[str, ...] = ()
    """In which models were asked, where they are several."""
    margin: float = 0.0
    """Points within which two positions count as equal."""


def summary(
    models: Sequence[Row], axes: Sequence[Axis], pairs: Sequence[Row], limits: Thresholds
) -> Summary:
    """From the rows of `content`: models with their places, and compared pairs."""
    parts = tuple(_model(model, axes, limits) for model in models)
    claimed = {(part.model, lean.axis) for part in parts for lean in part.leans}
    placed = {
        (str(model["name"]), axis)
        for model in models
        for axis, place in cast("Mapping[str, Row]", model["places"]).items()
        if place["placed"]
    }
    by_name = {axis.name: axis for axis in axes}
    both = [row for row in pairs if _ends(row) <= placed]
    further = [row for row in both if reasons.kind(row) == "further"]
    told = [row for row in both if reasons.kind(row) != "further" and row["reason"]]
    return Summary(
        parts,
        tuple(_difference(row, by_name[str(row["axis"])], claimed) for row in further),
        len(pairs) if both else 0,
        sum(reasons.kind(row) == "decided" for row in both),
        sum(row["verdict"] == "cannot be told apart" and not _without_claim(row) for row in both),
        sum(_without_claim(row) for row in both) + len(pairs) - len(both) if both else 0,
        tuple(map(_remark, told)),
        _ways(models),
        max((cast("float", row["margin"]) for row in pairs), default=0.0),
    )


def _without_claim(row: Row) -> bool:
    return reasons.UNTAGGED.text in reasons.sentences(row["reason"])


def _ways(models: Sequence[Row]) -> tuple[str, ...]:
    """Ways in which models were asked; none where it was one."""
    return tuple(dict.fromkeys(str(way) for model in models if (way := model.get("way"))))


def _ends(row: Row) -> set[tuple[str, str]]:
    """Both models of a comparison, with its axis."""
    return {(str(row[name]), str(row["axis"])) for name in ("model", "against")}


def _remark(row: Row) -> ComparisonRemark:
    why = tuple(reasons.sentences(row["reason"]))
    return ComparisonRemark(str(row["model"]), str(row["against"]), str(row["axis"]), why)


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
        any(
            reasons.AT_LEAST.text in cast("Sequence[str]", place["reasons"])
            for place in places.values()
            if place["claim"]
        ),
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
    by_code: Mapping[Code, tuple[object, float | None]] = {
        "unopposed": (about.get("opposition"), None),
        "indifferent": (place["decisiveness"], limits.margin / 10),
        "untrue": (about.get("control"), 0.5),
        "reversed": (about.get("control"), 0.5),
        "unsided": (place["sided"], limits.sided),
    }
    for code in reasons.codes(sentence):
        if code in by_code:
            number, threshold = by_code[code]
            value = float(number) if isinstance(number, int | float) else None
            return Objection(sentence, code, value, threshold)
    return Objection(sentence)


def _difference(row: Row, axis: Axis, claimed: set[tuple[str, str]]) -> StatedDifference:
    points, low, high = (float(cast("float", row[n])) for n in ("difference", "low", "high"))
    model, against, both = str(row["model"]), str(row["against"]), _ends(row) <= claimed
    if points >= 0:
        pole = axis.positive
    else:
        pole, points, low, high = axis.negative, -points, -high, -low
    return StatedDifference(model, against, axis.name, pole, points, low, high, both)
