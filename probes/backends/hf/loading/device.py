"""Device and dtype of a model (``--device``, ``--dtype``), and out-of-memory errors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import torch

from probes.backends.hf.loading.folder import meaning
from probes.errors import ModelError, UsageError, nearest
from probes.types import LoadOptions

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FORWARD_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, IndexError, KeyError, RuntimeError),
    *(TypeError, ValueError),
)
"""Exceptions of a forward pass for a feature that an architecture lacks; types vary."""
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
"""Messages of torch's RuntimeError on devices that do not raise `torch.OutOfMemoryError`."""


def device_of(options: LoadOptions) -> torch.device:
    """The device of ``--device auto|cpu|cuda[:n]|mps``; auto is the first accelerator.

    Raises:
        UsageError: the device name is unknown.
        ModelError: this machine has no such device.
    """
    name = options.device
    if name == "auto":
        accelerator = "cuda" if _cuda_devices() else "mps" if _has_mps() else "cpu"
        return torch.device(accelerator)
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", name):
        raise UsageError(f"--device {name}: valid are auto, cpu, cuda, cuda:0, cuda:1 ..., mps")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= _cuda_devices():
        raise ModelError(
            f"--device {name}: torch finds {_cuda_devices()} CUDA devices on this machine"
        )
    if device.type == "mps" and not _has_mps():
        raise ModelError("--device mps: torch finds no Apple GPU on this machine")
    return device


def dtype_of(options: LoadOptions) -> torch.dtype | None:
    """The dtype of ``--dtype auto|float32|bfloat16|float16``; None: the checkpoint's own.

    Auto is float32 on a CPU, where 16-bit types are slow and too imprecise for the self-checks.

    Raises:
        UsageError: the dtype is unknown.
    """
    if options.dtype == "auto":
        on_cpu = device_of(options).type == "cpu" and options.device_map is None
        return torch.float32 if on_cpu else None
    if options.dtype not in DTYPES:
        raise UsageError(f"--dtype {options.dtype}: {nearest(options.dtype, ['auto', *DTYPES])}")
    return DTYPES[options.dtype]


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Turn each of torch's out-of-memory errors into a `MemoryError`."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error
    except RuntimeError as error:
        if any(words in str(error) for words in OUT_OF_MEMORY):
            raise MemoryError(str(error)) from error
        raise


@contextlib.contextmanager
def forward_errors(name: str) -> Iterator[None]:
    """Turn exceptions of a model's forward passes into `ModelError` or `MemoryError`.

    Args:
        name: the model's name.
    """
    try:
        with memory_errors():
            yield
    except FORWARD_ERRORS as error:
        raise ModelError(f"{name}: its model cannot be run: {meaning(error)}") from error


def to_device(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Copy a CPU tensor to a device; on CUDA asynchronously, from pinned memory."""
    if device.type == "cuda":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def _cuda_devices() -> int:
    """Number of CUDA devices."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _has_mps() -> bool:
    """Whether there is an Apple GPU."""
    return torch.backends.mps.is_available()
