"""How fast this machine multiplies matrices of a model's size: the limit that a profile measures
a run against.

Nothing but multiplications runs meanwhile, for about a second, in the dtype, on the device and
with the threads of the model itself. Does not know what a run needed (see `meter`).
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import linear

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ROWS = {"cpu": 1024}
ROWS_ELSEWHERE = 16384
"""Tokens that are multiplied at once: as many as a planned batch has."""
SLICES = 10
"""Parts of the measurement; their median counts, so that a neighbour's burst does not."""


@torch.inference_mode()
def sustained(model: PreTrainedModel, seconds: float = 1.0) -> float:
    """Floating-point operations a second in products of the shape of the model's feed-forward
    layers: [tokens, hidden] by [hidden, 4 hidden], and back.

    Args:
        model: for its hidden size, dtype and device.
        seconds: about how long to measure.
    """
    wide, rows = 4 * _hidden(model), ROWS.get(model.device.type, ROWS_ELSEWHERE)
    states, up, down = (
        _drawn(model, shape) for shape in ((rows, wide // 4), (wide, wide // 4), (wide // 4, wide))
    )
    once = 2 * 2 * rows * wide * (wide // 4)

    def took(times: int) -> float:
        _wait(model.device)
        start = time.perf_counter()
        for _ in range(times):
            linear(linear(states, up), down)
        _wait(model.device)
        return time.perf_counter() - start

    took(1)  # warming up: the first product of a shape is slow
    times = max(1, round(seconds / SLICES / took(1)))
    return once * times / statistics.median(took(times) for _ in range(SLICES))


def threads() -> int:
    """Threads that one operation may use on the processor."""
    return torch.get_num_threads()


def _drawn(model: PreTrainedModel, shape: tuple[int, int]) -> torch.Tensor:
    """A random matrix: accelerators are faster on zeros and ones. With dice of its own, for what a
    model samples later must not depend on it."""
    dice = torch.Generator(model.device).manual_seed(0)
    return torch.randn(shape, generator=dice, device=model.device, dtype=model.dtype)


def _hidden(model: PreTrainedModel) -> int:
    """Width of the hidden states."""
    width: int = model.get_input_embeddings().weight.shape[1]
    return int(getattr(model.config.get_text_config(), "hidden_size", width))


def _wait(device: torch.device) -> None:
    """Until a device has done all that it was given; a processor has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
