"""Checkpoints through transformers: what kind one is, and opening it with every check.

Interface (stable):
    kind(id, revision=None, *, trust_remote_code=False) -> "masked" | "causal" | "seq2seq"
    open_checkpoint(spec, options, kind) -> Checkpoint
    Checkpoint.model, .tokenizer, .info, .context, .render(), .encode()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.backends.forms import Encoded
    from probes.types import LoadOptions, ModelInfo, ModelSpec

Kind = Literal["masked", "causal", "seq2seq"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model and its tokenizer, loaded and checked; evaluation mode, no gradients."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    """A fast one (it gives offsets); has a pad token if the model's config or eos gives one."""
    info: ModelInfo
    context: int | None
    """Most tokens of a sequence; None where nothing limits it (relative positions)."""

    @property
    def device(self) -> torch.device:
        """Where inputs go."""
        raise NotImplementedError

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model.render)."""
        raise NotImplementedError

    def encode(self, text: str) -> Encoded:
        """Ids and offsets by the house rule: specials as the tokenizer adds them, none for chat.

        At most one BOS at the start is asserted (ModelError).
        """
        raise NotImplementedError


def kind(id: str, revision: str | None = None, *, trust_remote_code: bool = False) -> Kind:
    """masked, causal or seq2seq, from ``config.architectures[0]``; ModelError before weights."""
    raise NotImplementedError


def open_checkpoint(spec: ModelSpec, options: LoadOptions, kind: Kind) -> Checkpoint:
    """Load by the Auto class of `kind`; every fault is one ModelError sentence."""
    raise NotImplementedError
