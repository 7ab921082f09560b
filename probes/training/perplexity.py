"""Perplexity on held-out text before and after a training, and how sure it is.

Tokens of one text hang together. So losses are summed by text, and the interval of their mean a
token is that of a mean over units of unequal weight (docs/method.md 15).
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
"""Blocks that are measured, evenly spread if there are more."""
MOST_LOSS = 700.0
"""Mean loss whose exponential is still a number."""


@dataclass(frozen=True, slots=True)
class TextLosses:
    """What a model loses on held-out texts."""

    texts: Ints
    """``(texts,)``, the number of each text with a token that counts."""
    losses: Floats
    """``(texts,)``, summed over these tokens, in nats."""
    tokens: Ints
    """``(texts,)``, how many."""

    @property
    def perplexity(self) -> float:
        """The exponential of the mean loss a token."""
        return _exponential(float(self.losses.sum() / self.tokens.sum()))


def measure(
    model: PreTrainedModel, blocks: Blocks, ends: Ints, batch: int, masker: Masker | None
) -> TextLosses | None:
    """Losses on held-out blocks (masked: of tokens that are hidden, the same each time), text by
    text. In evaluation mode; None where no token counts.

    Args:
        model: on any device.
        blocks: of the stream of held-out texts.
        ends: ``(texts,)``, where each text ends in that stream.
        batch: blocks at a time.
        masker: of a masked model.
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
        which = np.searchsorted(texts, np.stack([numbers for _, numbers in rows])[counts])
        losses += np.bincount(which, each.cpu().numpy(), len(texts))
        tokens += np.bincount(which, minlength=len(texts))
    known = tokens > 0
    return TextLosses(texts[known], losses[known], tokens[known]) if known.any() else None


def _examples(blocks: Blocks, ends: Ints, masker: Masker | None) -> list[tuple[Example, Ints]]:
    """Blocks to measure, the longest first, and of each token the number of its text."""
    count = min(len(blocks), MOST_BLOCKS)
    examples = []
    for number in np.unique(np.linspace(0, len(blocks) - 1, count).astype(int)):
        example = make_example(blocks, int(number), HELD_OUT, masker)
        places = blocks.start(int(number)) + np.arange(len(example["labels"]))
        examples.append((example, np.searchsorted(ends, places, side="right")))
    return sorted(examples, key=lambda example: -len(example[1]))


def held_out(before: TextLosses, after: TextLosses) -> HeldOut:
    """Perplexity before and after on the same tokens, how many times as high it became, and the
    intervals of all three."""
    weights = before.tokens.astype(np.float64)
    means = [of.losses / weights for of in (before, after)]
    none = np.zeros_like(weights)
    return HeldOut(
        tokens=int(before.tokens.sum()),
        texts=len(weights),
        before=_interval(none, means[0], weights),
        after=_interval(none, means[1], weights),
        ratio=_interval(means[0], means[1], weights),
    )


def _interval(first: Floats, second: Floats, weights: Floats) -> PerplexityInterval:
    """The exponential of a mean difference over texts, and of the ends of its interval."""
    of = difference(first[:, None], second[:, None], weights, np.arange(len(weights)))
    mean, half = float(of.mean), float(of.half())
    if not math.isfinite(half):  # a single text
        return PerplexityInterval(_exponential(mean))
    return PerplexityInterval(*map(_exponential, (mean, mean - half, mean + half)))


def _exponential(mean: float) -> float:
    return math.exp(min(mean, MOST_LOSS))
