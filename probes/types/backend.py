"""The contracts of a backend: what it must offer to be asked."""

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
    """What every backend offers; `Scorer` and `Writer` add the verbs."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: by the chat template (ask as the user's turn, `begin` as the
        start of the model's own), else ``ask + joint + begin``."""


@runtime_checkable
class Conversant(Model, Protocol):
    """A chat that can be told something before it is asked (`types.Condition`)."""

    def takes_system(self) -> bool:
        """Whether a system turn reaches it: tried, not inferred."""

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The text before the slot: these turns, the last of them the user's, then the model's as
        far as `begin`, with room for a thought if it is to think. A model that takes messages
        gives the last turn's text. Raises `ModelError` if a turn cannot be said."""


@runtime_checkable
class Scorer(Model, Protocol):
    """A model that gives probabilities to options."""

    @property
    def packed(self) -> bool:
        """Whether prompts of a batch share a row without padding, once `lengths` was asked: then
        texts that begin alike belong side by side, else texts of equal length do."""

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The prompt's options with only the antonym pairs that this model can score in this
        place, and flags (``unequal_pieces``). Raises `ModelError` if no pair is left."""

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt, for planning batches. Raises `ModelError` naming the statement
        and wording if one is longer than the context."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch, one `Reply` a prompt, in order. Raises `ScoreError` on numbers that are not
        finite, `MemoryError` if the batch does not fit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stance model makes of one premise and hypothesis: its logits."""

    entailment: float
    neutral: float
    contradiction: float
    cut: bool = False
    """The premise was longer than the model's context, and its end was left out."""


class Judge(Protocol):
    """A model that says whether a text entails another: backend `stance`."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """Tokens of each premise and hypothesis as they are read, for planning batches. Raises
        `ModelError` for a hypothesis that is longer than the context."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """One batch of premises and hypotheses, in order. Raises `ScoreError` on numbers that are
        not finite, `MemoryError` if the batch does not fit."""


@runtime_checkable
class Writer(Model, Protocol):
    """A model that writes text."""

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> Sequence[str | Reply | None]:
        """One continuation a prompt, in order; where there is none, None, or a `Reply` that says
        why. What a prompt's `seed` makes of it does not depend on the batch."""


@runtime_checkable
class Bindable(Model, Protocol):
    """A model that must know the statements before it is asked, as one of recorded replies does."""

    def bind(self, statements: StatementSet) -> Scorer | Writer:
        """The model with each of its replies at the statement that it is about. Raises
        `ModelError` if one is about none of them."""


@runtime_checkable
class RecordedModel(Writer, Protocol):
    """A writer whose replies are there already: it is asked what it was asked then."""

    @property
    def rounds(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Wording -> the orders and seeds in which there are replies."""


@runtime_checkable
class Author(Writer, Protocol):
    """A writer that can say beforehand what writing takes."""

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens of each prompt, for planning batches. Raises `ModelError` naming the statement
        and wording if prompt and reply are longer than the context."""

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that are written so, such as sampling switched on."""


@runtime_checkable
class Foresighted(Model, Protocol):
    """A model that answers sooner if it knows what will be asked: it works ahead."""

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """These will be asked in this order: to be scored, or written on as `writing` says."""
