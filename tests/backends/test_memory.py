"""Memory: weights that cannot fit are refused before they are loaded, and batches are halved."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from probes.backends.hf.loading import memory
from probes.backends.hf.loading.checkpoint import open_checkpoint
from probes.errors import ModelError
from probes.evidence import answers
from probes.models import registry
from probes.runs import session
from probes.types import LoadOptions
from tests import checkpoints

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]
CPU = LoadOptions(device="cpu")


def sparse(folder: Path, dtype: str, bytes_: int) -> Path:
    """A checkpoint whose weights are said to be huge; the file is all hole."""
    width = {"F32": 4, "BF16": 2}[dtype]
    file = folder / "model.safetensors"
    entry = {"dtype": dtype, "shape": [bytes_ // width], "data_offsets": [0, bytes_]}
    header = json.dumps({"weight": entry, "__metadata__": {"format": "pt"}}).encode()
    with file.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + bytes_)
    return folder


def refused(path: Path, options: LoadOptions) -> str:
    with pytest.raises(ModelError) as raised:
        open_checkpoint(registry.resolve(f"huge={path}"), options, "causal")
    said = str(raised.value)
    assert "\n" not in said
    return said


def test_a_model_larger_than_memory_is_refused_in_a_sentence(
    checkpoint: Build, tmp_path: Path
) -> None:
    """Two terabytes of sixteen bits would be four of float32. Nothing is read or hashed first."""
    path = sparse(checkpoints.copy(checkpoint("gpt2"), tmp_path / "huge"), "BF16", 2 * 10**12)
    said = refused(path, CPU)
    assert "its weights take 4000.0 GB as float32, and " in said
    assert "of memory are free: use --dtype bfloat16, --device-map auto or a smaller model" in said


def test_what_stays_mapped_to_its_file_is_not_refused(tmp_path: Path) -> None:
    """A processor reads float32 weights in place; whether that is fast is not asked."""
    sparse(tmp_path, "F32", 4 * 10**12)
    whole = memory.footprint([tmp_path / "model.safetensors"], 4)
    assert (whole.total, whole.converted) == (4 * 10**12, 0)
    half = memory.footprint([tmp_path / "model.safetensors"], 2)
    assert (half.total, half.converted) == (2 * 10**12, 2 * 10**12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_sizes_are_those_of_the_loaded_model(
    checkpoint: Build, tmp_path: Path, dtype: torch.dtype
) -> None:
    """To the byte; whatever type the weights are stored in."""
    path = checkpoints.copy(checkpoint("gpt2"), tmp_path / "copy")
    weights = {n: t.to(dtype) for n, t in load_file(path / "model.safetensors").items()}
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    loaded = open_checkpoint(registry.resolve(f"m={path}"), CPU, "causal").model
    found = memory.footprint([path / "model.safetensors"], 4)
    assert found.total == sum(p.numel() * p.element_size() for p in loaded.parameters())
    assert found.converted == (0 if dtype == torch.float32 else found.total)


def test_a_full_gpu_is_said_with_both_sizes(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What torch holds of models that are gone counts as free."""
    monkeypatch.setattr(memory, "device_of", lambda _: torch.device("cuda", 0))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10, 80 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 0)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 0)
    monkeypatch.setattr("probes.backends.hf.loading.checkpoint.device_of", lambda _: None)
    options = LoadOptions(device="cuda", dtype="float16")
    said = refused(checkpoint("gpt2"), options)
    assert "are free on cuda:0: use --device-map auto, --device cpu or a smaller model" in said
    source = type("S", (), {"name": "m"})()
    files = [checkpoint("gpt2") / "model.safetensors"]
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 10**9)
    memory.require_memory(source, files, options)
    memory.require_memory(source, files, LoadOptions(device="cuda", device_map="auto"))


# --- in the middle of a run ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_a_full_gpu_in_a_real_models_forward_costs_time_and_no_answer(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """torch's own error, from within the model, whenever a batch is larger than what fits: every
    answer is there, in the planned order, with the numbers of a run that had room."""
    request = session.Request(
        [registry.resolve(f"m={checkpoint(name)}")], "compass", limit=3, batch_size=32, load=CPU
    )
    load, room, sizes = session.open_model, [math.inf], list[int]()

    def full(_: torch.nn.Module, args: tuple[object, ...], more: dict[str, object]) -> None:
        given = (*args, *more.values())
        size = next(t.numel() for t in given if isinstance(t, torch.Tensor))
        if size > room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        sizes.append(size)

    def watched(*args: object) -> object:
        found = load(*args)
        found.checkpoint.model.base_model.register_forward_pre_hook(full, with_kwargs=True)
        return found

    monkeypatch.setattr(session, "open_model", watched)
    roomy = session.probe(request, tmp_path / "roomy")
    room[0] = max(sizes) - 1
    tight = session.probe(request, tmp_path / "tight")
    kept = [list(answers.read(tmp_path / out / "answers/m.jsonl")[1]) for out in ("roomy", "tight")]
    assert [a.key for a in kept[0]] == [a.key for a in kept[1]]
    for one, other in zip(*kept, strict=True):
        assert one.status == other.status == "ok"
        for label, value in one.logprobs.items():
            assert math.isclose(value, other.logprobs[label], abs_tol=1e-4)
    gaps = (roomy.placements["position"] - tight.placements["position"]).abs()
    assert gaps.max() < 1e-3
    (entry,) = yaml.safe_load((tmp_path / "tight/run.yaml").read_text())["models"]
    assert entry["memory_splits"] > 0


# --- how much there is ---------------------------------------------------------------------------


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = "MemTotal: 16000 kB\nMemAvailable: 8000 kB\nSwapFree: 1000 kB\nHugePages_Total: 0\n"


def test_memory_is_what_the_system_and_the_container_leave(tmp_path: Path) -> None:
    here = system(tmp_path, {"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/a/b\n"})
    assert memory.available(here) == 9000 * 1024
    top = "sys/fs/cgroup"
    inner = {f"{top}/a/b/memory.max": "max\n", f"{top}/a/b/memory.current": "5\n"}
    outer = {f"{top}/a/memory.max": "4096000\n", f"{top}/a/memory.current": "2048000\n"}
    cache = {f"{top}/a/memory.stat": "anon 5\nactive_file 1000\ninactive_file 24000\n"}
    system(here, {**inner, **outer, **cache})
    assert memory.available(here) == 2048000 + 25000 + 1000 * 1024


def test_where_the_system_does_not_tell_nothing_is_refused(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert memory.available(tmp_path) is None
    assert (memory.available() or 1) > 0
    monkeypatch.setattr(memory, "available", lambda: None)
    memory.require_memory(
        type("S", (), {"name": "m"})(),
        [sparse(tmp_path, "BF16", 10**13) / "model.safetensors"],
        CPU,
    )


@pytest.mark.parametrize("raw", [b"", b"\xff" * 8, b"\x02" + bytes(7) + b"[]", b"\x02" + bytes(7)])
def test_damaged_files_are_left_to_who_loads_them(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(raw)
    (tmp_path / "pytorch_model.bin").write_bytes(raw)
    files = [tmp_path / "model.safetensors", tmp_path / "pytorch_model.bin"]
    assert memory.footprint(files, 4) == memory.Footprint(0, 0)
