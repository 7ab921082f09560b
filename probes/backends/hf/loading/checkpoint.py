"""Checkpoints opened through transformers, with every check that can be made before asking them.

``kind`` says which backend a checkpoint is for; ``open_checkpoint`` loads model and tokenizer and
refuses, each in one sentence, what would load but give numbers that mean nothing: a head that
transformers made up, a tokenizer that it invented, pickled code. Does not score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading import chat
from probes.backends.hf.loading.adapter import WEIGHTS, locate_adapter
from probes.backends.hf.loading.architecture import Kind, kind, require_kind, require_known
from probes.backends.hf.loading.auto import context_of, model_of, tokenizer_of
from probes.backends.hf.loading.device import device_of, memory_errors
from probes.backends.hf.loading.folder import (
    CheckpointFolder,
    read_config,
    require_tokenizer,
    sha256,
    weight_files,
)
from probes.backends.hf.loading.hub import complete, locate
from probes.backends.hf.loading.memory import require_room
from probes.backends.hf.scoring.forms import EncodedText, Ids
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Checkpoint", "Kind", "kind", "memory_errors", "open_checkpoint"]

FULL, SIXTEEN_BITS = 1e-4, 2e-2
"""Tolerances of the self-check, in probability (docs/method.md 2)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model and its tokenizer, loaded and checked: evaluation mode, no gradients."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    """A fast one: it says which characters a token covers."""
    info: ModelInfo
    context: int | None
    """Most tokens of a sequence; None where nothing limits it (relative positions)."""
    rows: int
    """Tokens that the model has an embedding for."""

    @property
    def device(self) -> torch.device:
        """Where inputs go."""
        device: torch.device = self.model.get_input_embeddings().weight.device
        return device

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: by the chat template, else ``ask + joint + begin``."""
        if self.info.chat:
            return chat.render(self.tokenizer, self.info.name, ask, begin)
        return ask + joint + begin

    def encode(self, text: str) -> EncodedText:
        """One text's tokens; see `encode_all`."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[EncodedText]:
        """Ids and offsets of each text, as the model reads it.

        Special tokens are what ``tokenizer(text)`` adds; a chat text holds its own already.

        Raises:
            ModelError: a text begins with two BOS, or holds a token that the model does not have.
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
            self._believe(text.ids)
        return encoded

    def padded(self, rows: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and attention mask, both (rows, longest row), padded on the right, on `device`."""
        width = max(len(row) for row in rows)
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows])
        lengths = torch.tensor([[len(row)] for row in rows])
        mask = (torch.arange(width) < lengths).long()
        return ids.to(self.device), mask.to(self.device)

    def _believe(self, ids: Ids) -> None:
        bos = self.tokenizer.bos_token_id
        if bos is not None and ids[:2] == (bos, bos):
            raise ModelError(
                f"{self.info.name}: its tokenizer and chat template both begin a text with "
                f"{self.tokenizer.bos_token!r}: it must stand there once"
            )
        if ids and max(ids) >= self.rows:
            raise ModelError(
                f"{self.info.name}: its tokenizer gives token {max(ids)}, but the model has only "
                f"{self.rows}: they do not belong together"
            )


def open_checkpoint(spec: ModelSpec, options: LoadOptions, kind: Kind) -> Checkpoint:
    """Load a checkpoint as a model of this kind.

    Raises:
        ModelError: whatever is wrong with it, in one sentence.
        UsageError: the name of the device or dtype is none.
    """
    device_of(options)
    source, files = _checked(spec, options, kind)
    tokenizer = tokenizer_of(source, options)
    talks = _talks(source, tokenizer, options, kind)
    model = model_of(source, options, kind)
    info = replace(
        ModelInfo.of(spec, kind),
        revision=source.commit,
        weights=sha256(files),
        tokenizer=hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
        device=str(model.device),
        dtype=str(model.dtype).removeprefix("torch."),
        chat=talks,
        bos=_begins(tokenizer, spec.name, talks=talks),
        tolerance=FULL if model.dtype in (torch.float32, torch.float64) else SIXTEEN_BITS,
        parameters=spec.parameters or model.num_parameters(),
    )
    rows: int = model.get_input_embeddings().weight.shape[0]
    return Checkpoint(model, tokenizer, info, context_of(model, tokenizer), rows)


def _checked(
    spec: ModelSpec, options: LoadOptions, kind: Kind
) -> tuple[CheckpointFolder, list[Path]]:
    """The checkpoint's folder and weight files, with all that can be known before loading."""
    trusted = options.trust_remote_code
    source = locate(spec.id, spec.revision)
    config = read_config(source)
    require_known(source, config, trust_remote_code=trusted)
    require_kind(source, config, kind)
    source = complete(source, pickled=trusted)
    require_tokenizer(source)
    files = weight_files(source, pickled=trusted)
    if options.adapter is not None:
        files.append(locate_adapter(options.adapter).path / WEIGHTS)
    require_room(source, files, options)
    return source, files


def _talks(
    source: CheckpointFolder, tokenizer: PreTrainedTokenizerBase, options: LoadOptions, kind: Kind
) -> bool:
    """Whether prompts are put as a conversation."""
    if kind == "masked":
        if options.chat:
            raise ModelError(f"{source.name}: a masked model holds no conversation: leave --chat")
        return False
    if options.chat and not tokenizer.chat_template:
        raise ModelError(f"{source.name}: its tokenizer has no chat template: leave --chat")
    return bool(tokenizer.chat_template) if options.chat is None else options.chat


def _begins(tokenizer: PreTrainedTokenizerBase, name: str, *, talks: bool) -> bool:
    """Whether token sequences begin with BOS, or with CLS, its name in masked models."""
    text = chat.render(tokenizer, name, "a", "a") if talks else "a"
    ids = tokenizer(text, add_special_tokens=not talks)["input_ids"]
    return bool(ids) and ids[0] in {tokenizer.bos_token_id, tokenizer.cls_token_id}
