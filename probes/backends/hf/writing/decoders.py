"""Texts that a model writes side by side: what it has read of each, and the next token's logits.

Three classes with one interface, the fastest first: `CachedCausalRows` (causal models: texts of
unequal length, left padding, KV cache; rows may leave and join), `CachedDecoderRows`
(encoder-decoders: KV cache; rows may leave, but all begin together) and `UncachedRows` (no cache,
one row after another). Which of them gives a model's own numbers is not guessed from names:
`selfcheck` tests it. Does not choose tokens (`sampling`) and does not know prompts (`generate`).
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
"""Columns of padding in all rows that are worth cutting off."""


class DecodingRows(Protocol):
    """Rows of text, each with the logits of its next token."""

    logits: torch.Tensor
    """[rows, vocabulary]."""

    @property
    def can_join(self) -> bool:
        """Whether `join` can be used."""

    def advance(self, tokens: torch.Tensor) -> None:
        """Read one more token [rows] of each row."""

    def select(self, rows: torch.Tensor) -> None:
        """Keep only these rows, in this order; one may occur several times."""

    def join(self, other: Self) -> None:
        """Append the rows of another batch."""


StartRows = Callable[[Sequence[Ids]], DecodingRows]
"""Reads some texts, one a row, and returns the batch."""


class CachedCausalRows:
    """Rows under a causal model, with left padding and a KV cache.

    Args:
        model: a causal one.
        meter: counts the tokens read.
        texts: one a row, none empty.
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
        """Whether the cache's layers allow rows to join."""
        return kv_cache.joinable(self._cache)

    def advance(self, tokens: torch.Tensor) -> None:
        """Read one more token of each row."""
        positions = self._mask.sum(-1, keepdim=True)
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        self._read(tokens[:, None], positions)
        self._meter.count_pass(len(tokens), 1, real=len(tokens), heads=len(tokens))

    def select(self, rows: torch.Tensor) -> None:
        """Keep only these rows; columns that are padding in all of them are cut off."""
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
        """One forward pass, with those arguments that the model accepts."""
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
    """Rows under an encoder-decoder's decoder, with a KV cache of decoder and cross-attention.

    Args:
        model: an encoder-decoder.
        meter: counts the tokens read.
        start: the decoder's first token.
        texts: read by the encoder, one a row.
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
        """Read one more token of each row."""
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
    """Rows that are read from the beginning for every token: slow, and right for any model.

    Args:
        read: a row's source and its text so far -> the logits [vocabulary] of the next token.
        sources: one a row.
        begins: the beginnings of the rows' texts.
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
        """Read one more token of each row."""
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
