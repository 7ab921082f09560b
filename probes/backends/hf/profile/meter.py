"""What scoring put through a model, in tokens: counters that a profile reads, and what they cost.

Counting is a few additions a batch and never waits for a device. Does not time anything but
tokenising, and prints nothing. Attention's own products are left out of the operations: over
texts of this length they are about one in a hundred.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils.flop_counter import FlopCounterMode

from probes.backends.hf.scoring import mask_states

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TRIED = 16
"""Tokens of the text on which operations are counted."""


@dataclass(slots=True)
class Meter:
    """Counts since a model was loaded. The self-check's prompts are asked, too; a self-test of the
    backend's is computed, but nobody asked for it."""

    asked: int = 0
    """Tokens of the texts that a loop over every prompt's every option would put through."""
    needed: int = 0
    """Tokens that have to go through, common beginnings counted once."""
    computed: int = 0
    """Tokens that did, padding included."""
    padded: int = 0
    """Those of them that are padding."""
    passes: int = 0
    """Forward passes."""
    head_rows: int = 0
    """Positions at which the head was applied, over the whole vocabulary each time."""
    tokenising: float = 0.0
    """Seconds in tokenising and laying out what to read."""

    def passed(self, rows: int, width: int, *, real: int, heads: int) -> None:
        """Count a forward pass of `rows` times `width` tokens, `real` of them no padding, with
        the head at `heads` positions."""
        self.passes += 1
        self.computed += rows * width
        self.padded += rows * width - real
        self.head_rows += heads

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Count what is done inside as tokenising."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.tokenising += time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class MatrixCost:
    """Floating-point operations of a model's matrix products."""

    token: float
    """For a token, from embedding to last state (encoder-decoders: mean of both halves)."""
    head: float
    """For a position at which the head is applied."""

    def needed(self, meter: Meter) -> float:
        """Operations that what was asked cannot be had without."""
        return self.token * meter.needed + self.head * meter.head_rows


@torch.inference_mode()
def cost(model: PreTrainedModel, cut: torch.nn.Module | None = None) -> MatrixCost:
    """What a model's forward pass costs, counted on one: layers that are used twice count twice,
    experts that are not used do not count.

    Args:
        model: any.
        cut: the module behind which only positions go on at which the head is applied, where
            there is one: what lies behind it then counts to the head.
    """
    ids = torch.ones((1, TRIED), dtype=torch.long, device=model.device)
    inputs = {"input_ids": ids}
    tokens = TRIED
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids
        tokens = 2 * TRIED
    with FlopCounterMode(display=False) as body:
        model.base_model(**inputs)
    with FlopCounterMode(display=False) as whole:
        model(**inputs)
    head = whole.get_total_flops() - body.get_total_flops()
    if cut is None:
        return MatrixCost(body.get_total_flops() / tokens, head / TRIED)
    with FlopCounterMode(display=False) as less, mask_states.only(cut, ids.new_zeros(1)):
        model(**inputs)
    head = (whole.get_total_flops() - less.get_total_flops()) / (TRIED - 1)
    return MatrixCost(whole.get_total_flops() / TRIED - head, head)
