"""The values in a JSONL file or a JSON array, each with its position for error messages."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from probes.errors import ModelError
from probes.files.text import decode, parse_json


def lines(path: Path, raw: bytes) -> Iterator[tuple[str, object]]:
    """The values in the lines of a JSONL file. Only a line feed ends a line, since JSON strings may
    contain other line separators."""
    for number, line in enumerate(decode(raw, path, "JSONL", ModelError).split("\n"), start=1):
        if line.strip():
            yield f"line {number}", parse_json(line, f"{path}: line {number}", ModelError)


def entries(path: Path, raw: bytes) -> Iterator[tuple[str, object]]:
    """The entries of a JSON array, or the lines of a JSONL file."""
    text = decode(raw, path, "JSON", ModelError)
    if not text.lstrip().startswith("["):
        yield from lines(path, raw)
        return
    entries = parse_json(text, f"{path}: the array", ModelError)
    for number, entry in enumerate(cast("list[object]", entries), start=1):
        yield f"entry {number}", entry
