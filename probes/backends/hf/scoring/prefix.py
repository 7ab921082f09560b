"""KV cache of shared prefixes: a wording's text before the statement, read once for a run.

Rows of a tree (see `tree`) share prefixes within a row, but each row would read them again. Here
each prefix is read once, by itself, and every later row gets its keys and values as a cache,
several prefixes one after another; the row's attention mask says which tokens may use which prefix.

Why this is exact: as in `tree`, a token's state depends only on its ancestors and its position, and
those are the same in every row.

Which prefixes are cached depends on all prompts of a plan, and they are read before the first
batch, each by itself. So a resumed run has the same cache, and writes the same bytes.
`tree.matches_rows` checks the scores; if they differ, no prefix is cached.
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
"""Shorter prefixes are not worth caching."""
MAX_TOKENS = 1024
"""Tokens cached altogether; half a megabyte each in a model of seven billion parameters."""

Layers = tuple[tuple[torch.Tensor, torch.Tensor], ...]
"""Keys and values, [1, heads, tokens, width] each, layer by layer."""


@dataclass(frozen=True, slots=True)
class CachedPrefix:
    """A token prefix and its keys and values."""

    ids: Ids
    layers: Layers


@torch.inference_mode()
def read_prefixes(model: PreTrainedModel, sequences: Iterable[Ids]) -> tuple[CachedPrefix, ...]:
    """Read each distinct prefix that is long enough, until `MAX_TOKENS` tokens are cached.

    Returns:
        The cached prefixes; none if the model keeps anything else than plain keys and values.
    """
    prefixes: list[CachedPrefix] = []
    remaining = MAX_TOKENS
    for ids in dict.fromkeys(sequences):
        if not MIN_TOKENS <= len(ids) <= remaining:
            continue
        key_values = DynamicCache()
        try:
            # Without the head: no next token is scored.
            model.base_model(
                input_ids=torch.tensor([ids], device=model.device),
                past_key_values=key_values,
                use_cache=True,
            )
            layers = tuple((layer.keys, layer.values) for layer in key_values.layers)
        except FORWARD_ERRORS:
            return ()  # An architecture without plain keys and values; each raises its own error.
        if not layers or any(each.shape[-2] != len(ids) for pair in layers for each in pair):
            return ()
        prefixes.append(CachedPrefix(ids, layers))
        remaining -= len(ids)
    return tuple(prefixes)


def joint_cache(prefixes: Sequence[CachedPrefix], starts: Sequence[int]) -> DynamicCache:
    """A cache for one pass: of each prefix the tokens from its start on."""
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
