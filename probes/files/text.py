"""Decodes untrusted files to text, with one sentence for every file that is not text.

The sentence names the file and its expected format; the caller names the error class.
"""

import json
import stat
from pathlib import Path

from probes.errors import ProbesError, UsageError

POINTER = b"version https://git-lfs.github.com/spec/"
"""First bytes of a Git LFS pointer, a small file that replaces a large one."""
UTF8 = "utf-8-sig"
"""UTF-8, with or without the byte order mark that spreadsheets write."""


def marked_encoding(raw: bytes) -> str:
    """Encoding by byte order mark: ``utf-16`` ("Unicode text" of spreadsheets), or ``utf-32``."""
    if raw[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    return "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""


def regular(path: Path, error: type[ProbesError]) -> Path:
    """The path of a regular file; raises `error` for a pipe or device, which may never end, and for
    a Git LFS pointer, which lacks the content.

    Raises:
        OSError: it does not exist, or cannot be read.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return path
    if not stat.S_ISREG(mode):
        raise error(f"{path}: a pipe or a device, not a file; write what it holds into a file")
    if is_pointer(path):
        raise error(
            f"{path}: a pointer of Git LFS and not the file itself: fetch it with `git lfs pull`"
        )
    return path


def is_pointer(path: Path) -> bool:
    """Whether a file is a Git LFS pointer."""
    with path.open("rb") as file:
        return file.read(len(POINTER)) == POINTER


def read_bytes(path: Path, error: type[ProbesError]) -> bytes:
    """All bytes of a file; raises `error` if it cannot be read."""
    try:
        return regular(path, error).read_bytes()
    except OSError as cause:
        raise error(f"{path}: cannot be read: {cause.strerror}") from None


def decode(
    raw: bytes,
    source: Path | str,
    kind: str,
    error: type[ProbesError],
    encoding: str = "",
    typed: str = "",
) -> str:
    """The bytes of a file decoded to text.

    Args:
        raw: The bytes.
        source: The file.
        kind: Expected format: ``"JSON"``.
        error: Raised if it is binary, or in another encoding.
        encoding: Python name of the encoding; empty: UTF-8.
        typed: How to type another encoding, with ``{}`` for ``encoding=...``.

    Raises:
        UsageError: there is no such encoding.
    """
    try:
        text = raw.decode(encoding or UTF8)
    except UnicodeDecodeError as cause:
        if b"\0" in raw:
            raise error(f"{source}: a binary file, not {kind}") from None
        hint = f"; for another encoding: {typed.format('encoding=cp1252')}" if typed else ""
        name = (encoding or UTF8).removesuffix("-sig").upper()
        raise error(f"{source}: not text in {name} (byte {cause.start}){hint}") from None
    except (LookupError, ValueError):  # ValueError: codecs that do not map bytes to text
        option = (typed or "{}").format(f"encoding={encoding}")
        raise UsageError(f"{option}: there is no such encoding") from None
    if "\0" in text:
        raise error(f"{source}: a binary file, not {kind}")
    return text


class _RepeatedKeyError(ValueError):
    """A key occurs twice in one JSON object, so its value is ambiguous."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r:.60} stands twice in one object")


def parse_json(text: str, place: str, error: type[ProbesError]) -> object:
    """The value of a JSON text, parsed strictly; `place` is the location for errors.

    Raises:
        error: it is not JSON, is nested too deeply, or one of its objects has a key twice.
    """
    try:
        value: object = json.loads(text, object_pairs_hook=_unique)
    except _RepeatedKeyError as fault:
        raise error(f"{place}: {fault}") from None
    except (ValueError, RecursionError):
        raise error(f"{place}: not JSON; is the file cut off?") from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return mapping
