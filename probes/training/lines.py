"""Lines of a UTF-8 text file, numbered, with a sentence for every file that is not one.

A line is never longer than `LONGEST`: a file without line ends must not fill the memory. Files
whose name ends in one of `COMPRESSED` are unpacked as they are read.
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
"""Bytes after which a line is cut in two."""
PIECES = 64
"""Of which a line that must be whole has at most so many."""
COMPRESSED = (".gz", ".zst")
"""Endings of compressed files."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of a UTF-8 file; overlong ones in pieces.

    Raises:
        CorpusError: it cannot be read, is binary, or in another encoding.
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
    """The file's bytes, unpacked where its name says that they are packed."""
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
    """The text, and the bytes of a character that a cut line ends within."""
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
    """Numbered lines put together again: an object or a row of a table must not be cut.

    Raises:
        CorpusError: a line is longer than `PIECES` pieces.
    """
    at, pieces = 1, list[str]()
    for number, text in lines(path):
        if number != at and pieces:
            yield at, "".join(pieces)
            pieces = []
        at = number
        pieces.append(text)
        if len(pieces) > PIECES:
            raise CorpusError(f"{path}: line {at} is longer than {PIECES * LONGEST >> 20} MB")
    yield at, "".join(pieces)
