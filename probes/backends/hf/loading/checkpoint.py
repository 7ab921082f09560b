"""Opening checkpoints through transformers, with all checks that are possible before scoring.

``kind`` gives the backend of a checkpoint. ``open_checkpoint`` loads model and tokenizer and
refuses what would load but give meaningless scores or run code: a randomly initialized head, a
default tokenizer made by transformers, pickled weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading import gguf, trial
from probes.backends.hf.loading.adapter import adapter_files, locate_adapter
from probes.backends.hf.loading.architecture import Kind, kind, require_kind, require_known
from probes.backends.hf.loading.auto import context_length, load_model, load_tokenizer
from probes.backends.hf.loading.byte_tokenizer import is_byte_tokenizer
from probes.backends.hf.loading.chat import QUESTION, ChatTemplate
from probes.backends.hf.loading.device import device_of, memory_errors
from probes.backends.hf.loading.folder import (
    ADAPTER_CONFIG,
    CheckpointFolder,
    refuse_pointers,
    require_tokenizer,
    settings_files,
    sha256,
    weight_files,
)
from probes.backends.hf.loading.hub import download_weights, locate
from probes.backends.hf.loading.memory import require_memory
from probes.backends.hf.scoring.forms import EncodedText, Ids
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Turn

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Checkpoint", "Kind", "kind", "memory_errors", "open_checkpoint"]

UNUSED = "unused_weights"
"""Flag: the checkpoint holds weights that the loaded model class does not use."""
FULL_PRECISION = (torch.float32, torch.float64)
FLOAT32_TOLERANCE, HALF_TOLERANCE = 1e-4, 2e-2
"""Tolerances of the self-check, in probability (docs/method.md 2)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded and checked model with its tokenizer; evaluation mode, no gradients."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    """A fast tokenizer, which gives the character offsets of tokens."""
    info: ModelInfo
    context: int | None
    """Maximum tokens of a sequence; None if unlimited (relative positions)."""
    embedding_rows: int
    """Number of token ids with an embedding."""
    chat: ChatTemplate | None = None
    """The template that renders prompts; None for plain text."""
    notes: tuple[str, ...] = ()
    """Flags to show with all answers of the checkpoint."""
    pads: bool = True
    """Whether padding leaves a row's logits unchanged (tested at loading)."""
    files: tuple[Path, ...] = ()
    """Files of the weights."""

    @property
    def device(self) -> torch.device:
        """The device of the embeddings, to which inputs go."""
        device: torch.device = self.model.get_input_embeddings().weight.device
        return device

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: from the chat template, else ``ask + joint + begin``."""
        return self.chat.render(ask, begin) if self.chat else ask + joint + begin

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The text before the slot of a conversation (`types.Conversant`), by the chat template."""
        if self.chat is None:
            raise ModelError(f"{self.info.name}: holds no conversation: it has no chat template")
        return self.chat.converse(turns, begin, thinking=thinking)

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags on the checkpoint and on the prompts rendered so far."""
        return (*self.notes, *(self.chat.flags if self.chat else ()))

    def encode(self, text: str) -> EncodedText:
        """Ids and offsets of one text; see `encode_all`."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[EncodedText]:
        """Ids and offsets of each text.

        Special tokens are added as by ``tokenizer(text)``, except with a chat template, whose text
        already has them.

        Raises:
            ModelError: a text begins with two BOS, or has a token id without an embedding.
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
            self.check_ids(text.ids)
        return encoded

    def padded(self, rows: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and attention mask, both ``(rows, longest row)``, right-padded, on `device`."""
        width = max(len(row) for row in rows)
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows])
        lengths = torch.tensor([[len(row)] for row in rows])
        mask = (torch.arange(width) < lengths).long()
        return ids.to(self.device), mask.to(self.device)

    def groups(self, rows: Sequence[Ids]) -> Iterator[list[int]]:
        """Indices of rows for one batch: all of them if padding is allowed, else equal lengths."""
        if self.pads:
            yield list(range(len(rows)))
            return
        for width in dict.fromkeys(map(len, rows)):
            yield [i for i, row in enumerate(rows) if len(row) == width]

    def check_ids(self, ids: Ids) -> None:
        """Check that the ids do not begin with two BOS tokens and all have an embedding.

        Raises:
            ModelError: one of these fails.
        """
        bos = self.tokenizer.bos_token_id
        if bos is not None and ids[:2] == (bos, bos):
            raise ModelError(
                f"{self.info.name}: its tokenizer and chat template both begin a text with "
                f"{self.tokenizer.bos_token!r}: it must stand there once"
            )
        if ids and not 0 <= min(ids) <= max(ids) < self.embedding_rows:
            wrong = max(ids) if min(ids) >= 0 else min(ids)
            raise ModelError(
                f"{self.info.name}: its tokenizer gives token {wrong}, but the model has only "
                f"{self.embedding_rows}: they do not belong together"
            )


def open_checkpoint(spec: ModelSpec, options: LoadOptions, kind: Kind) -> Checkpoint:
    """Load a checkpoint as a model of this kind.

    Raises:
        ModelError: any fault of the checkpoint, in one sentence.
        UsageError: the device or dtype is unknown.
    """
    device_of(options)
    source, files = _locate_checked(spec, options, kind)
    over = None if options.adapter is None else locate_adapter(options.adapter)
    added = adapter_files(over) if over else []
    tokenizer = load_tokenizer(source, options, over)
    chat_used = _uses_chat(source, tokenizer, options, kind)
    template = ChatTemplate(tokenizer, source.name) if chat_used else None
    model, unused = load_model(source, options, kind)
    info = replace(
        ModelInfo.of(spec, kind),
        revision=source.commit,
        weights=gguf.digest(source, [*files, *settings_files(source), *added]),
        dequantised=gguf.stored_as(source),
        adapter=sha256(added) if added else "",
        tokenizer=hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
        device=str(model.device),
        dtype=str(model.dtype).removeprefix("torch."),
        chat=chat_used,
        bos=_has_bos(tokenizer, template),
        tolerance=FLOAT32_TOLERANCE if model.dtype in FULL_PRECISION else HALF_TOLERANCE,
        parameters=spec.parameters or model.num_parameters(),
    )
    embedding_rows: int = model.get_input_embeddings().weight.shape[0]
    context = context_length(model, tokenizer)
    notes = _notes(unused)
    checkpoint = Checkpoint(model, tokenizer, info, context, embedding_rows, template, notes)
    return replace(checkpoint, pads=trial.require(checkpoint, kind), files=tuple(files))


def _locate_checked(
    spec: ModelSpec, options: LoadOptions, kind: Kind
) -> tuple[CheckpointFolder, list[Path]]:
    """The checkpoint's folder and weight files, after all checks that do not need the model."""
    trusted = options.trust_remote_code
    source = locate(spec.id, spec.revision)
    config = gguf.read_config(source)
    require_known(source, config, trust_remote_code=trusted)
    require_kind(source, config, kind)
    source = download_weights(source, pickled=trusted)
    if source.gguf is None and (source.path / ADAPTER_CONFIG).exists():
        raise ModelError(
            f"{source.name}: an adapter ({ADAPTER_CONFIG}) lies beside a whole model: move it into "
            f"a folder of its own and put it on with --adapter, or take it away"
        )
    if not is_byte_tokenizer(source):
        require_tokenizer(source)
    files = weight_files(source, pickled=trusted)
    refuse_pointers(source, [*files, *settings_files(source)])
    require_memory(source, files, options)
    return source, files


def _notes(unused: Sequence[str]) -> tuple[str, ...]:
    """A flag that names unused weights."""
    if not unused:
        return ()
    more = f" and {len(unused) - 1} more" if len(unused) > 1 else ""
    return (f"{UNUSED}: {unused[0]}{more}",)


def _uses_chat(
    source: CheckpointFolder, tokenizer: PreTrainedTokenizerBase, options: LoadOptions, kind: Kind
) -> bool:
    """Whether prompts are rendered with the chat template."""
    if kind == "masked":
        if options.chat:
            raise ModelError(f"{source.name}: a masked model holds no conversation: leave --chat")
        return False
    if options.chat and not tokenizer.chat_template:
        raise ModelError(f"{source.name}: its tokenizer has no chat template: leave --chat")
    return bool(tokenizer.chat_template) if options.chat is None else options.chat


def _has_bos(tokenizer: PreTrainedTokenizerBase, template: ChatTemplate | None) -> bool:
    """Whether token sequences begin with BOS, or with CLS of masked models."""
    text = template.prompt(QUESTION) if template else QUESTION
    ids = tokenizer(text, add_special_tokens=template is None)["input_ids"]
    return bool(ids) and ids[0] in (tokenizer.bos_token_id, tokenizer.cls_token_id)
