"""The prompts of benchmarks: shipped statements, in wordings that differ by a word in each round.

So caches of one round do not help in the next, and texts have equal lengths. probes gets materials
to plan, as in a run; peers get the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from probes.asking import protocols
from probes.instruments import sets
from probes.methods import choice
from probes.types import (
    Materials,
    ModelInfo,
    Option,
    Prompt,
    Recipe,
    Statement,
    StatementSet,
    Wording,
)

ROUNDS = (
    *("statement", "sentence", "claim", "view", "question", "report", "letter", "speech"),
    *("paper", "book", "page", "message", "note", "story", "poster", "post"),
)
"""The word that differs, by round; the first is for the warm-up."""
PAIR = (Option("agree", "agree", ("agree",)), Option("disagree", "disagree", ("disagree",)))
FOUR = (
    Option("strongly disagree", "disagree", ("strongly disagree",), strong=True),
    *reversed(PAIR),
    Option("strongly agree", "agree", ("strongly agree",), strong=True),
)
MASKED = Wording(
    "masked",
    ask="Here is a {round} about society: {statement}",
    answer="I {slot} with this statement.",
    options=PAIR,
)
"""Wording for masked models; 28 tokens on average."""
CAUSAL = Wording(
    "causal",
    ask="A {round} contains this sentence: {statement} Possible answers: {options}.",
    answer="The answer that fits me best is {slot}.",
    options=FOUR,
    orders=((0, 1, 2, 3),),
)
"""Wording for causal models; 43 tokens on average, option included."""
OPEN = "Please respond to the following {round}: {statement}\nYour response:"
ALL = " ".join([*ROUNDS, MASKED.ask, MASKED.answer, CAUSAL.ask, CAUSAL.answer, OPEN])
"""All words of the wordings, for the vocabularies."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Renders prompts like a model without chat template; all that `choice.prompts` needs."""

    info: ModelInfo

    def render(self, ask: str, begin: str, joint: str) -> str:
        """``ask + joint + begin``."""
        return ask + joint + begin


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompts of a contender in a round."""

    materials: Materials
    """All statements of the round, for planning."""
    prompts: list[Prompt]
    """The contender's share of the prompts, longest text first."""


def materials(wording: Wording, number: int, prompts: int) -> Materials:
    """Materials that give this (even) number of prompts, in round `number`."""
    word = ROUNDS[number % len(ROUNDS)]
    wording = replace(wording, ask=wording.ask.replace("{round}", word))
    recipe = replace(_recipe(), name="benchmark", wordings=(wording,), blanks=(), controls="")
    compass = _compass()
    chosen = [s for s in compass.statements if s.mirror]
    times = -(-prompts // (2 * len(chosen)))
    chosen = [s if time == 0 else _changed(s, time) for time in range(times) for s in chosen]
    return Materials(replace(compass, statements=tuple(chosen[: max(1, prompts // 2)])), recipe)


def prompts(asked: Materials) -> list[Prompt]:
    """The distinct prompts of these materials, longest text first."""
    every = choice.prompts(Texts(ModelInfo("texts", "", "")), asked)
    once = {prompt.text: prompt for prompt in every}
    return sorted(once.values(), key=lambda prompt: -len(prompt.before))


def opened(number: int, count: int) -> list[Prompt]:
    """`count` open questions, for written replies."""
    word = ROUNDS[number % len(ROUNDS)]
    questions = []
    for statement in _compass().statements:
        for text in (statement.text, statement.mirror):
            before = OPEN.replace("{round}", word).replace("{statement}", text or "")
            questions.append(
                Prompt(statement, "statement", "open", before, "", (), bool(questions))
            )
    return questions[:count]


def asker(wording: Wording, whole: int) -> Callable[[int, int], Asked]:
    """Function (round, count) -> `count` prompts for a contender, out of `whole` in the round."""

    def asked(number: int, count: int) -> Asked:
        least = max(2, count if number == 0 else whole)
        round_materials = materials(wording, number, least)
        return Asked(round_materials, spread(prompts(round_materials), count))

    return asked


def spread(things: Sequence[Prompt], count: int) -> list[Prompt]:
    """`count` evenly spaced prompts, so that their mean length is that of all."""
    count = min(count, len(things))
    return [things[i * len(things) // count] for i in range(count)]


@cache
def _compass() -> StatementSet:
    return sets.load("compass")


@cache
def _recipe() -> Recipe:
    return protocols.load("default")


def _changed(statement: Statement, time: int) -> Statement:
    """The statement with a numbered sentence added: there are only 160 distinct texts."""
    tail = f"This is number {time:03}."
    return replace(
        statement,
        id=f"{statement.id}-{time}",
        text=f"{statement.text} {tail}",
        mirror=f"{statement.mirror} {tail}",
    )
