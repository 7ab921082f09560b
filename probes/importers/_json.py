"""Reads untrusted files: bytes to text, text to JSON.

Any fault is one `SetError` that names the file and the location. Independent of statements.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from probes.errors import SetError, UsageError
from probes.files.text import decode
from probes.files.yaml import read_bytes

DEPTH = 40
"""Maximum nesting depth of lists and objects."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


def only_file(paths: Sequence[Path], name: str) -> Path:
    """The one file of a format that has a single file.

    Raises:
        UsageError: more or fewer are given.
    """
    if len(paths) != 1:
        raise UsageError(f"the format {name} takes one file, not {len(paths)}")
    return paths[0]


def text(path: Path, kind: str) -> str:
    """Content of a UTF-8 text file.

    Args:
        path: The file.
        kind: Expected format, for the error: ``"JSON"``.

    Raises:
        SetError: there is no such file, or it is binary or in another encoding.
    """
    content = decode(read_file(path), path, kind, SetError)
    refuse_control(path, content, kind)
    return content


def refuse_control(path: Path, content: str, kind: str) -> None:
    """Raise an error for a text with control characters."""
    if _CONTROL.search(content):
        raise SetError(f"{path}: a binary file, not {kind}")


def read_file(path: Path) -> bytes:
    """Bytes of a file; raises `SetError` if it cannot be read."""
    if path.is_dir():
        raise SetError(f"{path}: this is a folder, not a file")
    raw = read_bytes(path)
    if not raw.strip():
        raise SetError(f"{path}: the file is empty")
    return raw


def json_list(path: Path) -> list[dict[str, object]]:
    """The objects of a file that holds one JSON array of objects.

    Raises:
        SetError: it holds anything else.
    """
    value = json_data(path)
    if not isinstance(value, list) or not value:
        raise SetError(f"{path}: should hold one JSON list of entries, not {_type_name(value)}")
    for number, entry in enumerate(value, start=1):
        if not isinstance(entry, dict):
            raise SetError(f"{path}: entry {number}: should be an object, not {_type_name(entry)}")
    return value


def json_records(path: Path, key: str = "", needed: str = "") -> list[dict[str, object]]:
    """The objects of a JSON array, or of the only array of objects in an object.

    Args:
        path: The file.
        key: Key of the array, if there are several.
        needed: A key that the entries must have.

    Raises:
        SetError: it holds neither, or several arrays without `key`.
    """
    value = json_data(path)
    if not isinstance(value, dict):
        return json_list(path)
    arrays = {
        name: entries
        for name, entries in value.items()
        if isinstance(entries, list) and entries and all(isinstance(e, dict) for e in entries)
        if not needed or needed in entries[0]
    }
    if key not in arrays and (key or len(arrays) != 1):
        shown = ", ".join(arrays) or "none"
        raise SetError(f"{path}: say which list holds the entries: --option list=NAME ({shown})")
    entries: list[dict[str, object]] = arrays[key or next(iter(arrays))]
    return entries


def json_object(path: Path) -> dict[str, object]:
    """The one JSON object in a file; raises `SetError` if it holds anything else."""
    value = json_data(path)
    if not isinstance(value, dict):
        raise SetError(f"{path}: should hold one JSON object, not {_type_name(value)}")
    return value


def json_data(path: Path) -> object:
    """The JSON value in a file; refuses NaN, infinities and repeated keys."""

    def constant(name: str) -> object:
        raise SetError(f"{path}: {name} is no number that JSON has")

    def keyed(pairs: list[tuple[str, object]]) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key, item in pairs:
            if key in mapping:
                raise SetError(f"{path}: the key {key!r:.60} stands twice in one object")
            mapping[key] = item
        return mapping

    content = text(path, "JSON")
    try:
        value: object = json.loads(content, parse_constant=constant, object_pairs_hook=keyed)
    except json.JSONDecodeError as error:
        ended = "; is its end cut off?" if not content[error.pos :].strip() else ""
        raise SetError(f"{path}: line {error.lineno}: not JSON: {error.msg}{ended}") from None
    except (RecursionError, ValueError):  # ValueError: a number of thousands of digits
        sentence = "not JSON that can be read: nested too deep, or a number too long"
        raise SetError(f"{path}: {sentence}") from None
    return value


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "an empty list", str: "text", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "data")
