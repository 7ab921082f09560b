"""Whether a checkpoint's weights fit into memory, checked before they are loaded.

Sizes are read from the headers of safetensors files. Weights in their stored dtype remain
memory-mapped files, whose pages the system can drop; so on a CPU only converted weights count, on a
GPU all of them. The result is a lower bound (batches need more), so nothing is refused that could
fit. Pickled weights and models with ``--device-map`` are not checked.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch

from probes.backends.hf.loading.device import device_of, dtype_of
from probes.backends.hf.loading.folder import CheckpointFolder
from probes.backends.hf.loading.gguf_header import is_gguf, read_header
from probes.errors import ModelError
from probes.types import LoadOptions

FLOAT_BYTES = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "GGUF": 0}
"""Floating-point dtype -> bytes; these are converted to the run's dtype. 0: quantized, always
converted."""
MAX_HEADER = 100_000_000
"""Maximum bytes of a header, the limit of safetensors itself."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of a checkpoint's weights in one dtype."""

    total: int
    converted: int
    """Bytes of those weights that are stored in another dtype."""


def require_memory(source: CheckpointFolder, files: Sequence[Path], options: LoadOptions) -> None:
    """Refuse weights that are larger than the free memory.

    Raises:
        ModelError: they are; names both sizes and remedies.
    """
    if options.device_map is not None:
        return
    dtype = dtype_of(options)
    needed = footprint(files, None if dtype is None else dtype.itemsize)
    kind = str(dtype).removeprefix("torch.")
    device = device_of(options)
    remedy = "" if kind in ("bfloat16", "float16") else "--dtype bfloat16, "
    remedy += "--device-map auto"
    free = available()
    if free is not None and needed.converted > free:
        raise ModelError(
            f"{source.name}: its weights take {_gigabytes(needed.converted)} as {kind}, and "
            f"{_gigabytes(free)} of memory are free: use {remedy} or a smaller model"
        )
    gpu_memory = _free_gpu_memory(device) if device.type == "cuda" else needed.total
    if needed.total > gpu_memory:
        raise ModelError(
            f"{source.name}: its weights take {_gigabytes(needed.total)}, and "
            f"{_gigabytes(gpu_memory)} are free on {device}: use {remedy}, --device cpu or "
            "a smaller model"
        )


def footprint(files: Sequence[Path], itemsize: int | None) -> Footprint:
    """Bytes of the weights at `itemsize` bytes per number; None: as stored.

    Damaged files and other formats count as 0; loading them raises the error.
    """
    total = converted = 0
    for tensor in (t for file in files for t in _header_entries(file)):
        start, end = cast("list[int]", tensor["data_offsets"])
        stored = FLOAT_BYTES.get(str(tensor["dtype"]), itemsize)
        size = end - start
        if itemsize is not None and stored is not None:
            size = math.prod(cast("list[int]", tensor["shape"])) * itemsize
            converted += size * (stored != itemsize)
        total += size
    return Footprint(total, converted)


def _header_entries(file: Path) -> Iterator[Mapping[str, object]]:
    """Dtype, shape and offsets of each tensor, from the header of a file."""
    if is_gguf(file):
        for stored in read_header(file, file.name).tensors:
            yield {"dtype": "GGUF", "shape": [stored.size], "data_offsets": [0, 4 * stored.size]}
    if file.suffix != ".safetensors":
        return
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if length < MAX_HEADER else {}
        yield from (entry for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, AttributeError, RecursionError):
        return


def available(root: Path = Path("/")) -> int | None:
    """Bytes that this process can still allocate, swap included; None if unknown.

    On Linux: `MemAvailable` of `/proc/meminfo`, limited by the control groups of a container.
    """
    meminfo = _sizes_in(root / "proc/meminfo")
    if "MemAvailable" not in meminfo:
        return None
    return min([meminfo["MemAvailable"], *_cgroup_limits(root)]) + meminfo.get("SwapFree", 0)


def _cgroup_limits(root: Path) -> Iterator[int]:
    """Free bytes of each control group (v2) of this process; file cache counts as free."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for name in (line[3:] for line in lines if line.startswith("0::")):
        top = root / "sys/fs/cgroup"
        own = top / name.lstrip("/")
        for folder in (own, *own.parents):
            limit, used = (_whole_number(folder / f"memory.{key}") for key in ("max", "current"))
            if limit is not None and used is not None:
                cached = _sizes_in(folder / "memory.stat")
                yield limit - used + cached.get("active_file", 0) + cached.get("inactive_file", 0)
            if folder == top:
                break


def _sizes_in(path: Path) -> dict[str, int]:
    """Name -> bytes, from lines ``name: 12 kB`` or ``name 12`` of a file."""
    sizes = {}
    try:
        for words in map(str.split, path.read_text().splitlines()):
            sizes[words[0].rstrip(":")] = int(words[1]) * (1024 if words[-1] == "kB" else 1)
    except (OSError, ValueError, IndexError):
        return sizes
    return sizes


def _whole_number(path: Path) -> int | None:
    """The number in a file; None if there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max": no limit
        return None


def _free_gpu_memory(device: torch.device) -> int:
    """Free bytes on a GPU, including those in torch's cache of unused memory."""
    gc.collect()
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    free, _ = torch.cuda.mem_get_info(device)
    return free + unused


def _gigabytes(count: int) -> str:
    """A number of bytes in GB, for messages."""
    return f"{count / 1e9:.1f} GB"
