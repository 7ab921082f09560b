"""A random model whose replies end at varying lengths, as those of real models do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LOUD = 2.5
"""Factor on the end token's row of the output layer: makes it the most probable token in about 1
of 30 steps."""


def teach(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Scale the output row of the end-of-text token, so that it is generated now and then."""
    import torch

    with torch.no_grad():
        model.get_output_embeddings().weight[tokenizer.eos_token_id] *= LOUD
