"""Examples for pretraining, their order, and the loss.

An example is a block of tokens with labels; the loss is the cross-entropy per token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from probes.training.blocks import Blocks
from probes.training.masking import IGNORED, Masker

if TYPE_CHECKING:
    from transformers.utils import ModelOutput

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
    rows, targets = _scored(outputs, labels, causal=causal)
    count = (targets != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
    total = torch.nn.functional.cross_entropy(rows.float(), targets, reduction="sum")
    return total / torch.as_tensor(count).clamp(min=1)  # a batch may have no label


def label_losses(outputs: ModelOutput, labels: torch.Tensor, *, causal: bool) -> torch.Tensor:
    """Cross-entropy of each labelled token, row by row of the batch, ``(labelled tokens,)``."""
    rows, targets = _scored(outputs, labels, causal=causal)
    each = torch.nn.functional.cross_entropy(rows.float(), targets, reduction="none")
    return each[targets != IGNORED]


def _scored(
    outputs: ModelOutput, labels: torch.Tensor, *, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits ``(positions, vocabulary)`` and their targets ``(positions,)``, over the batch."""
    logits = outputs.logits
    if causal:  # shift the labels: shifting the logits would copy them and their gradient
        labels = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)
        return logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
    hidden = labels != IGNORED  # most tokens have no label: skip the softmax of their logits
    return logits[hidden], labels[hidden]
