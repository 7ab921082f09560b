"""The most likely fills of a masked slot, as a list of tokens: what published protocols look at.

One more reading of each prompt, with one mask in the slot. Full vocabulary, float32; the cut to
the first so many is the caller's wish. Scores no options (see `masked`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors
from probes.backends.hf.scoring import forms
from probes.backends.hf.scoring.forms import Ids
from probes.types import Prompt

Fills = tuple[tuple[str, float], ...]

AT_ONCE = 8
"""Texts read together: their whole logits, positions x vocabulary, are in memory at once."""


def likeliest(checkpoint: Checkpoint, prompts: Sequence[Prompt]) -> list[Fills | None]:
    """For each prompt its `top` most likely single tokens, decoded, with natural log-probabilities.

    None where none are wanted, and where no form of its options shows where the slot's token lies.
    """
    wanted = [i for i, prompt in enumerate(prompts) if prompt.top]
    found: list[Fills | None] = [None] * len(prompts)
    places = {i: place for i in wanted if (place := _masked(checkpoint, prompts[i]))}
    if not places:
        return found
    texts = list(places.values())
    rows = [
        row
        for start in range(0, len(texts), AT_ONCE)
        for row in _logprobs(checkpoint, texts[start : start + AT_ONCE])
    ]
    for i, row in zip(places, rows, strict=True):
        values, ids = row.topk(min(prompts[i].top, len(row)))
        words = [checkpoint.tokenizer.decode([number]) for number in ids.tolist()]
        found[i] = tuple(zip(words, values.tolist(), strict=True))
    return found


def _masked(checkpoint: Checkpoint, prompt: Prompt) -> tuple[Ids, int] | None:
    """The text with one mask in the slot, and the mask's position."""
    start = len(prompt.before)
    for form in (form for option in prompt.options for form in option.forms):
        text = prompt.before + form + prompt.after
        encoded = checkpoint.encode(text)
        span = forms.span(text, encoded, start, start + len(form))
        if span is not None:
            first, last = span
            mask = checkpoint.tokenizer.mask_token_id
            return (*encoded.ids[:first], mask, *encoded.ids[last:]), first
    return None


def _logprobs(checkpoint: Checkpoint, texts: Sequence[tuple[Ids, int]]) -> torch.Tensor:
    """Log-probabilities over the vocabulary at each text's mask, on the CPU."""
    with memory_errors(), torch.inference_mode():
        ids, mask = checkpoint.padded([text for text, _ in texts])
        logits = checkpoint.model(input_ids=ids, attention_mask=mask).logits
        at = torch.tensor([position for _, position in texts], device=logits.device)
        rows = logits[torch.arange(len(texts), device=logits.device), at]
        found: torch.Tensor = rows.float().log_softmax(-1).cpu()
    return found
