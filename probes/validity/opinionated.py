"""Simulated respondents with a leaning on one axis, and views of their own on each statement.

Two response models: dominance and ideal point. A refuser refuses the texts of one pole. All use the
key and not the text, so they test the key, the protocol and the estimator, and say nothing about
the sentences.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from statistics import NormalDist

from probes.types import Option, Prompt, Statement, StatementSet
from probes.validity.balance import pull
from probes.validity.simulated import (
    NOISE,
    ScriptedRespondent,
    ScriptedStance,
    info,
    normal,
    uniform,
)

KNOWLEDGE = 4.0
"""Log-odds of a correct answer to a control."""
VIEWS = 1.0
"""SD of a respondent's own views on statements around its leaning, in log-odds."""
VIEWED = f"with views of their own (SD {VIEWS:g}) and noise (SD {NOISE:g} in log-odds)"
LOCUS = {1: 0.4, 2: 0.8}
"""Extremity -> location of a text between centre and pole, for ideal-point respondents."""
UNTAGGED = 0.6
"""Location in a set without strong statements."""
REACH, NARROW = 0.6, 2.2
"""Ideal-point model: distance of a text up to which it is agreed with, and decrease of log-odds
with the squared distance; set so that pairs recover the respondent's position approximately.
(provisional)"""
Attraction = Callable[[Statement, int], float]
"""(statement, pole that the text is keyed to: 1, -1 or 0) -> log-odds of agreement."""


def with_leaning(of: StatementSet, axis: str, share: float) -> ScriptedRespondent:
    """Dominance respondent at `share` of the scale, in (-1, 1), on `axis` and at 0 on all others.

    Log-odds of agreement with what is keyed to the positive pole are 2 artanh(share), the inverse
    of the position's formula, plus its own views on each statement (`VIEWS`), balanced so that they
    do not change the position, plus `NOISE` in each wording. It knows the controls.
    """
    rule = _opinionated(of, axis, _dominance(share), f"{axis} {share}")
    name = f"{axis} at {share * of.scale:+g}"
    return ScriptedRespondent(info(name), rule, "dominance", axis, share * of.scale)


def with_ideal_point(of: StatementSet, axis: str, share: float) -> ScriptedRespondent:
    """Ideal-point respondent: agreement is highest with texts near its own position (Coombs 1964).

    Log-odds decrease with the squared distance to a text's `LOCUS` on its pole's side, so that a
    moderate respondent rejects the strong texts of either pole.
    """
    tagged = any(s.extremity == max(LOCUS) for s in of.statements)

    def attraction(statement: Statement, pull: int) -> float:
        away = share - pull * (LOCUS[statement.extremity] if tagged else UNTAGGED)
        return NARROW * (REACH**2 - away**2) if pull else 0.0

    rule = _opinionated(of, axis, attraction, f"{axis} {share} ideal")
    name = f"{axis} at {share * of.scale:+g}, ideal point"
    return ScriptedRespondent(info(name), rule, "ideal point", axis, share * of.scale)


def refuser(of: StatementSet, axis: str, pole: int) -> ScriptedRespondent:
    """Centrist respondent that refuses every text keyed to one pole, mirrors included."""
    pulls = {s.id: pull(s, axis) for s in of.statements}
    rest = _opinionated(of, axis, _dominance(0.0), f"{axis} refuser {pole}")

    def rule(prompt: Prompt) -> ScriptedStance | Option | None:
        toward = pulls.get(prompt.statement.id, 0) * (-1 if prompt.mirrored else 1)
        return None if toward == pole and prompt.role != "control" else rest(prompt)

    poles = {a.name: (a.negative, a.positive) for a in of.axes}[axis]
    return ScriptedRespondent(info(f"refuses {poles[pole > 0]} texts"), rule, "refuser", axis)


def _dominance(share: float) -> Attraction:
    leaning = 2 * math.atanh(share)
    return lambda _, pull: pull * leaning


def _opinionated(
    of: StatementSet, axis: str, attraction: Attraction, name: str
) -> Callable[[Prompt], ScriptedStance]:
    """Response rule from an attraction and own views; knows the controls."""
    pulls = {s.id: pull(s, axis) for s in of.statements}
    views = dict(_views(pulls, name))

    def log_odds(prompt: Prompt) -> float:
        side = -1 if prompt.mirrored else 1
        if prompt.role == "control":
            return side * math.copysign(KNOWLEDGE, sum(prompt.statement.effects.values()))
        toward = side * pulls.get(prompt.statement.id, 0)
        return attraction(prompt.statement, toward) + side * views.get(prompt.statement.id, 0.0)

    def rule(prompt: Prompt) -> ScriptedStance:
        if prompt.role == "blank":
            return ScriptedStance(0.0)
        cell = (name, prompt.role, prompt.name, prompt.wording)  # the same in every option order
        return ScriptedStance(log_odds(prompt) + NOISE * normal(*cell))

    return rule


def _views(pulls: Mapping[str, int], name: str) -> Iterator[tuple[str, float]]:
    """Normal quantiles, shuffled among the statements keyed to the same side."""
    for side in (-1, 0, 1):
        group = [key for key, sign in pulls.items() if sign == side]
        group.sort(key=lambda key: uniform(name, key))
        for place, key in enumerate(group):
            yield key, VIEWS * NormalDist().inv_cdf((place + 0.5) / len(group))
