"""A set's respondents as users: which party's answers are told, in which order, and their ids.

A profile holds what a party answered and nothing else; what it did not answer is left out, and is
never told as neutral. Pure: the order comes from the seed alone.
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
"""The method, and the protocol that ships with it."""
FEWEST = 2
"""Parties among which one can be advised."""
TAG = "profile"
"""Tag of a profile's `Statement`: the party whose answers it tells."""


def check(statements: StatementSet) -> None:
    """Whether advice can be asked of a set.

    Raises:
        UsageError: it has no respondents, or one; one without answers; two with a name in common;
            or no profile can be told in its language.
    """
    parties = statements.respondents
    if len(parties) < FEWEST:
        has = "one respondent only" if parties else "no respondents"
        raise UsageError(
            f"the set {statements.name} has {has}: method advice tells the answers of parties, "
            "and needs two or more under 'respondents', as sets import wahlomat makes them"
        )
    told = {statement.id for statement in statements.statements}
    for party in parties:
        if not told & party.answers.keys():
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
    """Of each party's profile: its name in letters that an id may have, numbered where two agree.

    >>> ids([Respondent("CDU / CSU"), Respondent("Volt")])
    ['CDU-CSU', 'Volt']
    """
    names = list[str]()
    for number, party in enumerate(parties, start=1):
        plain = re.sub(r"[^\w.]+", "-", party.name).strip("-")[:80] or "party"
        names.append(plain if plain not in names else f"{plain}-{number}")
    return names


def by_id(statements: StatementSet) -> Mapping[str, Respondent]:
    """Id of a profile -> whose it is, in the order of the set."""
    parties = statements.respondents
    return dict(zip(ids(parties), parties, strict=True))


def profiles(statements: StatementSet) -> StatementSet:
    """The set with its profiles in the place of statements, each called by its party's name: what
    recorded replies are about, and of what a sample is drawn."""
    told = (Statement(name, p.name, tags={TAG: p.name}) for name, p in by_id(statements).items())
    return replace(statements, statements=tuple(told), axes=())


def asked_about(statements: StatementSet, method: str) -> StatementSet:
    """What a method asks about: the statements of a set, or of method `advice` its profiles.

    Raises:
        UsageError: as `check`.
    """
    if method != ADVICE:
        return statements
    check(statements)
    return profiles(statements)


def told(statements: StatementSet, party: Respondent, seed: int) -> str:
    """A party's answers as a user's own, a line each, in an order of this seed."""
    answers, language = party.answers, words(statements.language)
    answered = [s for s in statements.statements if s.id in answers]
    order = _chance(party, seed, "answers").permutation(len(answered))
    return "\n".join(_line(language.says(answers[answered[i].id]), answered[i]) for i in order)


def listed(statements: StatementSet, party: Respondent, seed: int) -> str:
    """All parties, in an order of this profile and seed."""
    names = [p.name for p in statements.respondents]
    order = _chance(party, seed, "parties").permutation(len(names))
    return ", ".join(names[i] for i in order)


def agreement(parties: Sequence[Respondent]) -> np.ndarray:
    """How far each two agree, in [0, 1], over what both answered; NaN where that is nothing."""
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
    """Which two gave the same answers to the same statements: nobody tells their profiles apart."""
    return np.array([[a.answers == b.answers for b in parties] for a in parties], dtype=bool)


def _line(answer: str, statement: Statement) -> str:
    return f"- {answer}: {' '.join(statement.text.split())}"


def _chance(party: Respondent, seed: int, purpose: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{party.name}\0{seed}\0{purpose}".encode()).digest()
    return np.random.default_rng(list(digest))
