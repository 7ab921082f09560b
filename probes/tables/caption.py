"""The small line under every figure: set, version, protocol, and what the intervals are about.

Each is made as parts (`probes.phrases`), so that a figure can say it in the set's language.
"""

from collections.abc import Sequence

from probes.phrases import Saying, phrase
from probes.types import Materials
from probes.types.reasons import LEGACY

WAYS = {"text": "replies read", "top log-probabilities": "options by first tokens"}
"""How models behind endpoints are asked that do not give all probabilities."""

VARIANTS = {
    "one": phrase(", one variant of each by seed,"),
    "all": phrase(", all variants of each,"),
}
"""What was put, where it was not the first text of each."""

UNTESTED = Saying(phrase("untested on people"))
"""Stands in the caption where no people who answered the set stand beside the models."""


def mixed(materials: Materials, gives: Sequence[str]) -> str:
    """What must be said of models that could not all be asked in one way; empty if they could."""
    if materials.recipe.method != "choice":
        return ""
    ways = dict.fromkeys(WAYS.get(str(kind), "options scored in full") for kind in gives)
    return f"models were asked in different ways: {', '.join(ways)}" if len(ways) > 1 else ""


def caption(
    materials: Materials, asked: int, mix: str = "", *, trial: bool = False
) -> tuple[Saying, ...]:
    """Provenance, and what `mixed` says. `trial`: of a sample."""
    centre, title = materials.statements.scoring.centre, materials.statements.title
    parts = [*_provenance(materials, asked, trial=trial), UNTESTED]
    if centre:
        text = phrase("0 is {centre} at {title} itself, whose own score is official")
        parts.append(Saying(text, {"centre": f"{centre:g}", "title": title}))
    if materials.missing == "legacy-agree":
        parts.append(Saying(LEGACY))
    if materials.correction:
        parts.append(Saying(materials.correction.sentence))
    return (*parts, *([Saying(mix)] if mix else []))


def intervals(*, at_least: bool) -> tuple[Saying, ...]:
    """What the intervals are about; `at_least`: topics are not tagged, so that they are narrow."""
    text = phrase(
        "95\N{NO-BREAK SPACE}% intervals cover other statements on such topics, and other wordings"
    )
    if at_least:
        text = phrase(
            "True intervals are at least as wide as those shown (fewer than 3 topics, or untagged"
            " statements); they cover other statements on such topics, and other wordings"
        )
    return (Saying(text),)


def provenance(materials: Materials, asked: int, *, trial: bool = False) -> str:
    """Set, version, protocol, and how many statements and wordings, in English."""
    return written(_provenance(materials, asked, trial=trial))


def written(parts: Sequence[Saying]) -> str:
    """The parts as one line, in the language at hand."""
    return " · ".join(map(str, parts))


def _provenance(materials: Materials, asked: int, *, trial: bool = False) -> list[Saying]:
    """Of a trial, of how many statements."""
    statements, recipe = materials.statements, materials.recipe
    put = Saying(VARIANTS[v]) if (v := materials.variants) in VARIANTS else ""
    text = phrase("{n} statements{put} x {wordings} wordings")
    if trial:
        text = phrase("trial run: {n} of {all} statements{put} x {wordings} wordings")
    counts = {"n": asked, "all": len(statements.statements), "wordings": len(recipe.wordings)}
    first = [Saying(phrase("condition {name}"), {"name": c.name}) for c in recipe.conditions[:1]]
    return [
        Saying("{set}", {"set": f"{statements.title} {statements.version}".strip()}),
        Saying(phrase("protocol {name}"), {"name": recipe.name}),
        Saying(text, {**counts, "put": put}),
        *first,
    ]
