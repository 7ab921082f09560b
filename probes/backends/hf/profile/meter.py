"""Token counts of scoring and writing, for a profile, and operations per token.

Counting takes a few additions per batch and does not synchronize with a device. Only tokenizing is
timed here. The products inside attention are not counted; they are about 1 % for texts of this
length.
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

SAMPLE_TOKENS = 16
"""Tokens of the text with which operations are counted."""


@dataclass(slots=True)
class Meter:
    """Counts since a model was loaded. Prompts of the self-check count in `asked`; those of a
    backend's test of its fast path count only in `computed`."""

    asked: int = 0
    """Tokens of all texts, if every option of every prompt were computed separately."""
    needed: int = 0
    """Tokens to compute if common prefixes are computed once."""
    computed: int = 0
    """Tokens that were computed, padding included."""
    padded: int = 0
    """Padding tokens in `computed`."""
    passes: int = 0
    """Forward passes."""
    head_rows: int = 0
    """Positions at which the language-model head was applied, over the whole vocabulary."""
    tokenising: float = 0.0
    """Seconds spent tokenizing and preparing inputs."""

    def count_pass(self, rows: int, width: int, *, real: int, heads: int) -> None:
        """Count a forward pass of `rows` times `width` tokens, `real` of them not padding, with the
        head at `heads` positions."""
        self.passes += 1
        self.computed += rows * width
        self.padded += rows * width - real
        self.head_rows += heads

    @contextlib.contextmanager
    def time_tokenising(self) -> Iterator[None]:
        """Add the seconds of a ``with`` block to `tokenising`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.tokenising += time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class MatrixCost:
    """Floating-point operations of a model's matrix products."""

    token: float
    """Operations per token without the head (encoder-decoders: mean of encoder and decoder)."""
    head: float
    """Operations per position at which the head is applied."""

    def needed(self, meter: Meter) -> float:
        """Operations for the tokens in `Meter.needed` and for the head."""
        return self.token * meter.needed + self.head * meter.head_rows


@torch.inference_mode()
def cost(model: PreTrainedModel, cut: torch.nn.Module | None = None) -> MatrixCost:
    """Operations of a model, counted in a forward pass: layers that are used twice count twice,
    unused experts do not count.

    Args:
        model: any model.
        cut: the module after which only scored positions are kept, if there is one; what follows
            it is counted with the head.
    """
    ids = torch.ones((1, SAMPLE_TOKENS), dtype=torch.long, device=model.device)
    inputs = {"input_ids": ids}
    tokens = SAMPLE_TOKENS
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids
        tokens = 2 * SAMPLE_TOKENS
    with FlopCounterMode(display=False) as body:
        model.base_model(**inputs)
    with FlopCounterMode(display=False) as whole:
        model(**inputs)
    head = whole.get_total_flops() - body.get_total_flops()
    if cut is None:
        return MatrixCost(body.get_total_flops() / tokens, head / SAMPLE_TOKENS)
    with (
        FlopCounterMode(display=False) as narrowed,
        mask_states.only_positions(cut, ids.new_zeros(1)),
    ):
        model(**inputs)
    head = (whole.get_total_flops() - narrowed.get_total_flops()) / (SAMPLE_TOKENS - 1)
    return MatrixCost(whole.get_total_flops() / SAMPLE_TOKENS - head, head)
