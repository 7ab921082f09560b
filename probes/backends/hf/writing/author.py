"""Base class of causal models and encoder-decoders, whose checkpoints score and write.

Renders prompts and selects forms with the checkpoint; a `Generator` writes replies.
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
    """A checkpoint as a `types.Author`, and the parts of a `types.Scorer` other than scoring.

    Args:
        checkpoint: a causal or seq2seq checkpoint.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.meter = Meter()

    @property
    def info(self) -> ModelInfo:
        """Facts on the loaded model."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.checkpoint.render(ask, begin, joint)

    def takes_system(self) -> bool:
        """Whether the chat template renders a system turn (types.Conversant)."""
        return self.checkpoint.chat is not None and self.checkpoint.chat.takes_system

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The text before the slot of a conversation (types.Conversant)."""
        return self.checkpoint.converse(turns, begin, thinking=thinking)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that have unknown tokens (types.Scorer)."""
        unknown = self.checkpoint.tokenizer.unk_token_id
        ids = continuations.form_ids(prompt, self.checkpoint.encode_all, unknown=unknown)
        options, flags = forms.fit(prompt, ids)
        return options, (*flags, *self.checkpoint.flags)

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens of each prompt, for written replies (types.Author).

        Raises:
            ModelError: a prompt and its reply are longer than the context.
        """
        return self._generator.costs(prompts, writing)

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """Remarks on replies written with these settings."""
        return self._generator.remarks(writing)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """Write one reply for each prompt.

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
        """The generator for this architecture."""

    def _require_context(self, prompt: Prompt, longest: int) -> None:
        """Refuse a prompt that exceeds the context length.

        Raises:
            ModelError: naming the prompt.
        """
        context = self.checkpoint.context
        if context is not None and longest > context:
            raise ModelError(
                f"{forms.prompt_label(prompt)}: {longest} tokens are more than the {context} that "
                f"{self.info.name} reads at once"
            )
