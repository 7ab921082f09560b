"""What is asked: the shipped statements in wordings that differ by one word from round to round.

Nothing that anybody remembers of one round helps in the next, and texts are equally long. probes
gets a plan, as in a run; peers get the very same texts.
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
"""The word that differs, by round; the first is for warming up."""
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
"""28 tokens on average."""
CAUSAL = Wording(
    "causal",
    ask="A {round} contains this sentence: {statement} Possible answers: {options}.",
    answer="The answer that fits me best is {slot}.",
    options=FOUR,
    orders=((0, 1, 2, 3),),
)
"""43 tokens on average, the option's own among them."""
OPEN = "Please respond to the following {round}: {statement}\nYour response:"
ALL = " ".join([*ROUNDS, MASKED.ask, MASKED.answer, CAUSAL.ask, CAUSAL.answer, OPEN])
"""Every word of these, for the vocabularies."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Renders as a model without a chat template does; all that `choice.prompts` asks of one."""

    info: ModelInfo

    def render(self, ask: str, begin: str, joint: str) -> str:
        """``ask + joint + begin``."""
        return ask + joint + begin


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is asked in a round."""

    materials: Materials
    """All of the round, for a plan."""
    prompts: list[Prompt]
    """As much of it as they are asked, longest text first."""


def materials(wording: Wording, number: int, prompts: int) -> Materials:
    """A set and a protocol that come to this many prompts (an even number), in round `number`."""
    word = ROUNDS[number % len(ROUNDS)]
    wording = replace(wording, ask=wording.ask.replace("{round}", word))
    recipe = replace(_recipe(), name="benchmark", wordings=(wording,), blanks=(), controls="")
    compass = _compass()
    chosen = [s for s in compass.statements if s.mirror]
    times = -(-prompts // (2 * len(chosen)))
    chosen = [s if time == 0 else _changed(s, time) for time in range(times) for s in chosen]
    return Materials(replace(compass, statements=tuple(chosen[: max(1, prompts // 2)])), recipe)


def prompts(asked: Materials) -> list[Prompt]:
    """The prompts of a plan of these materials, longest text first, equal ones once."""
    every = choice.prompts(Texts(ModelInfo("texts", "", "")), asked)
    once = {prompt.text: prompt for prompt in every}
    return sorted(once.values(), key=lambda prompt: -len(prompt.before))


def opened(number: int, count: int) -> list[Prompt]:
    """Open questions, for replies in the model's own words."""
    word = ROUNDS[number % len(ROUNDS)]
    found = []
    for statement in _compass().statements:
        for text in (statement.text, statement.mirror):
            before = OPEN.replace("{round}", word).replace("{statement}", text or "")
            found.append(Prompt(statement, "statement", "open", before, "", (), bool(found)))
    return found[:count]


def asker(wording: Wording, whole: int) -> Callable[[int, int], Asked]:
    """(round, prompts) -> what somebody is asked who has so many of the `whole` of a round."""

    def asked(number: int, count: int) -> Asked:
        least = max(2, count if number == 0 else whole)
        given = materials(wording, number, least)
        return Asked(given, spread(prompts(given), count))

    return asked


def spread(things: Sequence[Prompt], count: int) -> list[Prompt]:
    """So many of them, evenly from all: their average length is that of all."""
    count = min(count, len(things))
    return [things[i * len(things) // count] for i in range(count)]


@cache
def _compass() -> StatementSet:
    return sets.load("compass")


@cache
def _recipe() -> Recipe:
    return protocols.load("default")


def _changed(statement: Statement, time: int) -> Statement:
    """Both texts with a tail that makes them others, of the same length: there are only 160."""
    tail = f"This is number {time:03}."
    return replace(
        statement,
        id=f"{statement.id}-{time}",
        text=f"{statement.text} {tail}",
        mirror=f"{statement.mirror} {tail}",
    )
