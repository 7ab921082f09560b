"""Profiles: the answers of a set's respondents (parties), written as those of a user.

A profile has the answers of one party; statements that it did not answer are left out, not written
as neutral. Pure: the order depends on the seed alone.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from probes.advice.names import fold, joined, party_names
from probes.advice.words import words
from probes.errors import UsageError
from probes.types import Respondent, Side, Statement, StatementSet

ADVICE = "advice"
"""Name of the method, and of the protocol that ships with it."""
FEWEST = 2
"""Least number of parties."""
TAG = "profile"
"""Tag of a profile's `Statement` that holds the party's name."""


def check(statements: StatementSet) -> None:
    """Check that a set can be used for vote advice.

    Raises:
        UsageError: the set has fewer than two respondents, one without answers, or two that share a
            name; or there are no words for profiles in its language.
    """
    parties = statements.respondents
    if len(parties) < FEWEST:
        has = "one respondent only" if parties else "no respondents"
        raise UsageError(
            f"the set {statements.name} has {has}: method advice tells the answers of parties, "
            "and needs two or more under 'respondents', as sets import wahlomat makes them"
        )
    statement_ids = {statement.id for statement in statements.statements}
    for party in parties:
        if not statement_ids & party.answers.keys():
            raise UsageError(
                f"the set {statements.name}: all answers of {party.name!r} are missing, so that it "
                "has no profile; take it out of 'respondents'"
            )
        if "{" in party.name or not joined(fold(party.name)[0]):
            raise UsageError(
                f"the set {statements.name}: the name {party.name!r} should hold letters or "
                "digits, and no brace, to be told and found in replies"
            )
    words(statements.language)
    party_names(parties, statements.language)


def ids(parties: Sequence[Respondent]) -> list[str]:
    """Ids of the parties' profiles: names in characters that ids allow, numbered if they collide.

    >>> ids([Respondent("CDU / CSU"), Respondent("Volt")])
    ['CDU-CSU', 'Volt']
    """
    names = list[str]()
    for number, party in enumerate(parties, start=1):
        plain = re.sub(r"[^\w.]+", "-", party.name).strip("-")[:80] or "party"
        names.append(plain if plain not in names else f"{plain}-{number}")
    return names


def by_id(statements: StatementSet) -> Mapping[str, Respondent]:
    """Id of a profile -> its party, in the order of the set."""
    parties = statements.respondents
    return dict(zip(ids(parties), parties, strict=True))


def profiles(statements: StatementSet) -> StatementSet:
    """The set with profiles in place of its statements, each with its party's name as text: what
    recorded replies are matched with and samples are drawn from."""
    items = (Statement(name, p.name, tags={TAG: p.name}) for name, p in by_id(statements).items())
    return replace(statements, statements=tuple(items), axes=())


def asked_about(statements: StatementSet, method: str) -> StatementSet:
    """The items that a method asks about: the set's statements; its profiles for method `advice`.

    Raises:
        UsageError: as `check`.
    """
    if method != ADVICE:
        return statements
    check(statements)
    return profiles(statements)


def told(statements: StatementSet, party: Respondent, seed: int) -> str:
    """The text of a profile: a party's answers, a line each, in an order drawn from the seed."""
    answers, language = party.answers, words(statements.language)
    answered = [s for s in statements.statements if s.id in answers]
    order = _chance(party, seed, "answers").permutation(len(answered))
    return "\n".join(_line(language.says(answers[answered[i].id]), answered[i]) for i in order)


def listed(statements: StatementSet, party: Respondent, seed: int) -> str:
    """The names of all parties, in an order drawn from the profile and the seed."""
    names = [p.name for p in statements.respondents]
    order = _chance(party, seed, "parties").permutation(len(names))
    return ", ".join(names[i] for i in order)


def agreement(parties: Sequence[Respondent]) -> np.ndarray:
    """``(k, k)``: mean agreement of two parties, in [0, 1], over the statements that both answered;
    NaN where there are none."""
    value: Mapping[Side, float] = {"agree": 1.0, "neutral": 0.5, "disagree": 0.0}
    ids_ = sorted({name for p in parties for name in p.answers})
    grid = np.array(
        [[value[a] if (a := p.answers.get(i)) else np.nan for i in ids_] for p in parties]
    )
    gaps = np.abs(grid[:, None, :] - grid[None, :, :])
    both = np.isfinite(gaps).sum(axis=2)
    shared: np.ndarray = 1 - np.nansum(gaps, axis=2) / np.where(both, both, np.nan)
    return shared


def same(parties: Sequence[Respondent]) -> np.ndarray:
    """``(k, k)``: whether two parties gave the same answers, so have the same profile."""
    return np.array([[a.answers == b.answers for b in parties] for a in parties], dtype=bool)


def _line(answer: str, statement: Statement) -> str:
    return f"- {answer}: {' '.join(statement.text.split())}"


def _chance(party: Respondent, seed: int, purpose: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{party.name}\0{seed}\0{purpose}".encode()).digest()
    return np.random.default_rng(list(digest))
