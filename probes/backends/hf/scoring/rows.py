"""Log-probabilities of token sequences the plain way: each text in a row of its own.

What `tree` is held against and what stands in for it, and the care for logits that all scoring
of text ends shares: the head only where a next token is scored, log-sum-exp in float32. Does not
tokenise and does not know prompts or options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading.device import sent
from probes.backends.hf.profile.meter import Meter

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

CHUNK = {"cpu": 4}
CHUNK_ELSEWHERE = 64
"""Rows of vocabulary size that are in float32 at a time: on a processor, what is made of them on
the way stays in its cache."""


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A tokenised text; its tokens from `start` on are scored."""

    ids: Ids
    start: int
    """At least 1: the first token of a text has no probability."""


@torch.inference_mode()
def plain(
    model: PreTrainedModel, texts: Sequence[TokenizedText], meter: Meter | None = None
) -> torch.Tensor:
    """Log-probabilities of the scored tokens under a causal model, text after text.

    Rows are padded on the right, where no causal model looks. `meter` is told of the pass.

    Returns:
        float32, one number for every scored token, on the model's device.
    """
    ids, mask = padded([text.ids for text in texts], model.device)
    logits = head_at(model, scored(texts), input_ids=ids, attention_mask=mask)
    if meter is not None:
        lengths = [len(text.ids) for text in texts]
        heads = logits.shape[0] * logits.shape[1]
        meter.passed(len(texts), max(lengths), real=sum(lengths), heads=heads)
    return gathered(logits, texts)


@torch.inference_mode()
def alone(model: PreTrainedModel, text: TokenizedText) -> torch.Tensor:
    """The plain way at its plainest: one text, nothing but its ids, all logits."""
    logits = model(torch.tensor([text.ids], device=model.device), use_cache=False).logits
    return gathered(logits[:, text.start - 1 :], [text])


def padded(rows: Sequence[Ids], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both [rows, longest row], padded on the right."""
    width = max(map(len, rows))
    ids = [[*row, *[0] * (width - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return sent(torch.tensor(ids), device), sent(torch.tensor(mask), device)


def scored(texts: Sequence[TokenizedText]) -> torch.Tensor:
    """Positions at which some text's next token is scored."""
    return torch.arange(min(t.start for t in texts) - 1, max(len(t.ids) for t in texts) - 1)


def head_at(model: PreTrainedModel, positions: torch.Tensor, **inputs: object) -> torch.Tensor:
    """Logits [rows, positions, vocabulary] of the same positions of every row.

    The model runs its own forward, for whatever it does to states and logits around the head
    (projections, biases, scaling, soft caps); a hook hands the head only the wanted states.
    """

    def narrow(_: torch.nn.Module, states: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return states[0][:, positions.to(states[0].device)], *states[1:]

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(narrow) if head is not None else None
    try:
        logits: torch.Tensor = model(**inputs, use_cache=False).logits
    finally:
        if hook is not None:
            hook.remove()
    if logits.shape[1] != len(positions):  # A head that is applied past the hook.
        logits = logits[:, positions.to(logits.device)]
    return logits


def gathered(logits: torch.Tensor, texts: Sequence[TokenizedText]) -> torch.Tensor:
    """Log-probabilities of each text's scored tokens, from logits at the `scored` positions."""
    first = min(text.start for text in texts)
    found = []
    for row, text in zip(logits, texts, strict=True):
        tokens = sent(torch.tensor(text.ids[text.start :]), row.device)
        at = torch.arange(len(tokens), device=row.device)
        found.append(pick(row[text.start - first : len(text.ids) - first], at, tokens))
    return torch.cat(found)


def pick(logits: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Log-softmax over the whole vocabulary, in float32, at some (row, token).

    Args:
        logits: [rows, vocabulary].
        rows: which row each token is looked up in.
        tokens: as many.
    """
    size = CHUNK.get(logits.device.type, CHUNK_ELSEWHERE)
    total = torch.cat([chunk.float().logsumexp(-1) for chunk in torch.split(logits, size)])
    return logits[rows, tokens].float() - total[rows]
