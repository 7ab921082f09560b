"""The small line under every figure: set, version, protocol, and what the intervals are about."""

from collections.abc import Sequence

from probes.types import Materials
from probes.types.reasons import LEGACY, TRIAL

WAYS = {"text": "replies read", "top log-probabilities": "options by first tokens"}
"""How models behind endpoints are asked that do not give all probabilities."""

VARIANTS = {"one": ", one variant of each by seed,", "all": ", all variants of each,"}
"""What was put, where it was not the first text of each."""


UNTESTED = " · untested on people"
"""Stands in the caption where no people who answered the set stand beside the models."""


def mixed(materials: Materials, gives: Sequence[str]) -> str:
    """What must be said of models that could not all be asked in one way; empty if they could."""
    if materials.recipe.method != "choice":
        return ""
    ways = dict.fromkeys(WAYS.get(str(kind), "options scored in full") for kind in gives)
    return f"models were asked in different ways: {', '.join(ways)}" if len(ways) > 1 else ""


def caption(materials: Materials, asked: int, mix: str = "", *, trial: bool = False) -> str:
    """Provenance, and what `mixed` says. `trial`: of a sample."""
    statements = materials.statements
    centre = statements.scoring.centre
    title = statements.title
    home = f" · 0 is {centre:g} at {title} itself, whose own score is official" if centre else ""
    legacy = f" · {LEGACY}" if materials.missing == "legacy-agree" else ""
    legacy += f" · {materials.correction.sentence}" if materials.correction else ""
    mix = f" · {mix}" if mix else ""
    return f"{provenance(materials, asked, trial=trial)}{UNTESTED}{home}{legacy}{mix}"


def intervals(*, at_least: bool) -> str:
    """What the intervals are about; `at_least`: topics are not tagged, so that they are narrow."""
    about = "cover other statements on such topics, and other wordings"
    if at_least:
        level = "True intervals are at least as wide as those shown"
        return f"{level} (fewer than 3 topics, or untagged statements); they {about}"
    return f"95\N{NO-BREAK SPACE}% intervals {about}"


def provenance(materials: Materials, asked: int, *, trial: bool = False) -> str:
    """Set, version, protocol, and how many statements and wordings; of a trial, of how many."""
    statements, recipe = materials.statements, materials.recipe
    named = f"{statements.title} {statements.version}".strip()
    put = VARIANTS.get(materials.variants, "")
    total = f"{TRIAL}: {asked} of {len(statements.statements)}" if trial else str(asked)
    counts = f"{total} statements{put} x {len(recipe.wordings)} wordings"
    under = f" · condition {recipe.conditions[0].name}" if recipe.conditions else ""
    return f"{named} · protocol {recipe.name} · {counts}{under}"
