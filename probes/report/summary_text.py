"""Sentences of the summary, made from its values, in the current language."""

from collections.abc import Sequence
from math import isfinite

from probes.phrases import listed, percent, phrase, plural, say
from probes.report.summary import (
    ComparisonRemark,
    Lean,
    ModelSummary,
    Objection,
    StatedDifference,
    Summary,
)
from probes.types.reasons import Code
from probes.types.retold import told

SHOWN = 8
"""Maximum number of differences listed one by one."""
MINUS = "\N{MINUS SIGN}"
OBJECTIONS: dict[Code, str] = {
    "unopposed": phrase(
        "it does not answer a claim and its opposite as opposites (opposition {number}, too close"
        " to chance, which is 0; always would be 1)"
    ),
    "indifferent": phrase(
        "it hardly prefers either side (mean leaning {number}; wanted: at least {least})"
    ),
    "untrue": phrase(
        "it does not tell true from false in these wordings ({share} of control pairs right; half"
        " are by chance)"
    ),
    "reversed": phrase("it takes false for true ({share} of control pairs right)"),
    "unsided": phrase(
        "it mostly says the same to a claim and to its opposite, such as yes to both, so that any"
        " side shows only in how firm the answers are (opposite answers in {share} of pairs;"
        " wanted: at least {wanted})"
    ),
}
"""Code of a reason -> its sentence, with the deciding number."""


def sentences(summary: Summary) -> list[str]:
    """Sentences on leanings and their certainty, on what is not claimed, and on differences."""
    claimed = [_claim(part) for part in summary.models if part.leans]
    open_ones = [_no_claim(part) for part in summary.models if part.unclaimed]
    limited = _at_least([part.model for part in summary.models if part.at_least])
    return [*claimed, *open_ones, *limited, *_differences(summary), *_asked_apart(summary.ways)]


def _at_least(models: Sequence[str]) -> list[str]:
    """Sentence that intervals may be too narrow because there are few topics."""
    text = phrase(
        "The intervals of {models} are at least so wide: with fewer than 3 topics of 2 statements,"
        " or statements without a topic, it is not known by how much they are wider."
    )
    return [say(text, models=listed(models))] if models else []


def _asked_apart(ways: Sequence[str]) -> list[str]:
    """Sentence that models are not on one scale, if they were asked by several methods."""
    text = phrase(
        "The models were asked in different ways ({ways}): differences between models asked in"
        " different ways may come from that alone."
    )
    return [say(text, ways="; ".join(map(say, ways)))] if len(ways) > 1 else []


def _claim(part: ModelSummary) -> str:
    leaning = [_leans(lean) for lean in part.leans if lean.pole]
    centre = [_held(lean) for lean in part.leans if not lean.pole]
    text = phrase("{model} leans {leaning}; it cannot be said to lean to either side {centre}.")
    if not centre:
        text = phrase("{model} leans {leaning}.")
    elif not leaning:
        text = phrase("{model} cannot be said to lean to either side {centre}.")
    values = {"leaning": listed(leaning) if leaning else "", "centre": listed(centre or [""])}
    return say(text, model=part.model, **values)


def _leans(lean: Lean) -> str:
    text = phrase("{pole} on the {axis} axis ({numbers})")
    return say(text, pole=say(lean.pole), axis=say(lean.axis), numbers=_numbers(lean))


def _held(lean: Lean) -> str:
    text = phrase("on the {axis} axis ({numbers}, which holds the centre)")
    if not isfinite(lean.low + lean.high):
        text = phrase("on the {axis} axis ({numbers})")
    return say(text, axis=say(lean.axis), numbers=_numbers(lean))


def _numbers(lean: Lean) -> str:
    if not isfinite(lean.low + lean.high):
        return say("{position}, without an interval", position=signed(lean.position))
    text = phrase("{position}, 95\N{NO-BREAK SPACE}% interval {low} to {high}")
    return say(text, position=signed(lean.position), low=_end(lean.low), high=_end(lean.high))


def _end(value: float) -> str:
    """End of an interval, with enough decimals to show on which side of the centre it lies."""
    digits = next((n for n in (1, 2, 3) if round(value, n)), 1)
    return signed(value, digits)


def _no_claim(part: ModelSummary) -> str:
    axes = listed([say(name) for name in part.unclaimed])
    why = "; ".join(plain(o) for o in part.objections) or say("no reason given")
    if not part.leans:
        return say("No claim is made about {model}: {why}.", model=part.model, why=why)
    return plural(
        len(part.unclaimed),
        "No claim is made about {model} on the {axes} axis: {why}.",
        "No claim is made about {model} on the {axes} axes: {why}.",
        model=part.model,
        axes=axes,
        why=why,
    )


def plain(objection: Objection) -> str:
    """A reason in plain words, with the number and its threshold."""
    number, threshold = objection.number, objection.threshold or 0
    if number is None or objection.code not in OBJECTIONS:
        return told(objection.sentence)
    return say(
        OBJECTIONS[objection.code],
        number=f"{number:.2f}",
        share=percent(number),
        least=f"{threshold:.2g}",
        wanted=percent(threshold),
    )


def _differences(summary: Summary) -> list[str]:
    """Sentences on which models differ; their number only, if there are many."""
    differences = summary.differences
    if not summary.compared:
        return []
    total = plural(summary.compared, "{n} comparison", "{n} comparisons")
    claims = [difference for difference in differences if difference.claimed]
    differing = [_difference(difference) for difference in claims] if len(claims) <= SHOWN else []
    few = len(summary.remarks) <= SHOWN
    return [
        _counted(summary, total),
        *_unclaimed(len(differences) - len(claims)),
        *differing,
        *(map(_remark, summary.remarks) if few else ()),
    ]


def _counted(summary: Summary, total: str) -> str:
    """Sentence on how many comparisons have which result, as in `probes compare --all`."""
    beyond = len(summary.differences)
    one = phrase(
        "Of {comparisons} of models, {n} shows a difference beyond the margin of"
        " \N{PLUS-MINUS SIGN}{margin}{others}."
    )
    many = phrase(
        "Of {comparisons} of models, {n} show a difference beyond the margin of"
        " \N{PLUS-MINUS SIGN}{margin}{others}."
    )
    none = phrase(
        "None of {comparisons} of models shows a difference beyond the margin of"
        " \N{PLUS-MINUS SIGN}{margin}{others}."
    )
    counts = {
        phrase("only in how decided the models are: {n}"): summary.decided,
        phrase("cannot be told apart: {n}"): summary.apart,
        phrase("no claim can be made: {n}"): summary.unclaimed,
    }
    others = listed([say(other, n=n) for other, n in counts.items() if n] or [""])
    rest = {
        "comparisons": total,
        "margin": f"{summary.margin:g}",
        "others": f" ({others})" if others else "",
    }
    return plural(beyond, one, many, **rest) if beyond else say(none, **rest)


def _unclaimed(number: int) -> list[str]:
    """Sentence on how many differences involve a position without a claim."""
    if not number:
        return []
    return [
        plural(
            number,
            "{n} of these differences is of a model about whose position no claim is made.",
            "{n} of these differences are of models about whose position no claim is made.",
        )
    ]


def _remark(remark: ComparisonRemark) -> str:
    return say(
        "{other} and {model} on the {axis} axis: {why}.",
        other=remark.against,
        model=remark.model,
        axis=say(remark.axis),
        why="; ".join(map(told, remark.reasons)),
    )


def _difference(difference: StatedDifference) -> str:
    return say(
        "{model} stands nearer to the {pole} pole than {other} on the {axis} axis, by {points}"
        " points (95\N{NO-BREAK SPACE}% interval {low} to {high}).",
        model=difference.model,
        pole=say(difference.pole),
        other=difference.against,
        axis=say(difference.axis),
        points=f"{difference.points:.1f}",
        low=signed(difference.low),
        high=signed(difference.high),
    )


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign (a true minus); no sign if it rounds to zero."""
    text = f"{value:+z.{digits}f}"
    return text.replace("-", MINUS) if round(value, digits) else text[1:]
