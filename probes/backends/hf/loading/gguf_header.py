"""Parsing the header of a GGUF file: metadata, and the position of each tensor. Needs no library.

Strict, because the libraries' readers trust the counts in a file: here every count is checked
against the file's size, so that a damaged or hostile file is refused within milliseconds.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from probes.errors import ModelError

MAGIC, SUFFIX = b"GGUF", ".gguf"
VERSIONS = (2, 3)
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
"""Type of a metadata value -> its format in `struct`."""
TEXT, ARRAY = 8, 9
ALIGNMENT = 32
MOST_DIMENSIONS = 4
LEAST_BYTES = 12
"""Minimum bytes of a metadata entry or a tensor's entry."""

Fact = int | float | bool | str


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor's entry in the file."""

    name: str
    size: int
    """Number of elements."""
    kind: int
    """GGML's code of the number type."""
    start: int
    """Offset in the file, in bytes."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The metadata and tensor entries of a GGUF file."""

    facts: Mapping[str, Fact]
    """Metadata: numbers and texts; for an array its number of entries."""
    tensors: tuple[StoredTensor, ...]


def is_gguf(path: Path) -> bool:
    """Whether a file begins with `MAGIC`; False if it cannot be read."""
    try:
        with path.open("rb") if path.is_file() else BytesIO() as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_header(path: Path, name: str) -> GgufHeader:
    """Parse the header of a file; `name` is used in errors.

    Raises:
        ModelError: it is not a GGUF file, of an unknown version, damaged, or truncated.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                raise ModelError(
                    f"{name}: is no GGUF file: it does not begin with {MAGIC.decode()}"
                )
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _Cursor(content, name).header()
    except (struct.error, IndexError) as error:
        raise ModelError(f"{name}: is cut short in its header: fetch it again") from error
    except OSError as error:
        raise ModelError(f"{name}: cannot be read ({error.strerror})") from error


class _Cursor:
    """Parses a header sequentially."""

    def __init__(self, content: mmap.mmap, name: str) -> None:
        self._content = content
        self._name = name
        self._at = len(MAGIC)

    def header(self) -> GgufHeader:
        version, tensors, facts = self._numbers("IQQ")
        if version not in VERSIONS:
            raise self._damaged(f"is of GGUF version {version}, and 2 and 3 are known")
        if (tensors + facts) * LEAST_BYTES > len(self._content):
            raise self._damaged("names more entries than it can hold")
        entries_by_key: dict[str, Fact] = {}
        for _ in range(facts):
            key = self._text()
            entries_by_key[key] = self._value(self._numbers("I")[0])
        entries = [self._tensor() for _ in range(tensors)]
        unit = entries_by_key.get("general.alignment", ALIGNMENT)
        if not isinstance(unit, int) or unit < 1:
            raise self._damaged(f"has an alignment of {unit}")
        start = math.ceil(self._at / unit) * unit
        return GgufHeader(
            entries_by_key,
            tuple(StoredTensor(n, size, kind, start + offset) for n, size, kind, offset in entries),
        )

    def _tensor(self) -> tuple[str, int, int, int]:
        """``(name, number of elements, kind, offset)`` of the next tensor."""
        name, (dimensions,) = self._text(), self._numbers("I")
        if dimensions > MOST_DIMENSIONS:
            raise self._damaged(f"has a tensor of {dimensions} dimensions")
        shape = self._numbers(f"{dimensions}Q")
        kind, offset = self._numbers("IQ")
        return name, math.prod(shape), kind, offset

    def _value(self, kind: int) -> Fact:
        if kind in NUMBERS:
            number: Fact = self._numbers(NUMBERS[kind])[0]
            return number
        if kind == TEXT:
            return self._text()
        if kind != ARRAY:
            raise self._damaged(f"has a fact of unknown type {kind}")
        item_kind, count = self._numbers("IQ")
        if count > len(self._content):
            raise self._damaged("names more entries than it can hold")
        if item_kind == TEXT:
            for _ in range(count):
                self._skip(self._numbers("Q")[0])
        elif item_kind in NUMBERS:
            self._skip(count * struct.calcsize(NUMBERS[item_kind]))
        else:
            raise self._damaged(f"has an array of unknown type {item_kind}")
        return int(count)

    def _text(self) -> str:
        length = self._numbers("Q")[0]
        begin = self._at
        self._skip(length)
        return self._content[begin : self._at].decode("utf-8", "replace")

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > len(self._content):
            raise IndexError

    def _numbers(self, form: str) -> tuple[int, ...]:
        numbers = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return numbers

    def _damaged(self, fault: str) -> ModelError:
        return ModelError(f"{self._name}: {fault}: fetch it again")
