"""Perplexity on held-out texts before and after a training, with intervals.

Losses of the tokens of one text are correlated. Texts are therefore the sampling units, weighted by
their number of tokens, for the interval of the mean loss per token (docs/method.md, section 15).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from probes.comparison.difference import difference
from probes.placement.interval import Floats, Ints
from probes.training.blocks import Blocks
from probes.training.examples import Example, label_losses, make_example
from probes.training.masking import HELD_OUT, IGNORED, Masker
from probes.training.request import HeldOut, PerplexityInterval

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_BLOCKS = 1000
"""Maximum of held-out blocks that are evaluated; of more, an evenly spaced sample."""
MOST_LOSS = 700.0
"""Cap of the mean loss: its exponential must not overflow."""


@dataclass(frozen=True, slots=True)
class TextLosses:
    """Losses of a model on held-out texts."""

    texts: Ints
    """Indices of the texts with at least one labelled token, ``(texts,)``."""
    losses: Floats
    """Cross-entropy of each text, summed over its labelled tokens, in nats, ``(texts,)``."""
    tokens: Ints
    """Number of labelled tokens of each text, ``(texts,)``."""

    @property
    def perplexity(self) -> float:
        """Exponential of the mean loss per token."""
        return _exponential(float(self.losses.sum() / self.tokens.sum()))


def measure(
    model: PreTrainedModel, blocks: Blocks, ends: Ints, batch: int, masker: Masker | None
) -> TextLosses | None:
    """Losses on held-out blocks by text, in evaluation mode; None without a labelled token.

    Of a masked model: over masked tokens (pseudo-perplexity), the same ones in each call.

    Args:
        model: on any device.
        blocks: the blocks of the held-out stream.
        ends: end of each text in that stream, in tokens, ``(texts,)``.
        batch: number of blocks in a batch.
        masker: for a masked model; else None.
    """
    examples = _examples(blocks, ends, masker)
    texts = np.unique([number for _, numbers in examples for number in np.unique(numbers)])
    losses, tokens = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
    device = next(model.parameters()).device
    model.eval()
    while examples:
        width = len(examples[0][1])
        rows = [e for e in examples[:batch] if len(e[1]) == width]  # no padding
        examples = examples[len(rows) :]
        read, labels = (
            torch.stack([e[k] for e, _ in rows]).to(device) for k in ("input_ids", "labels")
        )
        with torch.no_grad():
            each = label_losses(model(input_ids=read), labels, causal=masker is None)
        counts = (labels != IGNORED).cpu().numpy()
        text_of_label = np.searchsorted(texts, np.stack([numbers for _, numbers in rows])[counts])
        losses += np.bincount(text_of_label, each.cpu().numpy(), len(texts))
        tokens += np.bincount(text_of_label, minlength=len(texts))
    known = tokens > 0
    return TextLosses(texts[known], losses[known], tokens[known]) if known.any() else None


def _examples(blocks: Blocks, ends: Ints, masker: Masker | None) -> list[tuple[Example, Ints]]:
    """The blocks to evaluate, longest first, each with the text index of every token."""
    count = min(len(blocks), MOST_BLOCKS)
    examples = []
    for number in np.unique(np.linspace(0, len(blocks) - 1, count).astype(int)):
        example = make_example(blocks, int(number), HELD_OUT, masker)
        positions = blocks.start(int(number)) + np.arange(len(example["labels"]))
        examples.append((example, np.searchsorted(ends, positions, side="right")))
    return sorted(examples, key=lambda example: -len(example[1]))


def held_out(before: TextLosses, after: TextLosses) -> HeldOut:
    """Perplexity before and after a training on the same tokens, and their ratio, with
    intervals."""
    weights = before.tokens.astype(np.float64)
    means = [each.losses / weights for each in (before, after)]
    none = np.zeros_like(weights)
    return HeldOut(
        tokens=int(before.tokens.sum()),
        texts=len(weights),
        before=_interval(none, means[0], weights),
        after=_interval(none, means[1], weights),
        ratio=_interval(means[0], means[1], weights),
    )


def _interval(first: Floats, second: Floats, weights: Floats) -> PerplexityInterval:
    """Exponential of the weighted mean of second minus first over texts, and of the ends of its
    interval."""
    change = difference(first[:, None], second[:, None], weights, np.arange(len(weights)))
    mean, half = float(change.mean), float(change.half())
    if not math.isfinite(half):  # a single text
        return PerplexityInterval(_exponential(mean))
    return PerplexityInterval(*map(_exponential, (mean, mean - half, mean + half)))


def _exponential(mean: float) -> float:
    return math.exp(min(mean, MOST_LOSS))
