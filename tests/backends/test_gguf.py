"""GGUF files: the numbers of the checkpoint that was converted, and every refusal."""

import hashlib
import importlib.util
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.llamacpp import converted
from probes.asking import loop
from probes.backends.hf.loading import gguf
from probes.backends.hf.loading.checkpoint import kind, open_checkpoint
from probes.errors import ModelError, ProbesError
from probes.models import registry
from probes.models.load import open_model
from probes.types import Answer, LoadOptions, ModelSpec
from tests.backends.test_contract import SMALL

Build = Callable[..., Path]
Fact = str | int | list[str]
WHOLE: dict[str, Fact] = {
    "general.architecture": "llama",
    "llama.block_count": 1,
    "tokenizer.ggml.tokens": ["a"],
}


@pytest.fixture(scope="module")
def file(checkpoint: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Llama as GGUF, alone in a folder."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    converted(checkpoint("llama"), path)
    return path


def asked(path: Path) -> dict[tuple[str, str], Answer]:
    """A few prompts of the protocol `default`, and what a model makes of them."""
    model = open_model(registry.resolve(str(path)), LoadOptions())
    batches = loop.plan(model, SMALL, limit=1)
    return {(a.before, a.after): a for b in loop.ask(model, batches) for a in b.answers}


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def stored(value: Fact) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, int):
        return struct.pack("<IQ", 10, value)
    return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))


def made(path: Path, facts: dict[str, Fact], *, kind: int = 0, numbers: int = 4) -> Path:
    """A GGUF file of these facts and one tensor of four numbers."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(facts))
    head += b"".join(text(key) + stored(value) for key, value in facts.items())
    head += text("t.weight") + struct.pack("<IQIQ", 1, 4, kind, 0)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * 4 * numbers)
    return path


def refusal(path: Path) -> str:
    """The one sentence with which a path is refused, before weights are loaded."""
    with pytest.raises(ProbesError) as error:
        kind(registry.resolve(str(path)), LoadOptions())
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    return str(error.value)


# --- what is loaded ------------------------------------------------------------------------------


def test_a_file_and_its_folder_give_the_numbers_of_the_checkpoint(
    file: Path, checkpoint: Build
) -> None:
    plain, found = asked(checkpoint("llama")), asked(file.parent)
    assert registry.resolve(str(file.parent)).id == str(file.parent)
    assert found.keys() == plain.keys()
    for prompt, answer in found.items():
        assert answer.logprobs == pytest.approx(plain[prompt].logprobs, abs=1e-4)


def test_the_evidence_names_the_file_by_its_hash_and_how_it_was_stored(file: Path) -> None:
    spec = registry.resolve(str(file))
    info = open_checkpoint(spec, LoadOptions(), "causal").info
    assert (spec.name, spec.id) == ("tiny", str(file))
    assert info.weights == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (info.dequantised, info.dtype) == ("F32", "float32")
    assert registry.resolve(f"mine={file}").name == "mine"


def test_nothing_beside_the_file_counts(file: Path, tmp_path: Path) -> None:
    """Files of a stranger's folder are no part of what the hash names: neither may they decide."""
    alone = open_checkpoint(registry.resolve(str(file)), LoadOptions(), "causal")
    copy = tmp_path / "tiny.gguf"
    copy.write_bytes(file.read_bytes())
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    (tmp_path / "models.yaml").write_text("x: {id: ., backend: endpoint, url: 'http://a/v1'}")
    for name, content in {
        "tokenizer_config.json": {"auto_map": {"AutoTokenizer": ["x.T", None]}},
        "adapter_config.json": {"base_model_name_or_path": "evil/model", "peft_type": "LORA"},
        "config.json": {"model_type": "mine", "auto_map": {"AutoConfig": "x.C"}},
        "generation_config.json": {"temperature": 9.0},
    }.items():
        (tmp_path / name).write_text(json.dumps(content))
    beside = open_checkpoint(registry.resolve(str(copy)), LoadOptions(), "causal")
    for fact in ("weights", "tokenizer", "chat", "bos", "backend", "parameters"):
        assert getattr(beside.info, fact) == getattr(alone.info, fact)
    assert beside.model.generation_config.temperature != 9.0


def test_a_file_is_known_by_how_it_begins_where_its_name_says_nothing(
    file: Path, tmp_path: Path
) -> None:
    blob = tmp_path / "sha256-0123"
    blob.write_bytes(file.read_bytes())
    assert kind(registry.resolve(str(blob)), LoadOptions()) == "causal"


def test_safetensors_go_before_a_gguf_file_in_the_same_folder(
    file: Path, checkpoint: Build, tmp_path: Path
) -> None:
    from tests import checkpoints

    folder = checkpoints.copy(checkpoint("llama"), tmp_path / "both")
    (folder / "tiny.gguf").write_bytes(file.read_bytes())
    assert not open_checkpoint(
        ModelSpec("m", str(folder)), LoadOptions(), "causal"
    ).info.dequantised


# --- what is refused -----------------------------------------------------------------------------

DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda p: p.write_text("GGML"), "is no GGUF file"),
    "empty": (lambda p: p.write_bytes(b""), "is no GGUF file"),
    "magic alone": (lambda p: p.write_bytes(b"GGUF"), "is cut short in its header"),
    "version": (lambda p: p.write_bytes(b"GGUF" + struct.pack("<IQQ", 9, 1, 1)), "version 9"),
    "counts": (
        lambda p: p.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60)),
        "names more entries than it can hold",
    ),
    "header": (
        lambda p: p.write_bytes(made(p, WHOLE).read_bytes()[:90]),
        "cut short in its header",
    ),
    "weights": (lambda p: made(p, WHOLE, numbers=3), "its weights end before 't.weight' does"),
    "kind": (lambda p: made(p, WHOLE, kind=999), "stored in an unknown way (999)"),
    "no words": (lambda p: made(p, {**WHOLE, "tokenizer.ggml.tokens": []}), "no vocabulary"),
    "layers": (lambda p: made(p, {**WHOLE, "llama.block_count": 10**12}), "names 1000000000000"),
    "no layers": (lambda p: made(p, {**WHOLE, "llama.block_count": 0}), "names 0 layers"),
    "part": (lambda p: made(p, {**WHOLE, "split.count": 3}), "is one of 3 parts"),
    "architecture": (
        lambda p: made(p, {**WHOLE, "general.architecture": "clip"}),
        "cannot load a GGUF file of architecture 'clip'",
    ),
    "none": (lambda p: made(p, {"tokenizer.ggml.tokens": ["a"]}), "of architecture None"),
}


@pytest.mark.parametrize("case", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_whole_model_is_one_sentence(
    tmp_path: Path, case: tuple[Callable[[Path], object], str]
) -> None:
    make, said = case
    make(tmp_path / "a.gguf")
    assert said in refusal(tmp_path / "a.gguf")


def test_of_several_files_one_must_be_named(file: Path, tmp_path: Path) -> None:
    for name in ("model-Q4.gguf", "mmproj.gguf"):
        (tmp_path / name).write_bytes(file.read_bytes())
    sentence = refusal(tmp_path)
    assert "several GGUF files (mmproj.gguf, model-Q4.gguf): name one" in sentence
    assert kind(registry.resolve(str(tmp_path / "model-Q4.gguf")), LoadOptions()) == "causal"


def test_without_the_packages_the_sentence_names_the_extra(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "gguf" else there(name, *a)
    )
    assert "needs gguf: pip install 'political-probes[gguf]'" in refusal(file)


def test_a_file_has_no_revisions(file: Path) -> None:
    with pytest.raises(ModelError, match="only the hub has them"):
        registry.resolve(str(file), revision="main")
    with pytest.raises(ModelError, match="there is no revision"):
        kind(ModelSpec("m", str(file), revision="main"), LoadOptions())


def test_nothing_is_unpacked_by_a_kernel_of_the_hub(file: Path) -> None:
    """transformers would fetch one where the package `kernels` is installed."""
    source = gguf.find("x", file)
    assert source is not None
    assert gguf.model_settings(source, None)["quantization_config"].dequantize is True
