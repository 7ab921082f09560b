"""Whether a checkpoint's weights fit into memory, told before they are loaded.

Their sizes stand in the headers of safetensors files; no weight is read. What is loaded in the type
that it is stored in stays mapped to its file, which takes no memory that cannot be given back: only
what is converted counts on a processor, all of it on a GPU. A lower bound, so that nothing is
refused that could fit: what batches need comes on top. Says nothing of pickled weights, and of
models that ``--device-map`` spreads.
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
from probes.errors import ModelError
from probes.types import LoadOptions

FLOATING = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2}
"""Types that are converted to the model's own, with their bytes."""
LONGEST = 100_000_000
"""Bytes of a header, as safetensors itself allows."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of a checkpoint's weights in one type."""

    whole: int
    converted: int
    """Of those, what is stored in another type."""


def require_room(source: CheckpointFolder, files: Sequence[Path], options: LoadOptions) -> None:
    """Refuse weights that are larger than the memory that is there for them.

    Raises:
        ModelError: they are; names both sizes, and what would fit.
    """
    if options.device_map is not None:
        return
    dtype = dtype_of(options)
    needed = footprint(files, None if dtype is None else dtype.itemsize)
    kind = str(dtype).removeprefix("torch.")
    device, less = (
        device_of(options),
        "" if kind in ("bfloat16", "float16") else "--dtype bfloat16, ",
    )
    free = available()
    if free is not None and needed.converted > free:
        raise ModelError(
            f"{source.name}: its weights take {_size(needed.converted)} as {kind}, and "
            f"{_size(free)} of memory are free: use {less}--device-map auto or a smaller model"
        )
    room = _free_on(device) if device.type == "cuda" else needed.whole
    if needed.whole > room:
        raise ModelError(
            f"{source.name}: its weights take {_size(needed.whole)}, and {_size(room)} are free on "
            f"{device}: use {less}--device-map auto, --device cpu or a smaller model"
        )


def footprint(files: Sequence[Path], itemsize: int | None) -> Footprint:
    """What the weights take with so many bytes a number; None: as they are stored.

    Files that are no safetensors, or damaged, count nothing: whoever loads them says so.
    """
    whole = converted = 0
    for tensor in (t for file in files for t in _tensors(file)):
        start, end = cast("list[int]", tensor["data_offsets"])
        stored = FLOATING.get(str(tensor["dtype"]), itemsize)
        size = end - start
        if itemsize is not None and stored is not None:
            size = math.prod(cast("list[int]", tensor["shape"])) * itemsize
            converted += size * (stored != itemsize)
        whole += size
    return Footprint(whole, converted)


def _tensors(file: Path) -> Iterator[Mapping[str, object]]:
    """Type, shape and place of each tensor, from a file's header."""
    if file.suffix != ".safetensors":
        return
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if length < LONGEST else {}
        yield from (entry for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, AttributeError):
        return


def available(root: Path = Path("/")) -> int | None:
    """Bytes that this process can still take, swap included; None where the system does not tell.

    On Linux: what `/proc/meminfo` counts as available, no more than a container's limit leaves.
    """
    told = _fields(root / "proc/meminfo")
    if "MemAvailable" not in told:
        return None
    return min([told["MemAvailable"], *_limits(root)]) + told.get("SwapFree", 0)


def _limits(root: Path) -> Iterator[int]:
    """What each control group (version 2) around this process leaves; file caches can be freed."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for name in (line[3:] for line in lines if line.startswith("0::")):
        top = root / "sys/fs/cgroup"
        own = top / name.lstrip("/")
        for folder in (own, *own.parents):
            most, used = (_number(folder / f"memory.{what}") for what in ("max", "current"))
            if most is not None and used is not None:
                cached = _fields(folder / "memory.stat")
                yield most - used + cached.get("active_file", 0) + cached.get("inactive_file", 0)
            if folder == top:
                break


def _fields(path: Path) -> dict[str, int]:
    """``name: 12 kB`` or ``name 12`` a line -> bytes."""
    found = {}
    try:
        for words in map(str.split, path.read_text().splitlines()):
            found[words[0].rstrip(":")] = int(words[1]) * (1024 if words[-1] == "kB" else 1)
    except (OSError, ValueError, IndexError):
        return found
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such limit: "max"
        return None


def _free_on(device: torch.device) -> int:
    """Bytes on a GPU, with what torch holds of models that are gone."""
    gc.collect()
    held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    free, _ = torch.cuda.mem_get_info(device)
    return free + held


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
