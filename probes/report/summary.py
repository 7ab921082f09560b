"""Values of the summary, derived from the run's numbers by fixed rules; contains no sentences.

A model *leans* if a claim is made of it and its interval lies on one side of the centre; it is
*undecided* if a claim is made and the interval contains the centre. Two models *differ* if their
paired comparison is significant after adjustment and beyond the margin; the rows are those of
`probes compare --all`. `summary_text` makes the sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from probes.types import Axis, Thresholds, reasons
from probes.types.reasons import Code

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lean:
    """A claimed position on an axis."""

    axis: str
    pole: str
    """Pole that the model leans to; empty if its interval contains the centre."""
    position: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason against a claim: sentence of the table, code, deciding number, threshold."""

    sentence: str
    code: Code = ""
    number: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """Claims about a model, and the reasons where there is none."""

    model: str
    leans: tuple[Lean, ...]
    unclaimed: tuple[str, ...]
    """Axes without a claim."""
    placed: bool
    """Whether it is placed on an axis of `unclaimed`: then its dot is hollow, not absent."""
    objections: tuple[Objection, ...]
    """Reasons against the claims, each once."""
    at_least: bool = False
    """Whether the intervals of claimed positions are lower bounds of the true width."""


@dataclass(frozen=True, slots=True)
class StatedDifference:
    """A difference of two models on an axis; `model` is nearer to the pole than `against`."""

    model: str
    against: str
    axis: str
    pole: str
    points: float
    low: float
    high: float
    claimed: bool = True
    """Whether both models have a claim on the axis."""


@dataclass(frozen=True, slots=True)
class ComparisonRemark:
    """A comparison of two models on an axis that shows no difference, and the reasons."""

    model: str
    against: str
    axis: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All values of the summary of a run."""

    models: tuple[ModelSummary, ...]
    differences: tuple[StatedDifference, ...]
    compared: int
    """Number of comparisons (pairs of models x axes) in `probes compare --all`; 0 if no pair has
    two placed models."""
    decided: int = 0
    """Number of comparisons that differ only, or perhaps only, in decidedness."""
    apart: int = 0
    """Number of comparisons without a detectable difference."""
    unclaimed: int = 0
    """Number of comparisons that allow no claim: a model is not placed, or too few topics."""
    remarks: tuple[ComparisonRemark, ...] = ()
    """Pairs of placed models without a difference along the axis, and why."""
    ways: tuple[str, ...] = ()
    """Methods by which models were asked, if there are several."""
    margin: float = 0.0
    """Margin of equivalence of two positions, in points."""


def summary(
    models: Sequence[Row], axes: Sequence[Axis], pairs: Sequence[Row], limits: Thresholds
) -> Summary:
    """Compute the summary from the rows of `content`: models with their placements, and pairs."""
    parts = tuple(_model(model, axes, limits) for model in models)
    claimed = {(part.model, lean.axis) for part in parts for lean in part.leans}
    placed = {
        (str(model["name"]), axis)
        for model in models
        for axis, place in cast("Mapping[str, Row]", model["places"]).items()
        if place["placed"]
    }
    by_name = {axis.name: axis for axis in axes}
    both_placed = [row for row in pairs if _ends(row) <= placed]
    further = [row for row in both_placed if reasons.kind(row) == "further"]
    unmoved = [row for row in both_placed if reasons.kind(row) != "further" and row["reason"]]
    return Summary(
        parts,
        tuple(_difference(row, by_name[str(row["axis"])], claimed) for row in further),
        len(pairs) if both_placed else 0,
        sum(reasons.kind(row) == "decided" for row in both_placed),
        sum(
            row["verdict"] == "cannot be told apart" and not _without_claim(row)
            for row in both_placed
        ),
        sum(_without_claim(row) for row in both_placed) + len(pairs) - len(both_placed)
        if both_placed
        else 0,
        tuple(map(_remark, unmoved)),
        _ways(models),
        max((cast("float", row["margin"]) for row in pairs), default=0.0),
    )


def _without_claim(row: Row) -> bool:
    return reasons.UNTAGGED.text in reasons.sentences(row["reason"])


def _ways(models: Sequence[Row]) -> tuple[str, ...]:
    """Methods by which models were asked; empty if only one is known."""
    return tuple(dict.fromkeys(str(way) for model in models if (way := model.get("way"))))


def _ends(row: Row) -> set[tuple[str, str]]:
    """Both models of a comparison, each with its axis."""
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
    """Reasons against a claim: the first if the model is not placed, else those for hollow dots."""
    stated = cast("Sequence[str]", place["reasons"])
    sentences = cast("Sequence[str]", place["hollow"]) if place["placed"] else stated[:1]
    return [objection(sentence, place, model, limits) for sentence in sentences]


def objection(sentence: str, place: Row, model: Row, limits: Thresholds) -> Objection:
    """A sentence of the table, with its number and threshold where it has one."""
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
    model, against, both_claimed = str(row["model"]), str(row["against"]), _ends(row) <= claimed
    if points >= 0:
        pole = axis.positive
    else:
        pole, points, low, high = axis.negative, -points, -high, -low
    return StatedDifference(model, against, axis.name, pole, points, low, high, both_claimed)
