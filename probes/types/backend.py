"""Protocols that a backend implements: scoring options, writing text, judging stances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from probes.types.condition import Turn
from probes.types.evidence import Reply
from probes.types.instrument import StatementSet
from probes.types.model import ModelInfo
from probes.types.prompt import Option, Prompt
from probes.types.writing import Writing


class Model(Protocol):
    """Base of all backends; `Scorer` and `Writer` add scoring and writing."""

    @property
    def info(self) -> ModelInfo:
        """Description of the loaded model."""

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Text of the prompt up to the slot. With a chat template, `ask` is the user's turn and
        `begin` the start of the model's turn; without one, ``ask + joint + begin``."""


@runtime_checkable
class Conversant(Model, Protocol):
    """A chat model that accepts turns before the question (`types.Condition`)."""

    def takes_system(self) -> bool:
        """Whether a system turn reaches the model; found by trying, not inferred from its name."""

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """Text of the prompt up to the slot: `turns` (the last is the user's), then the model's
        turn up to `begin`; with `thinking`, room for a thought is left. For a model that takes
        messages, the text of the last turn. Raises `ModelError` if the model cannot take a turn."""


@runtime_checkable
class Scorer(Model, Protocol):
    """A model that gives probabilities to options."""

    @property
    def packed(self) -> bool:
        """Whether the prompts of a batch share a row without padding (known after a call of
        `lengths`). If so, batch texts with a common prefix; if not, batch texts of equal length."""

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The prompt's options, reduced to the antonym pairs that this model can score in the slot,
        and flags (``unequal_pieces``). Raises `ModelError` if no pair is left."""

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Number of tokens of each prompt, for planning batches. Raises `ModelError` naming the
        statement and wording if a prompt is longer than the context."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Scores of one batch: one `Reply` per prompt, in the same order. Raises `ScoreError` on
        numbers that are not finite, `MemoryError` if the batch does not fit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Logits of a stance model for one premise and hypothesis."""

    entailment: float
    neutral: float
    contradiction: float
    cut: bool = False
    """Whether the premise was longer than the model's context, so that its end was left out."""


class Judge(Protocol):
    """A model that says whether a text entails another: backend `stance`."""

    @property
    def info(self) -> ModelInfo:
        """Description of the loaded model."""

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """Number of tokens of each pair of premise and hypothesis, for planning batches. Raises
        `ModelError` for a hypothesis that is longer than the context."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Logits of one batch of (premise, hypothesis), in the same order. Raises `ScoreError` on
        numbers that are not finite, `MemoryError` if the batch does not fit."""


@runtime_checkable
class Writer(Model, Protocol):
    """A model that writes text."""

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> Sequence[str | Reply | None]:
        """One continuation per prompt, in the same order; where there is none, None or a `Reply`
        that says why. A prompt's continuation depends on its `seed`, not on the rest of the
        batch."""


@runtime_checkable
class Bindable(Model, Protocol):
    """A model that must know the statements before it is asked, such as one of recorded replies."""

    def bind(self, statements: StatementSet) -> Scorer | Writer:
        """The model with each of its replies assigned to the statement that it answers. Raises
        `ModelError` if a reply answers none of them."""


@runtime_checkable
class RecordedModel(Writer, Protocol):
    """A writer that returns recorded replies: it can only be asked what was asked then."""

    @property
    def rounds(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Wording -> (order, seed) of each recorded reply."""


@runtime_checkable
class Author(Writer, Protocol):
    """A writer that can estimate the cost of writing beforehand."""

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Number of tokens of each prompt, for planning batches. Raises `ModelError` naming the
        statement and wording if prompt and reply are longer than the context."""

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """Remarks on replies written with these settings, such as sampling switched on."""


@runtime_checkable
class Foresighted(Model, Protocol):
    """A model that is faster if it knows the prompts in advance: it sends them ahead of time."""

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """Announce the next prompts, in order: to be scored, or continued as `writing` says."""
