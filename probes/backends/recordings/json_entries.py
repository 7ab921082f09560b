"""The values in a JSONL file or a JSON array, each with the place where it stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from probes.errors import ModelError
from probes.files.text import RepeatedKeyError, decode, parse_json


def lines(path: Path, raw: bytes) -> Iterator[tuple[str, object]]:
    """The values in the lines of a JSONL file. Only line feeds end a line: JSON holds others."""
    for number, line in enumerate(decode(raw, path, "JSONL", ModelError).split("\n"), start=1):
        if line.strip():
            yield f"line {number}", _value(path, f"line {number}", line)


def entries(path: Path, raw: bytes) -> Iterator[tuple[str, object]]:
    """The entries of a file that is one JSON array; else its lines."""
    text = decode(raw, path, "JSON", ModelError)
    if not text.lstrip().startswith("["):
        yield from lines(path, raw)
        return
    entries = _value(path, "the array", text)
    for number, entry in enumerate(cast("list[object]", entries), start=1):
        yield f"entry {number}", entry


def _value(path: Path, where: str, text: str) -> object:
    try:
        return parse_json(text)
    except RepeatedKeyError as error:
        raise ModelError(f"{path}: {where}: {error}") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: {where}: not JSON; is the file cut off?") from None
