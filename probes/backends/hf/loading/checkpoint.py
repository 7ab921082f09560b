"""Opening checkpoints through transformers, with all checks that can be made before scoring.

``kind`` says which backend a checkpoint is for. ``open_checkpoint`` loads model and tokenizer and
refuses, each in one sentence, what would load but give meaningless scores: a randomly initialised
head, a tokenizer that transformers made up, pickled code. Does not score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading import chat, gguf
from probes.backends.hf.loading.adapter import WEIGHTS, locate_adapter
from probes.backends.hf.loading.architecture import Kind, kind, require_kind, require_known
from probes.backends.hf.loading.auto import context_length, load_model, load_tokenizer
from probes.backends.hf.loading.device import device_of, memory_errors
from probes.backends.hf.loading.folder import (
    CheckpointFolder,
    require_tokenizer,
    weight_files,
)
from probes.backends.hf.loading.hub import download_weights, locate
from probes.backends.hf.loading.memory import require_memory
from probes.backends.hf.scoring.forms import EncodedText, Ids
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Checkpoint", "Kind", "kind", "memory_errors", "open_checkpoint"]

FULL_PRECISION = (torch.float32, torch.float64)
FLOAT32_TOLERANCE, HALF_TOLERANCE = 1e-4, 2e-2
"""Tolerances of the self-check, in probability (docs/method.md 2)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded and checked model and its tokenizer: evaluation mode, no gradients."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    """A fast one: it gives the character offsets of tokens."""
    info: ModelInfo
    context: int | None
    """Most tokens of a sequence; None if nothing limits it (relative positions)."""
    embedding_rows: int
    """Number of token ids that the model has an embedding for."""

    @property
    def device(self) -> torch.device:
        """The device of the embeddings, to which inputs go."""
        device: torch.device = self.model.get_input_embeddings().weight.device
        return device

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: by the chat template, else ``ask + joint + begin``."""
        if self.info.chat:
            return chat.render(self.tokenizer, self.info.name, ask, begin)
        return ask + joint + begin

    def encode(self, text: str) -> EncodedText:
        """Ids and offsets of one text; see `encode_all`."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[EncodedText]:
        """Ids and offsets of each text, as the model reads it.

        Special tokens are added as by ``tokenizer(text)``; a text of a chat template has them
        already.

        Raises:
            ModelError: a text begins with two BOS, or has a token id that the model lacks.
        """
        batch = self.tokenizer(
            list(texts),
            add_special_tokens=not self.info.chat,
            return_offsets_mapping=True,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        encoded = [
            EncodedText(tuple(ids), tuple(offsets))
            for ids, offsets in zip(batch["input_ids"], batch["offset_mapping"], strict=True)
        ]
        for text in encoded:
            self._check_ids(text.ids)
        return encoded

    def padded(self, rows: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and attention mask, both (rows, longest row), with right padding, on `device`."""
        width = max(len(row) for row in rows)
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows])
        lengths = torch.tensor([[len(row)] for row in rows])
        mask = (torch.arange(width) < lengths).long()
        return ids.to(self.device), mask.to(self.device)

    def _check_ids(self, ids: Ids) -> None:
        """Refuse two BOS tokens, and ids without an embedding."""
        bos = self.tokenizer.bos_token_id
        if bos is not None and ids[:2] == (bos, bos):
            raise ModelError(
                f"{self.info.name}: its tokenizer and chat template both begin a text with "
                f"{self.tokenizer.bos_token!r}: it must stand there once"
            )
        if ids and max(ids) >= self.embedding_rows:
            raise ModelError(
                f"{self.info.name}: its tokenizer gives token {max(ids)}, but the model has only "
                f"{self.embedding_rows}: they do not belong together"
            )


def open_checkpoint(spec: ModelSpec, options: LoadOptions, kind: Kind) -> Checkpoint:
    """Load a checkpoint as a model of this kind.

    Raises:
        ModelError: whatever is wrong with it, in one sentence.
        UsageError: there is no such device or dtype.
    """
    device_of(options)
    source, files = _locate_checked(spec, options, kind)
    tokenizer = load_tokenizer(source, options)
    chat_used = _uses_chat(source, tokenizer, options, kind)
    model = load_model(source, options, kind)
    info = replace(
        ModelInfo.of(spec, kind),
        revision=source.commit,
        weights=gguf.digest(source, files),
        dequantised=gguf.stored_as(source),
        tokenizer=hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
        device=str(model.device),
        dtype=str(model.dtype).removeprefix("torch."),
        chat=chat_used,
        bos=_has_bos(tokenizer, spec.name, chat_used=chat_used),
        tolerance=FLOAT32_TOLERANCE if model.dtype in FULL_PRECISION else HALF_TOLERANCE,
        parameters=spec.parameters or model.num_parameters(),
    )
    embedding_rows: int = model.get_input_embeddings().weight.shape[0]
    return Checkpoint(model, tokenizer, info, context_length(model, tokenizer), embedding_rows)


def _locate_checked(
    spec: ModelSpec, options: LoadOptions, kind: Kind
) -> tuple[CheckpointFolder, list[Path]]:
    """The checkpoint's folder and weight files, after all checks that need no loading."""
    trusted = options.trust_remote_code
    source = locate(spec.id, spec.revision)
    config = gguf.read_config(source)
    require_known(source, config, trust_remote_code=trusted)
    require_kind(source, config, kind)
    source = download_weights(source, pickled=trusted)
    require_tokenizer(source)
    files = weight_files(source, pickled=trusted)
    if options.adapter is not None:
        files.append(locate_adapter(options.adapter).path / WEIGHTS)
    require_memory(source, files, options)
    return source, files


def _uses_chat(
    source: CheckpointFolder, tokenizer: PreTrainedTokenizerBase, options: LoadOptions, kind: Kind
) -> bool:
    """Whether prompts are put through the chat template."""
    if kind == "masked":
        if options.chat:
            raise ModelError(f"{source.name}: a masked model holds no conversation: leave --chat")
        return False
    if options.chat and not tokenizer.chat_template:
        raise ModelError(f"{source.name}: its tokenizer has no chat template: leave --chat")
    return bool(tokenizer.chat_template) if options.chat is None else options.chat


def _has_bos(tokenizer: PreTrainedTokenizerBase, name: str, *, chat_used: bool) -> bool:
    """Whether token sequences begin with BOS, or with CLS, the same of masked models."""
    text = chat.render(tokenizer, name, "a", "a") if chat_used else "a"
    ids = tokenizer(text, add_special_tokens=not chat_used)["input_ids"]
    return bool(ids) and ids[0] in {tokenizer.bos_token_id, tokenizer.cls_token_id}
