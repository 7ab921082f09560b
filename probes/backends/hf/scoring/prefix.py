"""Keys and values of text that many prompts begin with: a wording's words before the statement.

What is clever. Rows of a tree (see `tree`) share what their texts begin with, but each row would
read it again. Here a beginning is read once, by itself, and every later row gets its keys and
values as a cache, several beginnings side by side; the row's mask says who looks at which.

Why that is allowed. It is the tree's own reason: a token's state depends on its ancestors and its
position alone, and those are the same in every row.

Same bytes. What is held is decided by all prompts of a plan and read before the first batch, each
beginning by itself, so a run that goes on from any batch has the same cache. `tree.proven` tries
it; where numbers differ, nothing is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import DynamicCache

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

LEAST = 4
"""Tokens of a beginning that is worth holding."""
MOST = 1024
"""Tokens held altogether; half a megabyte each in a model of seven billion parameters."""

Layers = tuple[tuple[torch.Tensor, torch.Tensor], ...]
"""Keys and values, [1, heads, tokens, width] each, layer by layer."""


@dataclass(frozen=True, slots=True)
class CachedPrefix:
    """A beginning and what its tokens look like to those behind them."""

    ids: Ids
    layers: Layers


@torch.inference_mode()
def hold(model: PreTrainedModel, beginnings: Iterable[Ids]) -> tuple[CachedPrefix, ...]:
    """Read each distinct beginning that is long enough, until `MOST` tokens are held.

    Returns:
        What is held; nothing if the model keeps no plain keys and values.
    """
    held: list[CachedPrefix] = []
    room = MOST
    for ids in dict.fromkeys(beginnings):
        if not LEAST <= len(ids) <= room:
            continue
        cache = DynamicCache()
        try:
            # The body alone: nobody asks what comes next.
            model.base_model(
                input_ids=torch.tensor([ids], device=model.device),
                past_key_values=cache,
                use_cache=True,
            )
            layers = tuple((layer.keys, layer.values) for layer in cache.layers)
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
            return ()  # Each architecture that keeps something else refuses in its own way.
        if not layers or any(each.shape[-2] != len(ids) for pair in layers for each in pair):
            return ()
        held.append(CachedPrefix(ids, layers))
        room -= len(ids)
    return tuple(held)


def cache(used: Sequence[CachedPrefix], starts: Sequence[int]) -> DynamicCache:
    """A cache of its own for one pass: of each beginning the tokens from its start on."""
    found = DynamicCache()
    for number in range(len(used[0].layers)):
        keys, values = (
            torch.cat(
                [
                    each.layers[number][i][:, :, start:]
                    for each, start in zip(used, starts, strict=True)
                ],
                -2,
            )
            for i in (0, 1)
        )
        found.update(keys, values, number)
    return found
