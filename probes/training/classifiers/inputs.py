"""Inputs of a classifier: token ids, truncated, in padded batches.

With a frozen encoder, one vector for each text instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from probes.errors import ModelError, UsageError
from probes.training.classifiers.request import LENGTH

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.placement.interval import Ints

Batch = dict[str, torch.Tensor]
TYPES = "token_type_ids"


class ClassifierInputs(Protocol):
    """Texts by index, as keyword arguments of a classifier's forward pass."""

    @property
    def lengths(self) -> Ints:
        """Tokens of each text, ``(texts,)``."""

    def batch(self, numbers: Sequence[int] | Ints) -> Batch:
        """The batch of the texts with these indices, in this order."""


@dataclass(frozen=True, slots=True)
class TokenInputs:
    """Tokenized texts."""

    ids: tuple[tuple[int, ...], ...]
    types: tuple[tuple[int, ...], ...]
    """Token type ids (0 first text, 1 second); empty if the model does not use them."""
    truncated: tuple[bool, ...]
    length: int
    """Maximum number of tokens of a text."""
    padding: int
    """Padding token; no text contains it."""

    @property
    def lengths(self) -> Ints:
        """Tokens of each text, ``(texts,)``."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)

    def batch(self, numbers: Sequence[int] | Ints) -> Batch:
        """The batch of these texts, padded on the right to the longest of them."""
        rows = {"input_ids": (self.ids, self.padding)}
        if self.types:
            rows[TYPES] = (self.types, 0)
        tensors = {
            key: torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(values[n]) for n in numbers], batch_first=True, padding_value=filling
            )
            for key, (values, filling) in rows.items()
        }
        lengths = torch.tensor([[len(self.ids[n])] for n in numbers])
        mask = torch.arange(tensors["input_ids"].shape[1]) < lengths
        return {**tensors, "attention_mask": mask.long()}


@dataclass(frozen=True, slots=True)
class VectorInputs:
    """One encoder output vector for each text."""

    vectors: torch.Tensor
    """``(texts, hidden size)``."""

    @property
    def lengths(self) -> Ints:
        """``(texts,)``, all 1."""
        return np.ones(len(self.vectors), dtype=np.int64)

    def batch(self, numbers: Sequence[int] | Ints) -> Batch:
        """The batch of these texts; each vector is the embedding of a single token."""
        rows = self.vectors[torch.as_tensor(np.asarray(numbers))][:, None]
        return {"inputs_embeds": rows, "attention_mask": torch.ones(rows.shape[:2]).long()}


def encode(
    base: Checkpoint, texts: Sequence[tuple[str, ...]], length: int | None = None
) -> TokenInputs:
    """Tokenize texts, or pairs of texts, with the tokenizer's special tokens.

    Args:
        base: the checkpoint whose tokenizer is used.
        texts: for each item one text or a pair.
        length: maximum tokens of an item; None: `LENGTH`, or the model's context if shorter.

    Raises:
        UsageError: the length exceeds the model's context or leaves no room for text.
        ModelError: a token id has no embedding, or all texts get the same tokens.
    """
    name, tokenizer = base.info.name, base.tokenizer
    default_length = LENGTH if base.context is None else min(LENGTH, base.context)
    cut = default_length if length is None else length
    if base.context is not None and cut > base.context:
        raise UsageError(f"--length {cut}: {name} reads at most {base.context} tokens")
    if cut <= tokenizer.num_special_tokens_to_add(pair=len(texts[0]) > 1):
        raise UsageError(f"--length {cut}: leaves no room for text; {LENGTH} is usual")
    untruncated = _tokens(tokenizer, texts, None)
    truncated = _tokens(tokenizer, texts, cut)
    rows = tuple(tuple(row) for row in truncated["input_ids"])
    for row in rows:
        base.check_ids(row)
    if len(rows) > 1 and len(set(rows)) == 1:
        raise ModelError(
            f"{name}: its tokenizer reads all {len(rows)} texts alike, up to {cut} tokens "
            "(--length), so that nothing can be learnt of them"
        )
    types = truncated[TYPES] if TYPES in tokenizer.model_input_names else ()
    return TokenInputs(
        rows,
        tuple(tuple(row) for row in types),
        tuple(len(row) > cut for row in untruncated["input_ids"]),
        cut,
        _padding(base, rows),
    )


def _tokens(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[tuple[str, ...]], cut: int | None
) -> dict[str, list[list[int]]]:
    """Token ids of each item; without a separator token, pairs are joined by a line break."""
    single, pair = (tokenizer.num_special_tokens_to_add(pair=pair) for pair in (False, True))
    items = [("\n".join(text),) for text in texts] if pair <= single else texts
    encoded = tokenizer(
        *([text[n] for text in items] for n in range(len(items[0]))),
        truncation=cut is not None,
        max_length=cut,
        return_attention_mask=False,
        return_token_type_ids=TYPES in tokenizer.model_input_names,
        verbose=False,
    )
    return dict(encoded)


def _padding(base: Checkpoint, rows: Sequence[Sequence[int]]) -> int:
    """The tokenizer's padding or end token, or the first token that occurs in no text.

    Transformers finds the last token of a text by looking for the padding token's id.
    """
    used = {token for row in rows for token in row}
    usual = (base.tokenizer.pad_token_id, base.tokenizer.eos_token_id)
    candidates: Iterator[int | None] = iter((*usual, *range(base.embedding_rows)))
    return next(n for n in candidates if n is not None and n not in used)
