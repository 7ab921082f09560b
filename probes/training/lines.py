"""Numbered lines of a UTF-8 text file, with a clear error for any other file.

Lines are split at `LONGEST` bytes, so that a file without line ends does not fill the memory. Files
whose name ends in one of `COMPRESSED` are decompressed while reading.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from probes.errors import CorpusError
from probes.files.text import regular

LONGEST = 1 << 20
"""Maximum bytes of a piece of a line."""
PIECES = 64
"""Maximum pieces of a line in `whole_lines`."""
COMPRESSED = (".gz", ".zst")
"""Extensions of compressed files."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """``(line number from 1, text)``; a line over `LONGEST` comes in pieces of the same number.

    Raises:
        CorpusError: the file cannot be read, is binary, or is not UTF-8.
    """
    number, rest = 1, b""
    try:
        with _opened(path) as file:
            while raw := file.readline(LONGEST):
                whole = raw.endswith(b"\n")
                text, rest = _decoded(path, number, rest + raw, whole=whole)
                yield number, text.removeprefix("\ufeff") if number == 1 else text
                number += whole
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error) as error:
        raise CorpusError(f"{path}: a damaged or cut off compressed file: {error}") from None
    if rest:
        _decoded(path, number, rest, whole=True)


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    """The file opened for reading bytes, decompressed according to its extension."""
    ending = regular(path, CorpusError).suffix.lower()
    if ending == ".gz":
        return gzip.open(path, "rb")
    if ending != ".zst":
        return path.open("rb")
    if find_spec("pyarrow") is None:
        raise CorpusError(
            f"{path}: needs pyarrow, which is not installed: pip install 'political-probes[train]'"
        )
    import pyarrow as pa

    return io.BufferedReader(pa.input_stream(str(path), compression="zstd"))


def _decoded(path: Path, number: int, raw: bytes, *, whole: bool) -> tuple[str, bytes]:
    """The decoded text, and the bytes of an incomplete character at the end of a split line."""
    if b"\0" in raw:
        utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        kind = "is UTF-16, not UTF-8" if number == 1 and utf16 else "is binary, not text"
        raise CorpusError(f"{path}: {kind} (a zero byte in line {number})")
    try:
        return raw.decode(), b""
    except UnicodeDecodeError as error:
        if not whole and error.reason == "unexpected end of data":
            return raw[: error.start].decode(), raw[error.start :]
        raise CorpusError(
            f"{path}: line {number} is not UTF-8 (byte 0x{raw[error.start]:02x}); convert it, as "
            f"with: iconv -f latin1 -t utf-8 {path.name}"
        ) from None


def whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines with their pieces joined, for JSON objects and table rows.

    Raises:
        CorpusError: a line has more than `PIECES` pieces.
    """
    current, pieces = 1, list[str]()
    for number, text in lines(path):
        if number != current and pieces:
            yield current, "".join(pieces)
            pieces = []
        current = number
        pieces.append(text)
        if len(pieces) > PIECES:
            raise CorpusError(f"{path}: line {current} is longer than {PIECES * LONGEST >> 20} MB")
    yield current, "".join(pieces)
