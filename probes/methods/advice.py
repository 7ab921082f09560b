"""Method `advice`: a user has the answers of one party; the model says which party fits best.

The set's respondents are the parties. Each repetition has its own seed, which shuffles the answers
and the list of parties. Replies are stored; `probes.advice` computes measures from them.
"""

from dataclasses import replace
from functools import cache

from probes.advice import profiles, reading
from probes.advice.names import PartyNames, party_names
from probes.errors import UsageError
from probes.methods import reply
from probes.methods.reply import fitted
from probes.types import (
    Materials,
    Model,
    Option,
    Prompt,
    RecordedModel,
    Reply,
    Respondent,
    StatementSet,
    Status,
    Wording,
)

__all__ = ["NEEDS", "fitted", "prompts", "read_reply"]

NEEDS = "write"
PARTIES = "{parties}"
"""Placeholder in `ask` for the names of all parties; ``{statement}`` is the profile."""
STATUSES: dict[reading.Outcome, Status] = {
    "advised": "ok",
    "refused": "refused",
    "several": "unparsed",
    "outside": "unparsed",
    "unreadable": "unparsed",
}
REASONS: dict[reading.Outcome, str] = {
    "advised": "",
    "refused": "refused",
    "several": "names several parties",
    "outside": "names no party of the set",
    "unreadable": "unreadable",
}


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """The prompts of every profile in every wording and repetition.

    Raises:
        UsageError: the set cannot be used for advice (`profiles.check`), or a wording offers
            options or does not list the parties.
    """
    whole = replace(
        materials.statements, statements=materials.every or materials.statements.statements
    )
    profiles.check(whole)
    for wording in materials.recipe.wordings:
        _require_usable(wording, materials.recipe.name, recorded=isinstance(model, RecordedModel))
    options = tuple(Option(p.name, "neutral", (p.name, *p.aliases)) for p in whole.respondents)
    once = replace(materials, controls=None, recipe=replace(materials.recipe, repetitions=1))
    repetitions = 1 if isinstance(model, RecordedModel) else materials.recipe.repetitions
    all_prompts = [
        prompt
        for number in range(repetitions)
        for name, party in [*profiles.by_id(whole).items()][:limit]
        for prompt in reply.prompts(
            model, _of(once, whole, name, party, seed + number), seed=seed + number
        )
    ]
    return [replace(prompt, options=options) for prompt in all_prompts]


def read_reply(prompt: Prompt, text: str | None, language: str) -> Reply:
    """Parse the party that a reply advises, by rules; the text is stored."""
    if text is None:
        return Reply(status="failed", reason="no reply")
    advice = reading.read(text, _names(prompt.options, language), language)
    return Reply(
        text=text,
        status=STATUSES[advice.outcome],
        choice=advice.party,
        reason=REASONS[advice.outcome],
    )


def _of(
    materials: Materials, whole: StatementSet, name: str, party: Respondent, seed: int
) -> Materials:
    """Materials for `reply`: one profile as the statement, in wordings that list the parties."""
    (profile,) = (s for s in profiles.profiles(whole).statements if s.id == name)
    statement = replace(profile, text=profiles.told(whole, party, seed))
    names = profiles.listed(whole, party, seed)
    wordings = tuple(
        replace(w, ask=w.ask.replace(PARTIES, names)) for w in materials.recipe.wordings
    )
    return replace(
        materials,
        statements=replace(whole, statements=(statement,)),
        recipe=replace(materials.recipe, wordings=wordings),
    )


def _require_usable(wording: Wording, protocol: str, *, recorded: bool) -> None:
    where = f"protocol {protocol}: the wording {wording.name!r}"
    if wording.options:
        raise UsageError(
            f"{where} offers options to choose from, but advice is given in text: give it "
            "options: {}"
        )
    if PARTIES not in wording.ask and not recorded:
        raise UsageError(
            f"{where} does not list the parties: its 'ask' must hold {PARTIES} beside "
            "{statement}, the place of the profile"
        )


@cache
def _names(options: tuple[Option, ...], language: str) -> PartyNames:
    parties = [Respondent(option.label, {}, option.forms[1:]) for option in options]
    return party_names(parties, language)
