"""KV cache of shared prefixes: a wording's text before the statement, computed once for a run.

Rows of a tree (see `tree`) share prefixes within a row, but each row would compute them again. Here
each prefix is computed once, alone, and every later row gets its keys and values as a cache, with
several prefixes concatenated; the row's attention mask says which tokens may use which prefix.

Why this is exact: as in `tree`, a token's state depends only on its ancestors and its position, and
those are the same in every row.

Which prefixes are cached depends on all prompts of a plan, and they are computed before the first
batch. So a resumed run has the same cache, and writes the same bytes. `tree.matches_rows` checks
the scores; if they differ, no prefix is cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import DynamicCache

from probes.backends.hf.loading.device import FORWARD_ERRORS

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

MIN_TOKENS = 4
"""Minimum tokens of a cached prefix."""
MAX_TOKENS = 1024
"""Maximum tokens in all cached prefixes; each takes 0.5 MB in a model of 7 billion parameters."""

Layers = tuple[tuple[torch.Tensor, torch.Tensor], ...]
"""``(keys, values)`` of each layer, ``[1, heads, tokens, width]`` each."""


@dataclass(frozen=True, slots=True)
class CachedPrefix:
    """A token prefix and its keys and values."""

    ids: Ids
    layers: Layers


@torch.inference_mode()
def read_prefixes(model: PreTrainedModel, sequences: Iterable[Ids]) -> tuple[CachedPrefix, ...]:
    """Compute each distinct prefix that is long enough, up to `MAX_TOKENS` tokens in total.

    Returns:
        The cached prefixes; none if the model's cache is not plain keys and values.
    """
    prefixes: list[CachedPrefix] = []
    remaining = MAX_TOKENS
    for ids in dict.fromkeys(sequences):
        if not MIN_TOKENS <= len(ids) <= remaining:
            continue
        key_values = DynamicCache()
        try:
            # Without the head, since no next token is scored.
            model.base_model(
                input_ids=torch.tensor([ids], device=model.device),
                past_key_values=key_values,
                use_cache=True,
            )
            layers = tuple((layer.keys, layer.values) for layer in key_values.layers)
        except FORWARD_ERRORS:
            return ()  # The architecture has no plain keys and values; error types vary.
        if not layers or any(each.shape[-2] != len(ids) for pair in layers for each in pair):
            return ()
        prefixes.append(CachedPrefix(ids, layers))
        remaining -= len(ids)
    return tuple(prefixes)


def joint_cache(prefixes: Sequence[CachedPrefix], starts: Sequence[int]) -> DynamicCache:
    """A cache for one forward pass: the tokens of each prefix from its start on, concatenated."""
    joined = DynamicCache()
    for number in range(len(prefixes[0].layers)):
        keys, values = (
            torch.cat(
                [
                    prefix.layers[number][i][:, :, start:]
                    for prefix, start in zip(prefixes, starts, strict=True)
                ],
                -2,
            )
            for i in (0, 1)
        )
        joined.update(keys, values, number)
    return joined
