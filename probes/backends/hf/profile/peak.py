"""Sustained throughput of this machine in matrix products of a model's size.

A profile compares a run with it. Only products run for about a second, in the model's dtype, on its
device and with its number of threads. Does not know what a run needed (see `meter`).
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
"""Tokens in one product: as many as a planned batch has."""
SLICES = 10
"""Parts of the measurement; the median counts, so that other processes disturb it less."""


@torch.inference_mode()
def sustained(model: PreTrainedModel, seconds: float = 1.0) -> float:
    """Floating-point operations a second in products of the shape of the model's feed-forward
    layers: [tokens, hidden] by [hidden, 4 hidden], and back.

    Args:
        model: for its hidden size, dtype and device.
        seconds: about how long to measure.
    """
    inner, rows = 4 * _hidden_size(model), ROWS.get(model.device.type, ROWS_ELSEWHERE)
    states, up, down = (
        _random_matrix(model, shape)
        for shape in ((rows, inner // 4), (inner, inner // 4), (inner // 4, inner))
    )
    operations = 2 * 2 * rows * inner * (inner // 4)

    def seconds_for(times: int) -> float:
        _synchronise(model.device)
        start = time.perf_counter()
        for _ in range(times):
            linear(linear(states, up), down)
        _synchronise(model.device)
        return time.perf_counter() - start

    seconds_for(1)  # warming up: the first product of a shape is slow
    times = max(1, round(seconds / SLICES / seconds_for(1)))
    return operations * times / statistics.median(seconds_for(times) for _ in range(SLICES))


def threads() -> int:
    """Threads that one operation may use on the processor."""
    return torch.get_num_threads()


def _random_matrix(model: PreTrainedModel, shape: tuple[int, int]) -> torch.Tensor:
    """A random matrix: accelerators are faster on zeros and ones. Drawn by a generator of its own,
    so that what a model samples later does not depend on it."""
    generator = torch.Generator(model.device).manual_seed(0)
    return torch.randn(shape, generator=generator, device=model.device, dtype=model.dtype)


def _hidden_size(model: PreTrainedModel) -> int:
    """Width of the hidden states."""
    width: int = model.get_input_embeddings().weight.shape[1]
    return int(getattr(model.config.get_text_config(), "hidden_size", width))


def _synchronise(device: torch.device) -> None:
    """Wait until an accelerator has finished; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
