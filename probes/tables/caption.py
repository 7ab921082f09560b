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


def caption(
    materials: Materials,
    asked: int,
    mix: str = "",
    *,
    at_least: bool = False,
    trial: bool = False,
) -> str:
    """Provenance, what the intervals are about, and what `mixed` says.

    `at_least`: topics are not tagged, so that intervals are too narrow. `trial`: of a sample.
    """
    statements = materials.statements
    centre = statements.scoring.centre
    title = statements.title
    home = f" · 0 is {centre:g} at {title} itself, whose own score is official" if centre else ""
    legacy = f" · {LEGACY}" if materials.missing == "legacy-agree" else ""
    legacy += f" · {materials.correction.sentence}" if materials.correction else ""
    level = "intervals at least as wide as shown" if at_least else "95 % intervals"
    untagged = " (fewer than 3 topics, or untagged statements)" if at_least else ""
    return (
        f"{provenance(materials, asked, trial=trial)}"
        f" · {level}{untagged}: other statements, other wordings; for exactly these prompts there"
        f" is no sampling error{UNTESTED}{home}{legacy}{f' · {mix}' if mix else ''}"
    )


def provenance(materials: Materials, asked: int, *, trial: bool = False) -> str:
    """Set, version, protocol, and how many statements and wordings; of a trial, of how many."""
    statements, recipe = materials.statements, materials.recipe
    named = f"{statements.title} {statements.version}".strip()
    put = VARIANTS.get(materials.variants, "")
    total = f"{TRIAL}: {asked} of {len(statements.statements)}" if trial else str(asked)
    counts = f"{total} statements{put} x {len(recipe.wordings)} wordings"
    return f"{named} · protocol {recipe.name} · {counts}"
