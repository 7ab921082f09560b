"""Sentences of the summary, from its values."""

from collections.abc import Sequence

from probes.report.summary import Lean, ModelSummary, Objection, StatedDifference, Summary

SHOWN = 8
"""Differences that are told one by one."""
MINUS = "\N{MINUS SIGN}"


def sentences(summary: Summary) -> list[str]:
    """Who leans where, and how sure that is; who differs from whom; what is not claimed."""
    claimed = [_claim(part) for part in summary.models if part.leans]
    open_ones = [_no_claim(part) for part in summary.models if part.unclaimed]
    return [*claimed, *_differences(summary), *open_ones]


def _claim(part: ModelSummary) -> str:
    leaning = [_leans(lean) for lean in part.leans if lean.pole]
    centre = [_held(lean) for lean in part.leans if not lean.pole]
    told = []
    if leaning:
        told.append(f"leans {_joined(leaning)}")
    if centre:
        told.append(f"cannot be said to lean to either side {_joined(centre)}")
    return f"{part.model} {'; it '.join(told)}."


def _leans(lean: Lean) -> str:
    return f"{lean.pole} on the {lean.axis} axis ({_numbers(lean)})"


def _held(lean: Lean) -> str:
    return f"on the {lean.axis} axis ({_numbers(lean)}, which holds the centre)"


def _numbers(lean: Lean) -> str:
    interval = f"95\N{NO-BREAK SPACE}% interval {signed(lean.low)} to {signed(lean.high)}"
    return f"{signed(lean.position)}, {interval}"


def _no_claim(part: ModelSummary) -> str:
    every = not part.leans
    where = "" if every else f" on the {_joined(list(part.unclaimed))} axis"
    why = "; ".join(plain(o) for o in part.objections) or "no reason given"
    return f"No claim is made about {part.model}{where}: {why}."


def plain(objection: Objection) -> str:
    """An objection in plain words, with the number and what was wanted."""
    number, wanted = objection.number, objection.threshold
    text = objection.sentence
    if number is None:
        return text
    least = f"wanted: at least {wanted:.2g}" if wanted is not None else ""
    return {
        "unopposed": "it does not answer a claim and its opposite as opposites (opposition "
        f"{number:.2f}, too close to chance, which is 0; always would be 1)",
        "indifferent": f"it hardly prefers either side (mean leaning {number:.2f}; {least})",
        "untrue": f"it does not tell true from false in these wordings ({number:.0%} of control"
        " pairs right; half are by chance)",
        "reversed": f"it takes false for true ({number:.0%} of control pairs right)",
        "unsided": "it rarely gives claim and counterclaim opposite answers (in"
        f" {number:.0%} of pairs; wanted: at least {wanted or 0:.0%})",
    }.get(objection.code, text)


def _differences(summary: Summary) -> list[str]:
    """Who differs from whom; with many, how many do."""
    found = summary.differences
    if not summary.compared:
        return []
    total = f"{summary.compared} comparison{'s' if summary.compared != 1 else ''}"
    if not found:
        return [f"None of {total} of models shows a difference beyond the margin."]
    told = [_difference(one) for one in found[:SHOWN]] if len(found) <= SHOWN else []
    show = "shows" if len(found) == 1 else "show"
    head = f"Of {total} of models, {len(found)} {show} a difference beyond the margin."
    return [head, *told]


def _difference(one: StatedDifference) -> str:
    interval = f"{signed(one.low)} to {signed(one.high)}"
    return (
        f"{one.model} stands further to {one.pole} than {one.against} on the {one.axis} axis, by "
        f"{one.points:.1f} points (95\N{NO-BREAK SPACE}% interval {interval})."
    )


def signed(value: float) -> str:
    """With its sign, one decimal, a true minus."""
    return f"{value:+z.1f}".replace("-", MINUS).replace("+0.0", "0.0")


def _joined(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
