"""Checks of a checkpoint's folder before anything large is loaded, and its hash.

Configuration, tokenizer files and weight files have separate errors if they are missing or damaged.
The hash covers all files that affect answers. Needs neither torch nor the hub.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.errors import ModelError
from probes.files.text import is_pointer

CONFIG = "config.json"
SAFETENSORS = ("model.safetensors", "model.safetensors.index.json")
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.tiktoken", "*.spm")
"""Files of a tokenizer, of which at least one is needed. Without any, transformers creates an
almost empty tokenizer that gives unknown tokens only."""
SETTINGS = (
    *(CONFIG, "generation_config.json", "chat_template*", "additional_chat_templates/*"),
    *("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt"),
    *("*.model", "*.tiktoken", "*.spm", "*.codes", "*.bpe", "*.py"),
)
"""Files other than the weights that affect a model's answers."""
ADAPTER_CONFIG = "adapter_config.json"
OPENINGS = (":", "(", "[", "{", ",")
"""Ends of a message's line that continues in the next line."""
MAX_WORDS = 200
"""Maximum characters shown of a library's message; some contain a whole configuration."""


@dataclass(frozen=True, slots=True)
class CheckpointFolder:
    """The folder of a checkpoint on this disk."""

    name: str
    """The checkpoint's name in errors: hub id, or folder as typed."""
    path: Path
    commit: str = ""
    """Commit hash of a hub model; empty for a local folder."""
    gguf: Path | None = None
    """The GGUF file, if the checkpoint is one."""


def read_config(source: CheckpointFolder) -> Mapping[str, object]:
    """The checkpoint's ``config.json``.

    Raises:
        ModelError: it is missing, or not a JSON object.
    """
    path = source.path / CONFIG
    if not path.is_file():
        if (source.path / ADAPTER_CONFIG).is_file():
            raise ModelError(
                f"{source.name}: is an adapter without a model: give the model that it was "
                f"trained on as --model and this as --adapter"
            )
        raise ModelError(f"{source.name}: holds no {CONFIG}, so it is no transformers checkpoint")
    return read_object(path, source)


def settings_files(source: CheckpointFolder) -> list[Path]:
    """The files other than the weights that affect answers; none for a GGUF file."""
    if source.gguf is not None:
        return []
    files = {file for pattern in SETTINGS for file in source.path.glob(pattern) if file.is_file()}
    return sorted(files)


def require_tokenizer(source: CheckpointFolder) -> None:
    """Refuse a folder without tokenizer files.

    Raises:
        ModelError: none of `TOKENIZER_FILES` is there.
    """
    if not has_tokenizer(source):
        raise ModelError(
            f"{source.name}: holds no tokenizer files (one of {', '.join(TOKENIZER_FILES)}): "
            f"save the tokenizer beside the model"
        )


def has_tokenizer(source: CheckpointFolder) -> bool:
    """Whether there is one of `TOKENIZER_FILES`, or a GGUF file, which contains its tokenizer."""
    return source.gguf is not None or any(
        any(source.path.glob(pattern)) for pattern in TOKENIZER_FILES
    )


def weight_files(source: CheckpointFolder, *, pickled: bool = False) -> list[Path]:
    """The weight files, sorted by name; safetensors if there are any.

    `pickled` allows ``.bin`` files, which can run code when they are opened.

    Raises:
        ModelError: there are none, a shard is missing, or they are pickled and not allowed.
    """
    if source.gguf is not None:
        return [source.gguf]
    chosen = choose_weights({file.name for file in source.path.glob("*")}, source, pickled=pickled)
    files = (
        shard_files(source, chosen) if chosen.endswith(".index.json") else [source.path / chosen]
    )
    for file in files:
        if not file.is_file():
            raise ModelError(f"{source.name}: part of its weights is missing: {file.name}")
    return files


def choose_weights(names: Collection[str], source: CheckpointFolder, *, pickled: bool) -> str:
    """Name of the weight file, or of the index of sharded weights.

    Raises:
        ModelError: there is none, or only a pickled one, which is not allowed.
    """
    chosen = next((name for name in (*SAFETENSORS, *PICKLED) if name in names), None)
    if chosen is None:
        raise ModelError(f"{source.name}: holds no weights ({' or '.join(SAFETENSORS)})")
    if chosen in PICKLED and not pickled:
        raise ModelError(
            f"{source.name}: its weights are pickled ({chosen}), and such a file can run code when "
            f"it is opened: use a revision with {SAFETENSORS[0]}, or allow it with "
            "--trust-remote-code, which `probes run` has"
        )
    return chosen


def shard_files(source: CheckpointFolder, index: str) -> list[Path]:
    """The files named in an index of sharded weights, sorted.

    Raises:
        ModelError: there are none, or one has another format or is in another folder.
    """
    weight_map = read_object(source.path / index, source).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{source.name}: {index} names no weight files (no 'weight_map')")
    names = sorted({str(part) for part in weight_map.values()})
    suffix = Path(SAFETENSORS[0] if index in SAFETENSORS else PICKLED[0]).suffix
    for name in names:
        if Path(name).name != name or not name.endswith(suffix):
            raise ModelError(
                f"{source.name}: {index} names {name!r}, which is no {suffix} beside it"
            )
    return [source.path / name for name in names]


def refuse_pointers(source: CheckpointFolder, files: Sequence[Path]) -> None:
    """Refuse Git LFS pointers in place of files.

    Raises:
        ModelError: naming the first.
    """
    for path in files:
        if is_pointer(path):
            raise ModelError(
                f"{source.name}: {path.name} is a pointer of Git LFS and not the file itself: "
                f"fetch it with `git lfs pull`"
            )


def sha256(files: Sequence[Path]) -> str:
    """One hash of the names and bytes of files, independent of their folder."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.name} {digest}\n".encode())
    return total.hexdigest()


def meaning(error: BaseException) -> str:
    r"""A library's error message on one line of about `MAX_WORDS` characters; its type's name if it
    has no message. A `KeyError` becomes "there is no KEY".

    It is the first line, and the next ones as long as lines end with `OPENINGS`.

    >>> meaning(ValueError("Validation error for field 'n':\n    TypeError: expected int"))
    "Validation error for field 'n': TypeError: expected int"
    """
    if isinstance(error, KeyError) and error.args and " " not in str(error.args[0]).strip():
        return f"there is no {error.args[0]!r:.{MAX_WORDS}}"
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    last = next((i for i, line in enumerate(lines) if not line.endswith(OPENINGS)), len(lines))
    text = " ".join(lines[: last + 1]) or type(error).__name__
    half = MAX_WORDS // 2
    return text if len(text) <= MAX_WORDS else f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"


def read_object(path: Path, source: CheckpointFolder) -> Mapping[str, object]:
    """The JSON object in a file.

    Raises:
        ModelError: the file is not a JSON object.
    """
    refuse_pointers(source, [path])
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        raise ModelError(f"{source.name}: {path.name} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{source.name}: {path.name} must hold a JSON object")
    return value
