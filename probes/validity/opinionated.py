"""Simulated respondents with opinions: a leaning on one axis, and views of their own around it.

By one of two models of agreeing (dominance, ideal point). A refuser has views and refuses the texts
of one pole. All use the key and none the text, so they test the key, the protocol and the
estimator, and say nothing about the sentences.
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
"""Log-odds with which true respondents know the truth of a control."""
VIEWS = 1.0
"""SD of a true respondent's own views on statements around its leaning, in log-odds."""
VIEWED = f"with views of their own (SD {VIEWS:g}) and noise (SD {NOISE:g} in log-odds)"
LOCUS = {1: 0.4, 2: 0.8}
"""Extremity -> where a text stands on the way to its pole, for ideal-point respondents."""
UNTAGGED = 0.6
"""The same in a set that tags none as strong."""
REACH, NARROW = 0.6, 2.2
"""How far away a text may stand to be agreed with, and how fast agreement falls with the squared
distance: such that pairs place an ideal-point respondent about where it stands. (provisional)"""
Attraction = Callable[[Statement, int], float]
"""Statement, and the pole that a text of it pulls to (1, -1, 0) -> log-odds of agreeing."""


def with_leaning(of: StatementSet, axis: str, share: float) -> ScriptedRespondent:
    """One who stands at `share` of the scale, in (-1, 1), on `axis` and at 0 on all others.

    Log-odds of agreeing with what pulls to the positive pole are 2 artanh(share), the link by which
    positions are read, plus views of its own on each statement (`VIEWS`), balanced so that they do
    not move it, plus `NOISE` in each wording. It knows the controls.
    """
    rule = _opinionated(of, axis, _dominance(share), f"{axis} {share}")
    name = f"{axis} at {share * of.scale:+g}"
    return ScriptedRespondent(info(name), rule, "dominance", axis, share * of.scale)


def with_ideal_point(of: StatementSet, axis: str, share: float) -> ScriptedRespondent:
    """The same, but agreement peaks with texts that stand where it stands (Coombs 1964).

    Log-odds fall with the squared distance to a text's `LOCUS` on its pole's side, so that a
    moderate rejects the strong texts of either pole.
    """
    tagged = any(s.extremity == max(LOCUS) for s in of.statements)

    def attraction(statement: Statement, pull: int) -> float:
        away = share - pull * (LOCUS[statement.extremity] if tagged else UNTAGGED)
        return NARROW * (REACH**2 - away**2) if pull else 0.0

    rule = _opinionated(of, axis, attraction, f"{axis} {share} ideal")
    name = f"{axis} at {share * of.scale:+g}, ideal point"
    return ScriptedRespondent(info(name), rule, "ideal point", axis, share * of.scale)


def refuser(of: StatementSet, axis: str, pole: int) -> ScriptedRespondent:
    """A true centrist who refuses every text that pulls to one pole, mirrors among them."""
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
    """Who answers by an attraction and by views of its own, and knows the controls."""
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
    """Normal quantiles, shuffled over the statements that pull to the same side."""
    for side in (-1, 0, 1):
        group = [key for key, sign in pulls.items() if sign == side]
        group.sort(key=lambda key: uniform(name, key))
        for place, key in enumerate(group):
            yield key, VIEWS * NormalDist().inv_cdf((place + 0.5) / len(group))
