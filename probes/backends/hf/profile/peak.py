"""Sustained throughput of this machine in matrix products of a model's size.

A profile compares a run (`meter`) with it. The measurement runs products for about a second, in the
model's dtype, on its device and with its number of threads.
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
"""Tokens in one product, as in a planned batch: on a CPU, and on accelerators."""
SLICES = 10
"""Number of measurements; their median is used, as it is less affected by other processes."""


@torch.inference_mode()
def sustained(model: PreTrainedModel, seconds: float = 1.0) -> float:
    """Floating-point operations a second in products of the shape of the model's feed-forward
    layers: [tokens, hidden] by [hidden, 4 hidden], and back.

    Args:
        model: gives hidden size, dtype and device.
        seconds: approximate duration of the measurement.
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
    """A random matrix, because accelerators are faster with constant values. It has its own
    generator, so that later sampling does not depend on it."""
    generator = torch.Generator(model.device).manual_seed(0)
    return torch.randn(shape, generator=generator, device=model.device, dtype=model.dtype)


def _hidden_size(model: PreTrainedModel) -> int:
    """Width of the hidden states."""
    width: int = model.get_input_embeddings().weight.shape[1]
    return int(getattr(model.config.get_text_config(), "hidden_size", width))


def _synchronise(device: torch.device) -> None:
    """Wait until an accelerator has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
