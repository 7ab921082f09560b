"""KV caches for rows that begin and end at different times.

transformers' caches, with plain layers that do not copy the whole cache for every token, and two
additional operations: joining the rows of two caches, and removing columns that are padding in
every row. Rows are left-padded. Callers must test that a model gives the same logits with them
(`selfcheck`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import pad
from transformers.cache_utils import (
    DummyLayer,
    DynamicCache,
    DynamicLayer,
    DynamicSlidingWindowLayer,
)

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

SPARE_COLUMNS = 16
"""Columns that a layer allocates in advance."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc] # transformers' caches are untyped
    """transformers' plain layer with preallocation: keys and values are views of larger tensors.

    The plain layer copies its whole cache for every token, a quarter of a small model's time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buffers: tuple[torch.Tensor, torch.Tensor] | None = None
        self._last_keys: torch.Tensor | None = None
        """Value of `keys` set by this class; if `keys` is another tensor, rows were selected."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append keys and values, each ``[rows, heads, tokens, width]``; returns all of them."""
        begin = self.get_seq_length()
        if begin == 0:  # The prompt's states are stored without a copy.
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states, value_states
            return key_states, value_states
        end = begin + key_states.shape[-2]
        if (
            self._buffers is None
            or self.keys is not self._last_keys
            or end > self._buffers[0].shape[-2]
        ):
            self._buffers = (
                _with_spare_columns(self.keys, end + SPARE_COLUMNS),
                _with_spare_columns(self.values, end + SPARE_COLUMNS),
            )
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, begin:end] = states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        self._last_keys = self.keys
        return self.keys, self.values


def empty(config: PreTrainedConfig) -> DynamicCache:
    """An empty cache for a model of this configuration."""
    cache = DynamicCache(config=config)
    cache.layers = [
        GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def joinable(cache: DynamicCache) -> bool:
    """Whether `join` and `trim` support all layers: keys and values by token, no recurrent
    states."""
    supported = (GrowingLayer, DynamicLayer, DynamicSlidingWindowLayer, DummyLayer)
    return all(type(layer) in supported for layer in cache.layers)


def join(cache: DynamicCache, other: DynamicCache) -> None:
    """Append the rows of `other` to those of `cache`, aligned at the last column.

    The shorter one is left-padded with zeros, which the attention mask must exclude.
    """
    for layer, appended in zip(cache.layers, other.layers, strict=True):
        if layer.keys is None or appended.keys is None:
            continue
        layer.keys, layer.values = (
            torch.cat(_left_padded(*pair))
            for pair in ((layer.keys, appended.keys), (layer.values, appended.values))
        )
        if isinstance(layer, DynamicSlidingWindowLayer):
            layer.cumulative_length = max(layer.cumulative_length, appended.cumulative_length)


def trim(cache: DynamicCache, columns: int) -> None:
    """Remove the first columns of all rows; a sliding-window layer may have dropped some before."""
    for layer in cache.layers:
        if layer.keys is None:
            continue
        size = layer.keys.shape[-2]
        remaining = min(size, layer.get_seq_length() - columns)
        layer.keys, layer.values = (
            layer.keys[:, :, size - remaining :],
            layer.values[:, :, size - remaining :],
        )
        if isinstance(layer, DynamicSlidingWindowLayer):
            layer.cumulative_length -= columns


def _with_spare_columns(states: torch.Tensor, columns: int) -> torch.Tensor:
    """The states at the beginning of a larger tensor, whose rest is uninitialized."""
    rows, heads, used, width = states.shape
    buffer = states.new_empty(rows, heads, columns, width)
    buffer[:, :, :used] = states
    return buffer


def _left_padded(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both tensors, left-padded to the number of columns of the longer one."""
    gap = first.shape[-2] - second.shape[-2]
    return pad(first, (0, 0, max(-gap, 0), 0)), pad(second, (0, 0, max(gap, 0), 0))
