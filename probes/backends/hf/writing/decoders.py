"""Decoding modes: batches of texts being generated, with the logits of their next tokens.

Three classes with one interface, the fastest first: `CachedCausalRows` (causal models: texts of
unequal length, left padding, KV cache; rows can be removed and added), `CachedDecoderRows`
(encoder-decoders: KV cache; rows can be removed, but all begin together) and `UncachedRows` (no
cache, one row after another). `selfcheck` tests which of them is correct for a model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, Self

import torch
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.scoring.rows import padded
from probes.backends.hf.writing import kv_cache

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.profile.meter import Meter

MIN_TRIM = 16
"""Minimum number of common padding columns that are removed."""


class DecodingRows(Protocol):
    """A batch of texts, with the logits of each row's next token."""

    logits: torch.Tensor
    """``[rows, vocabulary]``."""

    @property
    def can_join(self) -> bool:
        """Whether `join` is supported."""

    def advance(self, tokens: torch.Tensor) -> None:
        """Feed the next token of each row, ``[rows]``."""

    def select(self, rows: torch.Tensor) -> None:
        """Keep only the rows with these indices, in this order; repeats are allowed."""

    def join(self, other: Self) -> None:
        """Append the rows of another batch."""


StartRows = Callable[[Sequence[Ids]], DecodingRows]
"""Starts a batch with these texts, one per row."""


class CachedCausalRows:
    """Rows of a causal model, with left padding and a KV cache.

    Args:
        model: a causal model.
        meter: counts the tokens computed.
        texts: non-empty texts, one per row.
    """

    logits: torch.Tensor

    def __init__(self, model: PreTrainedModel, meter: Meter, texts: Sequence[Ids]) -> None:
        self._model, self._meter = model, meter
        self._accepted = inspect.signature(model.forward).parameters.keys()
        self._cache = kv_cache.empty(model.config)
        width, device = max(map(len, texts)), model.device
        ids = [[*[0] * (width - len(text)), *text] for text in texts]
        mask = [[0] * (width - len(text)) + [1] * len(text) for text in texts]
        self._mask = torch.tensor(mask, device=device)
        self._read(torch.tensor(ids, device=device), (self._mask.cumsum(-1) - 1).clamp_(min=0))
        meter.count_pass(len(ids), width, real=sum(map(len, texts)), heads=len(ids))

    @property
    def can_join(self) -> bool:
        """Whether the cache's layers support `join`."""
        return kv_cache.joinable(self._cache)

    def advance(self, tokens: torch.Tensor) -> None:
        """Feed the next token of each row, ``[rows]``."""
        positions = self._mask.sum(-1, keepdim=True)
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        self._read(tokens[:, None], positions)
        self._meter.count_pass(len(tokens), 1, real=len(tokens), heads=len(tokens))

    def select(self, rows: torch.Tensor) -> None:
        """Keep only these rows; columns that are padding in all of them are removed."""
        self._cache.reorder_cache(rows)
        self._mask, self.logits = _selected(rows, self._mask), _selected(rows, self.logits)
        padding = int(self._mask.any(0).int().argmax())
        if padding >= MIN_TRIM and self.can_join:
            kv_cache.trim(self._cache, padding)
            self._mask = self._mask[:, padding:]

    def join(self, other: Self) -> None:
        """Append the rows of another batch; the shorter ones get more left padding."""
        kv_cache.join(self._cache, other._cache)
        width = max(self._mask.shape[1], other._mask.shape[1])
        masks = (
            torch.nn.functional.pad(mask, (width - mask.shape[1], 0))
            for mask in (self._mask, other._mask)
        )
        self._mask = torch.cat(list(masks))
        self.logits = torch.cat([self.logits, other.logits])

    def _read(self, ids: torch.Tensor, positions: torch.Tensor) -> None:
        """One forward pass, with the arguments that the model accepts."""
        inputs = {"position_ids": positions, "logits_to_keep": 1}
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
            **{name: value for name, value in inputs.items() if name in self._accepted},
        )
        self.logits = output.logits[:, -1]


class CachedDecoderRows:
    """Rows of an encoder-decoder, with a KV cache of decoder and cross-attention.

    Args:
        model: an encoder-decoder.
        meter: counts the tokens computed.
        start: the decoder's first token.
        texts: the encoder's texts, one per row.
    """

    can_join = False

    def __init__(
        self, model: PreTrainedModel, meter: Meter, start: int, texts: Sequence[Ids]
    ) -> None:
        self._model, self._meter = model, meter
        self._cache = EncoderDecoderCache(
            kv_cache.empty(model.config), DynamicCache(config=model.config)
        )
        ids, self._mask = padded(texts, model.device)
        self._states: torch.Tensor = model.get_encoder()(
            input_ids=ids, attention_mask=self._mask
        ).last_hidden_state
        meter.count_pass(*ids.shape, real=sum(map(len, texts)), heads=0)
        self.advance(torch.full((len(texts),), start, device=model.device))

    def advance(self, tokens: torch.Tensor) -> None:
        """Feed the next token of each row, ``[rows]``."""
        output = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._states),
            attention_mask=self._mask,
            decoder_input_ids=tokens[:, None],
            past_key_values=self._cache,
            use_cache=True,
        )
        self.logits: torch.Tensor = output.logits[:, -1]
        self._meter.count_pass(len(tokens), 1, real=len(tokens), heads=len(tokens))

    def select(self, rows: torch.Tensor) -> None:
        """Keep only these rows."""
        self._cache.reorder_cache(rows)
        self._mask, self._states, self.logits = (
            _selected(rows, each) for each in (self._mask, self._states, self.logits)
        )

    def join(self, other: Self) -> None:
        """Not possible; see `can_join`."""
        raise NotImplementedError(other)


class UncachedRows:
    """Rows that are computed from the beginning for every token: slow, but correct for any model.

    Args:
        read: ``(source, text so far)`` of a row -> logits ``[vocabulary]`` of the next token.
        sources: source of each row.
        begins: initial text of each row.
    """

    can_join = True

    def __init__(
        self,
        read: Callable[[Ids, Ids], torch.Tensor],
        sources: Sequence[Ids],
        begins: Sequence[Ids],
    ) -> None:
        self._read = read
        self._rows = list(zip(sources, begins, strict=True))
        self.logits = torch.stack([read(*row) for row in self._rows])

    def advance(self, tokens: torch.Tensor) -> None:
        """Feed the next token of each row, ``[rows]``."""
        pairs = zip(self._rows, tokens.tolist(), strict=True)
        self._rows = [(source, (*text, token)) for (source, text), token in pairs]
        self.logits = torch.stack([self._read(*row) for row in self._rows])

    def select(self, rows: torch.Tensor) -> None:
        """Keep only these rows."""
        self._rows = [self._rows[i] for i in rows.tolist()]
        self.logits = self.logits[rows]

    def join(self, other: Self) -> None:
        """Append the rows of another batch."""
        self._rows += other._rows
        self.logits = torch.cat([self.logits, other.logits])


def _selected(rows: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Rows of a tensor, on its own device: a model may be spread over several devices."""
    return values.index_select(0, rows.to(values.device))
