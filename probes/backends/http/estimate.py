"""Estimating requests and tokens for a model at an endpoint, for each ability that it may have.

Builds prompts as `endpoint` does and counts requests and tokens. Sends nothing, and needs neither a
key nor the package `openai`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.backends.http import echo
from probes.types import Gives, ModelInfo, ModelSpec, Option, Prompt, Reply, Turn, Writing

TOLERANCE = 2e-2
"""Maximum difference in probability between two scores of one prompt; servers' precision is
unknown."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """The abilities of a model at an endpoint, as found by test requests."""

    gives: Gives
    chat: bool
    top: int = 0
    """Number of top log-probabilities that the server gives."""
    limit_name: str = "max_tokens"
    """The server's name for the parameter that limits a reply's tokens."""
    room: int = 0
    """Tokens added to the protocol's limit, for thinking before the reply."""
    refuses: tuple[str, ...] = ()
    """Parameters that the server refused by name; they are not sent."""


def possible_abilities(chat: bool | None) -> list[Abilities]:  # noqa: FBT001
    """All abilities that a model may have; `chat` as in `abilities.Trial.detect`."""
    candidates = [
        Abilities("prompt log-probabilities", chat=False),
        Abilities("top log-probabilities", chat=True, top=20),
        Abilities("text", chat=chat is not False),
    ]
    return [ability for ability in candidates if chat in (None, ability.chat)]


def model_info(spec: ModelSpec, ability: Abilities, served: str) -> ModelInfo:
    """The `ModelInfo` of a model at an endpoint; `served` is the server's name for it."""
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


def _prompt_tokens(prompt: Prompt) -> int:
    """Estimated tokens of a prompt and its earlier turns."""
    return estimate_tokens("".join([*(turn.text for turn in prompt.turns), prompt.before]))


def estimate_tokens(text: str) -> int:
    """Estimated tokens of a text: a quarter of its bytes."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


class WritingEstimate:
    """The planning methods of a model that only writes; `ScoringEstimate` adds those of scoring.

    Args:
        spec: The model's entry.
        ability: The model's abilities.
        served: The server's name for the model.
    """

    def __init__(self, spec: ModelSpec, ability: Abilities, served: str = "") -> None:
        self.info = model_info(spec, ability, served)
        self.ability = ability

    @staticmethod
    def of(spec: ModelSpec, ability: Abilities) -> WritingEstimate:
        """The estimate for a model with this ability."""
        return (WritingEstimate if ability.gives == "text" else ScoringEstimate)(spec, ability)

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot; for a chat the message made by `asking.texts.cloze`."""
        return ask if self.ability.chat else ask + joint + begin

    def takes_system(self) -> bool:
        """True: assumes that the server accepts a system turn, since nothing is sent."""
        return True

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The last turn's text; earlier turns are separate messages (types.Conversant)."""
        del begin, thinking
        return turns[-1].text

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Estimated tokens of each prompt; the tokenizer is not known."""
        del writing
        return [_prompt_tokens(prompt) for prompt in prompts]

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """Remarks on how replies are sampled."""
        sampling = {"checkpoint": "drawn as its server is set", "greedy": "the most likely"}
        how = sampling.get(writing.sampling, "sampling")
        room = f", {self.ability.room} tokens more for thoughts" if self.ability.room else ""
        return (f"replies of an endpoint, {how}{room}", *self._refusals())

    def _refusals(self) -> tuple[str, ...]:
        """A remark on parameters that the server refuses."""
        names = ", ".join(self.ability.refuses)
        return (f"its server refuses {names}: left to the server",) if names else ()

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> Sequence[str | Reply]:
        """Not possible: nothing is sent."""
        raise NotImplementedError

    def needs(self, prompt: Prompt, writing: Writing | None) -> tuple[int, int, int]:
        """Requests, tokens read (estimated) and tokens written (at most) for a prompt's answer."""
        if writing is not None:
            return 1, _prompt_tokens(prompt), writing.tokens + self.ability.room
        if self.info.gives == "prompt log-probabilities":
            texts = echo.form_texts(prompt)
            return len(texts), sum(map(estimate_tokens, texts)), len(texts)
        return 1, _prompt_tokens(prompt), 1


class ScoringEstimate(WritingEstimate):
    """The planning methods of a model that gives log-probabilities."""

    packed = False

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """All options; a remark says if they are scored by their first tokens."""
        if self.info.gives == "prompt log-probabilities":
            return prompt.options, self._refusals()
        top = f"options by first tokens, of the {self.ability.top} likeliest"
        return prompt.options, (top, *self._refusals())

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Estimated tokens of each prompt."""
        return [_prompt_tokens(prompt) for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Not possible: nothing is sent."""
        raise NotImplementedError
