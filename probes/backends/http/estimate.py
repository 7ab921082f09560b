"""A model behind an endpoint as it would be asked, if it gave this or that: for counting only.

Lays prompts out as `endpoint` does, and tells what each would take; sends nothing, and needs
neither a key nor the package `openai`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.backends.http import echo
from probes.types import Gives, ModelInfo, ModelSpec, Option, Prompt, Reply, Writing

TOLERANCE = 2e-2
"""Of what is scored twice, in probability: what a server computes in is not known."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What came back of a model when it was tried."""

    gives: Gives
    chat: bool
    top: int = 0
    """Likeliest first tokens that it tells of."""
    limit: str = "max_tokens"
    """What it calls the most tokens of a reply."""


def abilities(chat: bool | None) -> list[Abilities]:  # noqa: FBT001 -- as the option has it
    """What a model may turn out to be able to do, each once; see `abilities.ability` on `chat`."""
    found = [
        Abilities("prompt log-probabilities", chat=False),
        Abilities("top log-probabilities", chat=True, top=20),
        Abilities("text", chat=chat is not False),
    ]
    return [one for one in found if chat in (None, one.chat)]


def described(spec: ModelSpec, ability: Abilities, served: str) -> ModelInfo:
    """What is known of a model behind an endpoint; `served` is what its server calls it."""
    where = f"{spec.endpoint.url if spec.endpoint else ''}#{spec.id}"
    return replace(
        ModelInfo.of(spec, "endpoint"),
        id=where,
        revision=served,
        weights=hashlib.sha256(f"{where}\n{served}".encode()).hexdigest(),
        device="endpoint",
        dtype="unknown",
        chat=ability.chat,
        tolerance=TOLERANCE,
        gives=ability.gives,
    )


def tokens(text: str) -> int:
    """About how many tokens a text has: a quarter of its bytes."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


class WritingEstimate:
    """What planning asks of a model that writes; see `ScoringEstimate` for one that scores, too.

    Args:
        spec: What was asked for.
        ability: What it can do.
        served: What its server calls it.
    """

    def __init__(self, spec: ModelSpec, ability: Abilities, served: str = "") -> None:
        self.info = described(spec, ability, served)
        self.ability = ability

    @staticmethod
    def of(spec: ModelSpec, ability: Abilities) -> WritingEstimate:
        """A model that gives this."""
        return (WritingEstimate if ability.gives == "text" else ScoringEstimate)(spec, ability)

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot; a chat's turn is laid out by `asking.texts.cloze`."""
        return ask if self.ability.chat else ask + joint + begin

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """About how many tokens each prompt has: the server has the tokenizer."""
        del writing
        return [tokens(prompt.before) for prompt in prompts]

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that come over HTTP."""
        drawn = {"checkpoint": "drawn as its server is set", "greedy": "the most likely"}
        return (f"replies of an endpoint, {drawn.get(writing.sampling, 'drawn')}",)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """Nobody is asked."""
        raise NotImplementedError

    def needs(self, prompt: Prompt, writing: Writing | None) -> tuple[int, int, int]:
        """Requests, tokens read (about) and written (at most) that a prompt's answer takes."""
        if writing is not None:
            return 1, tokens(prompt.before), writing.tokens
        if self.info.gives == "prompt log-probabilities":
            texts = echo.texts(prompt)
            return len(texts), sum(map(tokens, texts)), len(texts)
        return 1, tokens(prompt.before), 1


class ScoringEstimate(WritingEstimate):
    """What planning asks of a model that gives probabilities."""

    packed = False

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Every form; that first tokens stand for options must be said."""
        if self.info.gives == "prompt log-probabilities":
            return prompt.options, ()
        return prompt.options, (f"options by first tokens, of the {self.ability.top} likeliest",)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """About how many tokens each prompt has."""
        return [tokens(prompt.before) for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Nobody is asked."""
        raise NotImplementedError
