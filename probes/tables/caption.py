"""The caption below every figure: set, version, protocol, and the scope of the intervals.

Made as parts (`probes.phrases`), so that a figure can translate it into the set's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.phrases import Saying, phrase
from probes.types import Materials
from probes.types.reasons import LEGACY, Code, codes
from probes.types.retold import DIFFERENT_WAYS, Retold
from probes.types.tables import CONDITION

if TYPE_CHECKING:
    import pandas as pd

WAYS = {"text": phrase("replies read"), "top log-probabilities": phrase("options by first tokens")}
"""Method of asking, for models behind endpoints that do not return all probabilities."""
IN_FULL = phrase("options scored in full")

VARIANTS = {
    "one": phrase(", one variant of each by seed,"),
    "all": phrase(", all variants of each,"),
}
"""Texts that were asked, if not the first text of each statement."""

UNTESTED = Saying(phrase("untested on people"))
"""Part of the caption if there are no people who answered the set."""


def mixed(materials: Materials, gives: Sequence[str]) -> str:
    """Remark on models that could not all be asked by the same method; empty if they could."""
    if materials.recipe.method != "choice":
        return ""
    ways = dict.fromkeys(WAYS.get(str(kind), IN_FULL) for kind in gives)
    return DIFFERENT_WAYS.format(ways=", ".join(ways)) if len(ways) > 1 else ""


def caption(
    materials: Materials, agreement: pd.DataFrame, mix: str = "", *, trial: bool = False
) -> tuple[Saying, ...]:
    """Provenance, and the remark of `mixed`. `trial`: of a sample of the statements."""
    centre, title = materials.statements.scoring.centre, materials.statements.title
    rows = agreement[agreement["role"] == "statement"]
    count = int(rows["statement"].nunique())
    origin = provenance_parts(materials, count, _scored(rows, materials), trial=trial)
    parts = [*origin, UNTESTED]
    if centre:
        text = phrase("0 is {centre} at {title} itself, whose own score is official")
        parts.append(Saying(text, {"centre": f"{centre:g}", "title": title}))
    if materials.missing == "legacy-agree":
        parts.append(Saying(LEGACY))
    if materials.correction:
        parts.append(Saying(materials.correction.sentence))
    return (*parts, *([Retold(mix)] if mix else []))


def intervals(placements: pd.DataFrame) -> tuple[Saying, ...]:
    """Scope of the intervals, by the rows' reasons.

    "At least" if topics are not tagged or too few; other wordings, if a model has enough of them
    and of lexicons.
    """
    text = phrase("95\N{NO-BREAK SPACE}% intervals cover other statements on such topics{wordings}")
    facts = [codes(cell) for cell in placements["reason"]]
    if any("at least" in row for row in facts):
        text = phrase(
            "True intervals are at least as wide as those shown (fewer than 3 topics, or untagged"
            " statements); they cover other statements on such topics{wordings}"
        )
    return (Saying(text, {"wordings": Saying(_wordings(placements, facts))}),)


def _wordings(placements: pd.DataFrame, facts: Sequence[set[Code]]) -> str:
    """Whether intervals generalise to other wordings, too."""
    usable = [row for row, low in zip(facts, placements["low"], strict=True) if low == low]  # noqa: PLR0124
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
        count = sum(code in row for row in usable)
        if count:
            return every if count == len(usable) else some
    return phrase(", and other wordings")


def provenance(materials: Materials, asked: int, *, trial: bool = False) -> str:
    """Set, version, protocol, and numbers of statements and wordings, in English."""
    return written(provenance_parts(materials, asked, trial=trial))


def written(parts: Sequence[Saying]) -> str:
    """The parts as one line, in the current language."""
    return " · ".join(map(str, parts))


def _scored(rows: pd.DataFrame, materials: Materials) -> object:
    """Number of wordings in which models have scores, if not all."""
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
    """Parts of `provenance`. For a trial, with the number of all statements or pairs of requests;
    in all wordings of the protocol, unless `wordings` gives their number."""
    statements, recipe = materials.statements, materials.recipe
    put = Saying(VARIANTS[v]) if (v := materials.variants) in VARIANTS else ""
    one, many = phrase("{n} statement"), phrase("{n} statements")
    if statements.kind == "requests":
        one, many = phrase("{n} pair of requests"), phrase("{n} pairs of requests")
    what = counted(asked, one, many)
    if trial:
        text = phrase("trial run: {asked} of {total} statements")
        if statements.kind == "requests":
            text = phrase("trial run: {asked} of {total} pairs of requests")
        what = Saying(text, {"asked": asked, "total": len(statements.statements)})
    first = [Saying(CONDITION, {"name": c.name}) for c in recipe.conditions[:1]]
    return [
        Saying("{set}", {"set": f"{statements.title} {statements.version}".strip()}),
        Saying(phrase("protocol {name}"), {"name": recipe.name}),
        asked_in(what, wordings or len(recipe.wordings), put),
        *first,
    ]


def asked_in(what: Saying, wordings: object, put: object = "") -> Saying:
    """What was asked, times the number of wordings: ``80 statements x 3 wordings``."""
    times = counted(wordings, phrase("{n} wording"), phrase("{n} wordings"))
    return Saying("{what}{put} x {times}", {"what": what, "put": put, "times": times})


def counted(n: object, one: str, many: str) -> Saying:
    """Singular for one, else plural."""
    return Saying(one if n == 1 else many, {"n": n})
