"""The small line under every figure: set, version, protocol, and what the intervals are about.

Each is made as parts (`probes.phrases`), so that a figure can say it in the set's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from probes.phrases import Saying, phrase
from probes.types import Materials
from probes.types.reasons import LEGACY, Code, codes
from probes.types.tables import CONDITION

if TYPE_CHECKING:
    import pandas as pd

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
    materials: Materials, agreement: pd.DataFrame, mix: str = "", *, trial: bool = False
) -> tuple[Saying, ...]:
    """Provenance, and what `mixed` says. `trial`: of a sample."""
    centre, title = materials.statements.scoring.centre, materials.statements.title
    rows = agreement[agreement["role"] == "statement"]
    count = int(rows["statement"].nunique())
    told = provenance_parts(materials, count, _scored(rows, materials), trial=trial)
    parts = [*told, UNTESTED]
    if centre:
        text = phrase("0 is {centre} at {title} itself, whose own score is official")
        parts.append(Saying(text, {"centre": f"{centre:g}", "title": title}))
    if materials.missing == "legacy-agree":
        parts.append(Saying(LEGACY))
    if materials.correction:
        parts.append(Saying(materials.correction.sentence))
    return (*parts, *([Saying(mix)] if mix else []))


def intervals(placements: pd.DataFrame) -> tuple[Saying, ...]:
    """What the intervals are about, by what the rows say of them.

    At least so wide, where topics are not tagged or too few; in other wordings, where a model has
    enough of them, and of words.
    """
    text = phrase("95\N{NO-BREAK SPACE}% intervals cover other statements on such topics{wordings}")
    facts = [codes(cell) for cell in placements["reason"]]
    if any("at least" in of for of in facts):
        text = phrase(
            "True intervals are at least as wide as those shown (fewer than 3 topics, or untagged"
            " statements); they cover other statements on such topics{wordings}"
        )
    return (Saying(text, {"wordings": Saying(_wordings(placements, facts))}),)


def _wordings(placements: pd.DataFrame, facts: Sequence[set[Code]]) -> str:
    """Whether intervals are about other wordings, too."""
    usable = [of for of, low in zip(facts, placements["low"], strict=True) if low == low]  # noqa: PLR0124
    for code, every, some in (
        (
            "few wordings",
            phrase(", in these wordings only (fewer than 3)"),
            phrase(", and other wordings only of models with 3 or more"),
        ),
        (
            "few lexicons",
            phrase(", in these words only (fewer than 3 lexicons)"),
            phrase(", and other words only of models with 3 lexicons or more"),
        ),
    ):
        count = sum(code in of for of in usable)
        if count:
            return every if count == len(usable) else some
    return phrase(", and other wordings")


ASKED: Mapping[tuple[bool, bool], tuple[str, str]] = {
    (False, False): (
        phrase("{n} statements{put} x {wordings} wordings"),
        phrase("{n} statements{put} x {wordings} wording"),
    ),
    (False, True): (
        phrase("trial run: {n} of {all} statements{put} x {wordings} wordings"),
        phrase("trial run: {n} of {all} statements{put} x {wordings} wording"),
    ),
    (True, False): (
        phrase("{n} pairs of requests x {wordings} wordings"),
        phrase("{n} pairs of requests x {wordings} wording"),
    ),
    (True, True): (
        phrase("trial run: {n} of {all} pairs of requests x {wordings} wordings"),
        phrase("trial run: {n} of {all} pairs of requests x {wordings} wording"),
    ),
}
"""Of requests, of a trial -> what was asked, in several wordings and in one."""


def provenance(materials: Materials, asked: int, *, trial: bool = False) -> str:
    """Set, version, protocol, and how many statements and wordings, in English."""
    return written(provenance_parts(materials, asked, trial=trial))


def written(parts: Sequence[Saying]) -> str:
    """The parts as one line, in the language at hand."""
    return " · ".join(map(str, parts))


def _scored(rows: pd.DataFrame, materials: Materials) -> object:
    """How many wordings models have a number in, where that is not all of them."""
    every = len(materials.recipe.wordings)
    scored = rows[rows["leaning"].notna() | rows["raw"].notna()].groupby("model", observed=True)
    counts = scored["wording"].nunique()
    least, most = (int(counts.min()), int(counts.max())) if len(counts) else (every, every)
    if least == most:
        return (
            every if least == every else Saying(phrase("{n} of {all}"), {"n": least, "all": every})
        )
    return Saying(phrase("{least} to {most}"), {"least": least, "most": most})


def provenance_parts(
    materials: Materials, asked: int, wordings: object = "", *, trial: bool = False
) -> list[Saying]:
    """Of a trial, of how many statements, or pairs of requests; in all wordings of the protocol,
    unless it is said in how many."""
    statements, recipe = materials.statements, materials.recipe
    put = Saying(VARIANTS[v]) if (v := materials.variants) in VARIANTS else ""
    many = wordings or len(recipe.wordings)
    text = ASKED[statements.kind == "requests", trial][many == 1]
    counts = {"n": asked, "all": len(statements.statements), "wordings": many}
    first = [Saying(CONDITION, {"name": c.name}) for c in recipe.conditions[:1]]
    return [
        Saying("{set}", {"set": f"{statements.title} {statements.version}".strip()}),
        Saying(phrase("protocol {name}"), {"name": recipe.name}),
        Saying(text, {**counts, "put": put}),
        *first,
    ]
