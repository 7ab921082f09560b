"""Key and value caches of rows that begin and end at different times.

transformers' own caches, with plain layers in a form that does not copy all that it holds for
every token, and two things that they do not offer: rows of two caches side by side, and cutting
off what is padding in every row. Rows are padded on the left. Whether a model computes the same
with all this is for the caller to try (`selfcheck`).
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

ROOM = 16
"""Places that a layer takes ahead of need."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc] # transformers' caches are untyped
    """transformers' plain layer; its tensors are the front of larger ones with room to write on.

    The plain one makes new tensors of all that it holds for every token: a quarter of the time of
    a small model.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: tuple[torch.Tensor, torch.Tensor] | None = None
        self._front: torch.Tensor | None = None
        """The keys as they were left here: others stand there once rows were chosen."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append states, [rows, heads, places, width] each; returns all that are held."""
        begin = self.get_seq_length()
        if begin == 0:  # A prompt's states are kept as they come.
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states, value_states
            return key_states, value_states
        end = begin + key_states.shape[-2]
        if self._held is None or self.keys is not self._front or end > self._held[0].shape[-2]:
            self._held = _roomy(self.keys, end + ROOM), _roomy(self.values, end + ROOM)
        for held, states in zip(self._held, (key_states, value_states), strict=True):
            held[:, :, begin:end] = states
        self.keys, self.values = (held[:, :, :end] for held in self._held)
        self._front = self.keys
        return self.keys, self.values


def empty(config: PreTrainedConfig) -> DynamicCache:
    """A cache for a model of this configuration."""
    cache = DynamicCache(config=config)
    cache.layers = [
        GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def joinable(cache: DynamicCache) -> bool:
    """Whether `join` and `trim` know all layers of a cache: keys and values by place, no states
    that run through a text."""
    known = (GrowingLayer, DynamicLayer, DynamicSlidingWindowLayer, DummyLayer)
    return all(type(layer) in known for layer in cache.layers)


def join(cache: DynamicCache, other: DynamicCache) -> None:
    """Put the rows of `other` below those of `cache`, the last places side by side.

    Where one of them holds fewer places, zeros stand before its own; hide them with a mask.
    """
    for layer, more in zip(cache.layers, other.layers, strict=True):
        if layer.keys is None or more.keys is None:
            continue
        layer.keys, layer.values = (
            torch.cat(_aligned(*pair))
            for pair in ((layer.keys, more.keys), (layer.values, more.values))
        )
        if isinstance(layer, DynamicSlidingWindowLayer):
            layer.cumulative_length = max(layer.cumulative_length, more.cumulative_length)


def trim(cache: DynamicCache, places: int) -> None:
    """Drop the first so many places of all rows; a layer with a window may hold none of them."""
    for layer in cache.layers:
        if layer.keys is None:
            continue
        held = layer.keys.shape[-2]
        kept = min(held, layer.get_seq_length() - places)
        layer.keys, layer.values = (
            layer.keys[:, :, held - kept :],
            layer.values[:, :, held - kept :],
        )
        if isinstance(layer, DynamicSlidingWindowLayer):
            layer.cumulative_length -= places


def _roomy(states: torch.Tensor, places: int) -> torch.Tensor:
    """The states at the front of so many places; what lies behind them is not read before it is
    written."""
    rows, heads, held, width = states.shape
    roomy = states.new_empty(rows, heads, places, width)
    roomy[:, :, :held] = states
    return roomy


def _aligned(one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both with the places of the longer one."""
    gap = one.shape[-2] - other.shape[-2]
    return pad(one, (0, 0, max(-gap, 0), 0)), pad(other, (0, 0, max(gap, 0), 0))
