"""Examples for pretraining, their order, the loss, and perplexity on held-out blocks.

An example is a block of tokens with labels; the loss is the cross-entropy per token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from probes.training.blocks import Blocks
from probes.training.masking import HELD_OUT, IGNORED, Masker

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.utils import ModelOutput

MAX_HELD_OUT = 1000
"""Maximum of held-out blocks that are evaluated; of more, an evenly spaced sample."""
MAX_LOSS = 700.0
"""Cap of the mean loss: its exponential must not overflow."""

Example = dict[str, torch.Tensor]


class TrainingExamples(torch.utils.data.Dataset[Example]):
    """All examples of a training in order, epoch after epoch."""

    def __init__(self, blocks: Blocks, examples: int, seed: int, masker: Masker | None) -> None:
        self._blocks, self._examples, self._masker = blocks, examples, masker
        self._order = BlockOrder(len(blocks), seed)

    def __len__(self) -> int:
        return self._examples

    def tokens(self) -> int:
        """Number of tokens in all examples, special ones included."""
        epochs, rest = divmod(self._examples, len(self._blocks))
        whole = self._blocks.tokens(np.arange(len(self._blocks)))
        return epochs * whole + self._blocks.tokens(self._order.numbers(epochs)[:rest])

    def __getitem__(self, index: int) -> Example:
        epoch, number = self._order(index)
        return make_example(self._blocks, number, epoch, self._masker)


class BlockOrder:
    """Order of blocks: all of them in each epoch, in a shuffle given by seed and epoch alone."""

    def __init__(self, count: int, seed: int) -> None:
        self._count, self._seed = count, seed
        self._epoch, self._numbers = -1, np.empty(0, np.int64)

    def __call__(self, index: int) -> tuple[int, int]:
        """``(epoch, block number)`` of the training example with this index."""
        epoch, position = divmod(index, self._count)
        return epoch, int(self.numbers(epoch)[position])

    def numbers(self, epoch: int) -> NDArray[np.int64]:
        """Block numbers of an epoch in training order, ``(blocks,)``."""
        if epoch != self._epoch:
            self._numbers = np.random.default_rng([self._seed, epoch]).permutation(self._count)
            self._epoch = epoch
        return self._numbers


def make_example(blocks: Blocks, number: int, epoch: int, masker: Masker | None) -> Example:
    """The input tokens of a block (masked if there is a masker) and its labels."""
    ids = blocks[number]
    read, labels = masker(ids, epoch, number) if masker else (ids, ids.copy())
    if masker is None:
        labels[0] = IGNORED  # the first token has no context to be predicted from
    return {"input_ids": torch.from_numpy(read), "labels": torch.from_numpy(labels)}


def pad_batch(examples: Sequence[Example], pad: int) -> Example:
    """A batch of examples, padded on the right with `pad`; attention mask 0 at the padding."""
    rows = {
        key: torch.nn.utils.rnn.pad_sequence(
            [e[key] for e in examples], batch_first=True, padding_value=filling
        )
        for key, filling in (("input_ids", pad), ("labels", IGNORED))
    }
    lengths = torch.tensor([[len(e["labels"])] for e in examples])
    mask = torch.arange(rows["labels"].shape[1]) < lengths
    return {**rows, "attention_mask": mask.long()}


def loss(
    outputs: ModelOutput,
    labels: torch.Tensor,
    num_items_in_batch: torch.Tensor | int | None = None,
    *,
    causal: bool,
) -> torch.Tensor:
    """Cross-entropy per labelled token of a whole optimizer step, however the step is split into
    batches and devices. (The loss of masked models in transformers divides by the tokens of each
    batch, so accumulated batches would be summed instead of averaged.)"""
    logits = outputs.logits
    if causal:  # shift the labels: shifting the logits would copy them and their gradient
        labels = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)
        rows, targets = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
    else:  # most tokens have no label: skip the softmax of their logits
        hidden = labels != IGNORED
        rows, targets = logits[hidden], labels[hidden]
    count = (labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
    total = torch.nn.functional.cross_entropy(rows.float(), targets, reduction="sum")
    return total / torch.as_tensor(count).clamp(min=1)  # a batch may have no label


def perplexity(
    model: PreTrainedModel, blocks: Blocks, batch: int, masker: Masker | None
) -> float | None:
    """Exponential of the mean loss per token on held-out blocks, in evaluation mode.

    Of a masked model: over masked tokens (pseudo-perplexity), the same ones in each call. None
    without blocks.
    """
    if not len(blocks):
        return None
    numbers = np.unique(np.linspace(0, len(blocks) - 1, min(len(blocks), MAX_HELD_OUT)).astype(int))
    examples = [make_example(blocks, int(n), HELD_OUT, masker) for n in numbers]
    examples.sort(key=lambda e: -len(e["labels"]))
    total, count, device = 0.0, 0, next(model.parameters()).device
    model.eval()
    while examples:
        width = len(examples[0]["input_ids"])
        rows = [e for e in examples[:batch] if len(e["input_ids"]) == width]  # no padding
        examples = examples[len(rows) :]
        read, labels = (
            torch.stack([e[k] for e in rows]).to(device) for k in ("input_ids", "labels")
        )
        with torch.no_grad():
            summed = loss(model(input_ids=read), labels, 1, causal=masker is None)
        total, count = total + summed.item(), count + int((labels != IGNORED).sum())
    return math.exp(min(total / count, MAX_LOSS))
