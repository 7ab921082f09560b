"""A model whose replies end early, some soon and some not at all, as real replies do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LOUD = 2.5
"""How much longer the end token's row of the head is than others: at this, it is the most probable
token in about one step of thirty."""


def teach(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Make the end-of-text token win now and then."""
    import torch

    with torch.no_grad():
        model.get_output_embeddings().weight[tokenizer.eos_token_id] *= LOUD
