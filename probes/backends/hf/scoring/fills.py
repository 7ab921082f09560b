"""The most likely tokens of a masked slot, which published protocols use.

One additional forward pass for each prompt, with one mask in the slot. Log-softmax over the full
vocabulary, in float32; the prompt says how many tokens are wanted. `masked` scores the options.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.loading.device import forward_errors
from probes.backends.hf.scoring import forms
from probes.backends.hf.scoring.forms import Ids
from probes.types import Prompt

Fills = tuple[tuple[str, float], ...]

BATCH = 8
"""Batch size; the logits of all positions are in memory at once."""


def top_fills(checkpoint: Checkpoint, prompts: Sequence[Prompt]) -> list[Fills | None]:
    """For each prompt its `top` most likely tokens, decoded, with natural log-probabilities.

    None if `top` is 0, or if the slot's position cannot be determined from any form.
    """
    wanted = [i for i, prompt in enumerate(prompts) if prompt.top]
    fills: list[Fills | None] = [None] * len(prompts)
    masked_texts = {
        i: masked_text for i in wanted if (masked_text := _text_with_mask(checkpoint, prompts[i]))
    }
    if not masked_texts:
        return fills
    texts = list(masked_texts.values())
    names = list(masked_texts)
    rows = {
        names[i]: row
        for group in checkpoint.groups([ids for ids, _ in texts])
        for start in range(0, len(group), BATCH)
        for i, row in zip(
            group[start : start + BATCH],
            _logprobs(checkpoint, [texts[i] for i in group[start : start + BATCH]]),
            strict=True,
        )
    }
    for i, row in rows.items():
        values, ids = row.topk(min(prompts[i].top, len(row)))
        words = [checkpoint.tokenizer.decode([number]) for number in ids.tolist()]
        fills[i] = tuple(zip(words, values.tolist(), strict=True))
    return fills


def _text_with_mask(checkpoint: Checkpoint, prompt: Prompt) -> tuple[Ids, int] | None:
    """The text with one mask in the slot, and the mask's position."""
    start = len(prompt.before)
    for form in (form for option in prompt.options for form in option.forms):
        text = prompt.before + form + prompt.after
        encoded = checkpoint.encode(text)
        span = forms.token_span(text, encoded, start, start + len(form))
        if span is not None:
            first, last = span
            mask = checkpoint.tokenizer.mask_token_id
            return (*encoded.ids[:first], mask, *encoded.ids[last:]), first
    return None


def _logprobs(checkpoint: Checkpoint, texts: Sequence[tuple[Ids, int]]) -> torch.Tensor:
    """Log-probabilities at each text's mask, ``[texts, vocabulary]``, on the CPU."""
    with forward_errors(checkpoint.info.name), torch.inference_mode():
        ids, mask = checkpoint.padded([text for text, _ in texts])
        logits = checkpoint.model(input_ids=ids, attention_mask=mask).logits
        positions = torch.tensor([position for _, position in texts], device=logits.device)
        rows = logits[torch.arange(len(texts), device=logits.device), positions]
        logprobs: torch.Tensor = rows.float().log_softmax(-1).cpu()
    return logprobs
