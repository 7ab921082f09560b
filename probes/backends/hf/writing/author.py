"""What causal models and encoder-decoders have in common: the same checkpoint scores and writes.

Rendering, forms and contexts are those of the checkpoint; replies are written by one `Generator`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import continuations, forms
from probes.errors import ModelError

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.backends.hf.writing.writer import Generator
    from probes.types import ModelInfo, Option, Prompt, Turn, Writing


class CheckpointAuthor(ABC):
    """A checkpoint as a `types.Author`, and all of a `types.Scorer` but the scores.

    Args:
        checkpoint: one that writes.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.meter = Meter()

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.checkpoint.render(ask, begin, joint)

    def takes_system(self) -> bool:
        """Whether its chat template writes a system turn (types.Conversant)."""
        return self.checkpoint.chat is not None and self.checkpoint.chat.takes_system

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The text before the slot, of a conversation (types.Conversant)."""
        return self.checkpoint.converse(turns, begin, thinking=thinking)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that this tokenizer cannot spell."""
        unknown = self.checkpoint.tokenizer.unk_token_id
        ids = continuations.form_ids(prompt, self.checkpoint.encode_all, unknown=unknown)
        options, flags = forms.fit(prompt, ids)
        return options, (*flags, *self.checkpoint.flags)

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens that are read of each prompt that is to be answered in text.

        Raises:
            ModelError: a prompt and its reply are longer than the context.
        """
        return self._generator.costs(prompts, writing)

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """Remarks on replies that are written so."""
        return self._generator.remarks(writing)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: they do not fit.
        """
        return self._generator.write(prompts, writing)

    @cached_property
    def _generator(self) -> Generator:
        return self._new_generator()

    @abstractmethod
    def _new_generator(self) -> Generator:
        """What writes by its architecture."""

    def _require_context(self, prompt: Prompt, longest: int) -> None:
        """Refuse a prompt of more tokens than are read at once.

        Raises:
            ModelError: naming the prompt.
        """
        context = self.checkpoint.context
        if context is not None and longest > context:
            raise ModelError(
                f"{forms.prompt_label(prompt)}: {longest} tokens are more than the {context} that "
                f"{self.info.name} reads at once"
            )
