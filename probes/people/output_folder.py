"""Checks a folder for tables about people: no file of anything else is overwritten."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.errors import RunError
from probes.files.text import regular
from probes.people.people_table import ABOUT

OWN = {"format", "caption", "tables"}
"""Keys that mark a `people.json` as ours."""


def check(folder: Path, tables: Mapping[str, Sequence[str]]) -> None:
    """Refuse a folder in which files of these names are not from `sets validate`.

    Args:
        folder: Folder to check; may not exist yet.
        tables: Name of a CSV file -> its columns.

    Raises:
        RunError: names the file; or the folder is one of a run, or is none.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file; --out names a folder")
    if (folder / "run.yaml").exists():
        raise RunError(f"{folder}: is the folder of a run, where no rows of people belong")
    try:
        ours = _is_about(folder / ABOUT)
        name = ABOUT
        for table, columns in tables.items():
            if not ours:
                break
            name, ours = table, _has_header(folder / table, columns)
    except OSError as error:
        raise RunError(f"{folder}: cannot be read: {error.strerror}") from None
    if not ours:
        raise RunError(
            f"{folder / name}: was not written by `probes sets validate`, which would replace it; "
            "name another folder by --out"
        )


def _is_about(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        content = json.loads(regular(path, RunError).read_text("utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= OWN


def _has_header(path: Path, columns: Sequence[str]) -> bool:
    if not path.exists():
        return True
    expected = ",".join(columns).encode()
    with regular(path, RunError).open("rb") as file:
        return file.readline(len(expected) + 2).rstrip(b"\r\n") == expected
