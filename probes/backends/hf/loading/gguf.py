"""GGUF files: a causal or sequence-to-sequence model in one file, loaded by transformers.

The weights are dequantized: the quantized model is measured, computed in the dtype of the run.
Other files next to it (configuration, tokenizer, adapter, template) are ignored: transformers gets
an empty folder, so the file's hash identifies the model completely. Nothing is downloaded, kernels
included.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import transformers

from probes.backends.hf.loading import folder
from probes.backends.hf.loading.folder import PICKLED, SAFETENSORS, CheckpointFolder
from probes.backends.hf.loading.gguf_header import SUFFIX, GgufHeader, is_gguf, read_header
from probes.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

PACKAGES = ("gguf", "accelerate")
"""Packages that transformers needs to load a GGUF file."""
PLAIN = {0: torch.float32, 1: torch.float16, 30: torch.bfloat16}
"""GGML's number types that are not quantized."""


def find(name: str, path: Path) -> CheckpointFolder | None:
    """The GGUF file at `path`, or the only one in a folder without other weights; else None.

    Raises:
        ModelError: the folder holds several.
    """
    if path.is_file():
        is_model = path.suffix.casefold() == SUFFIX or is_gguf(path)
        return CheckpointFolder(name, path.parent, gguf=path) if is_model else None
    names = {file.name for file in path.glob("*")}
    files = sorted(file for file in names if Path(file).suffix.casefold() == SUFFIX)
    if not files or names & {*SAFETENSORS, *PICKLED}:
        return None
    if len(files) > 1:
        raise ModelError(
            f"{name}: holds several GGUF files ({', '.join(files)}): name one, as in "
            f"--model {Path(name) / files[0]}"
        )
    return CheckpointFolder(name, path, gguf=path / files[0])


def read_config(source: CheckpointFolder) -> Mapping[str, object]:
    """The configuration of a folder, or of a GGUF file as converted by transformers, with the class
    of its model.

    Raises:
        ModelError: there is none, a package is missing, the file is damaged, or transformers cannot
            load it.
    """
    if source.gguf is None:
        return folder.read_config(source)
    _require_packages(source)
    file, header = source.gguf, read_header(source.gguf, source.name)
    _require_whole(source, file, header)
    kind = header.facts.get("general.architecture")
    try:
        config = _config(file, file.stat().st_mtime_ns)
    except Exception as error:
        raise ModelError(
            f"{source.name}: transformers {transformers.__version__} cannot load a GGUF file of "
            f"architecture {kind!r}: {error!r:.150}"
        ) from error
    return {
        "architectures": _classes(config.model_type),
        **_without_empty_architectures(config.to_dict()),
    }


def stored_as(source: CheckpointFolder) -> str:
    """The quantization types in a GGUF file by frequency, as in ``Q4_1, F32``; else empty."""
    if source.gguf is None:
        return ""
    from gguf import GGMLQuantizationType as Kind

    sizes: Counter[int] = Counter()
    for tensor in read_header(source.gguf, source.name).tensors:
        sizes[tensor.kind] += tensor.size
    return ", ".join(Kind(kind).name for kind, _ in sizes.most_common())


def digest(source: CheckpointFolder, files: Sequence[Path]) -> str:
    """The hash of a checkpoint's files; of a single GGUF file its sha256, as on the hub."""
    if source.gguf is None or len(files) > 1:
        return folder.sha256(files)
    with source.gguf.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def arguments(source: CheckpointFolder) -> Iterator[tuple[Path, dict[str, object]]]:
    """``(folder, additional settings)`` for transformers to load tokenizer or model."""
    if source.gguf is None:
        yield source.path, {}
        return
    quiet = contextlib.nullcontext() if sys.stderr.isatty() else _without_bars()
    with tempfile.TemporaryDirectory() as empty, quiet:
        yield Path(empty), {"gguf_file": str(source.gguf.absolute())}


def model_settings(source: CheckpointFolder, dtype: torch.dtype | None) -> dict[str, object]:
    """Settings of the model's loader for a GGUF file: weights are dequantized to `dtype`, or to the
    file's own half precision if it has no quantized weights, or to float32."""
    if source.gguf is None:
        return {}
    kinds = {tensor.kind for tensor in read_header(source.gguf, source.name).tensors}
    half = next((PLAIN[kind] for kind in (30, 1) if kind in kinds), torch.float32)
    return {
        "config": _config(source.gguf, source.gguf.stat().st_mtime_ns),
        "dtype": dtype or (half if kinds <= PLAIN.keys() else torch.float32),
        "quantization_config": transformers.GgufConfig(dequantize=True),
    }


def _require_packages(source: CheckpointFolder) -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelError(
            f"{source.name}: is a GGUF file, which needs {' and '.join(missing)}: "
            "pip install 'political-probes[gguf]'"
        )


def _require_whole(source: CheckpointFolder, file: Path, header: GgufHeader) -> None:
    """Refuse a file that is one of several parts, has no language model, or is truncated."""
    from gguf import GGML_QUANT_SIZES

    facts, kinds = header.facts, {int(kind): sizes for kind, sizes in GGML_QUANT_SIZES.items()}
    parts = facts.get("split.count", 1)
    if isinstance(parts, int) and parts > 1:
        raise ModelError(
            f"{source.name}: is one of {parts} parts of a model: join them with "
            "`llama-gguf-split --merge`"
        )
    if not header.tensors or not facts.get("tokenizer.ggml.tokens"):
        raise ModelError(f"{source.name}: holds no {'vocabulary' if header.tensors else 'weights'}")
    layers = facts.get(f"{facts.get('general.architecture')}.block_count", 1)
    if not isinstance(layers, int) or not 1 <= layers <= len(header.tensors):
        raise ModelError(
            f"{source.name}: names {layers} layers, and has {len(header.tensors)} tensors"
        )
    for tensor in header.tensors:
        if tensor.kind not in kinds:
            raise ModelError(
                f"{source.name}: {tensor.name!r} is stored in an unknown way ({tensor.kind})"
            )
        numbers, size = kinds[tensor.kind]
        if tensor.start + tensor.size // numbers * size > file.stat().st_size:
            raise ModelError(
                f"{source.name}: is cut short: its weights end before {tensor.name!r} does: "
                "fetch it again"
            )


@lru_cache(maxsize=2)
def _config(file: Path, _changed: int) -> PreTrainedConfig:
    """The configuration; cached, because transformers needs seconds to read the vocabulary."""
    source = CheckpointFolder(file.name, file.parent, gguf=file)
    with arguments(source) as (empty, settings):
        return transformers.AutoConfig.from_pretrained(empty, **settings)


def _classes(model_type: str) -> list[str]:
    """The class with a language-model head; none for a bare encoder."""
    from transformers.models.auto import modeling_auto as auto

    for names in (
        auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    ):
        if model_type in names:
            return [str(names[model_type])]
    return []


def _without_empty_architectures(config: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in config.items() if key != "architectures" or value}


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Hide the loader's progress bars, for which it has no option."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
