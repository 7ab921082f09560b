"""Log-probabilities of token sequences, each text in a separate row, with right padding.

`tree` is checked against this module, which replaces it if it fails. Also here: functions for all
scoring of texts, such as applying the head only where a next token is scored, and log-sum-exp in
float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading.device import to_device
from probes.backends.hf.profile.meter import Meter

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

CHUNK = {"cpu": 4}
CHUNK_ELSEWHERE = 64
"""Rows of logits converted to float32 at a time; few on a CPU, to stay in its cache."""


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text as token ids; its tokens from `start` on are scored."""

    ids: Ids
    start: int
    """Index of the first scored token; at least 1: a text's first token has no probability."""


@torch.inference_mode()
def score_rows(
    model: PreTrainedModel, texts: Sequence[TokenizedText], meter: Meter | None = None
) -> torch.Tensor:
    """Log-probabilities of the scored tokens under a causal model.

    Rows are right-padded: a causal model does not attend to later tokens. `meter` counts the pass.

    Returns:
        ``[scored tokens]`` in float32, text after text, on the model's device.
    """
    ids, mask = padded([text.ids for text in texts], model.device)
    logits = head_at(model, scored_positions(texts), input_ids=ids, attention_mask=mask)
    if meter is not None:
        lengths = [len(text.ids) for text in texts]
        heads = logits.shape[0] * logits.shape[1]
        meter.count_pass(len(texts), max(lengths), real=sum(lengths), heads=heads)
    return gather_logprobs(logits, texts)


@torch.inference_mode()
def score_alone(model: PreTrainedModel, text: TokenizedText) -> torch.Tensor:
    """Reference computation: one text alone, without attention mask, logits of all positions."""
    logits = model(torch.tensor([text.ids], device=model.device), use_cache=False).logits
    return gather_logprobs(logits[:, text.start - 1 :], [text])


def padded(rows: Sequence[Ids], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both ``[rows, longest row]``, with right padding."""
    width = max(map(len, rows))
    ids = [[*row, *[0] * (width - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return to_device(torch.tensor(ids), device), to_device(torch.tensor(mask), device)


def scored_positions(texts: Sequence[TokenizedText]) -> torch.Tensor:
    """Positions at which the next token of some text is scored."""
    return torch.arange(min(t.start for t in texts) - 1, max(len(t.ids) for t in texts) - 1)


def head_at(model: PreTrainedModel, positions: torch.Tensor, **inputs: object) -> torch.Tensor:
    """Logits ``[rows, positions, vocabulary]`` at the same positions of every row.

    The model's own forward pass is used, because it may transform states and logits around the head
    (projections, biases, scaling, soft caps); a hook passes only the selected states to the head.
    """

    def select_positions(
        _: torch.nn.Module, states: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, ...]:
        return states[0][:, positions.to(states[0].device)], *states[1:]

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(select_positions) if head is not None else None
    try:
        logits: torch.Tensor = model(**inputs, use_cache=False).logits
    finally:
        if hook is not None:
            hook.remove()
    if logits.shape[1] != len(positions):  # The head was applied without calling its module.
        logits = logits[:, positions.to(logits.device)]
    return logits


def gather_logprobs(logits: torch.Tensor, texts: Sequence[TokenizedText]) -> torch.Tensor:
    """Log-probabilities of each text's scored tokens, from logits at the `scored_positions`."""
    first = min(text.start for text in texts)
    logprobs = []
    for row, text in zip(logits, texts, strict=True):
        tokens = to_device(torch.tensor(text.ids[text.start :]), row.device)
        rows = torch.arange(len(tokens), device=row.device)
        logprobs.append(logprobs_at(row[text.start - first : len(text.ids) - first], rows, tokens))
    return torch.cat(logprobs)


def logprobs_at(logits: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Log-softmax over the whole vocabulary, in float32, at (row, token) pairs.

    Args:
        logits: ``[rows, vocabulary]``.
        rows: row of each pair.
        tokens: token id of each pair.
    """
    size = CHUNK.get(logits.device.type, CHUNK_ELSEWHERE)
    total = torch.cat([chunk.float().logsumexp(-1) for chunk in torch.split(logits, size)])
    return logits[rows, tokens].float() - total[rows]
