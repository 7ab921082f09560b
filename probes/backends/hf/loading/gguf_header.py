"""The header of a GGUF file: facts, and where each tensor lies. Reads no weight, needs no library.

Strict, because the readers of libraries trust the counts that a file names: every count is held to
what the file can hold, so that a damaged or hostile file costs milliseconds and gives one sentence.
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
"""Type of a fact -> its format in `struct`."""
TEXT, ARRAY = 8, 9
ALIGNMENT = 32
MOST_DIMENSIONS = 4
LEAST_BYTES = 12
"""Bytes that a fact or a tensor's entry takes at the least."""

Fact = int | float | bool | str


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor as it lies in the file."""

    name: str
    size: int
    """Numbers in it."""
    kind: int
    """GGML's number of how they are stored."""
    start: int
    """Byte of the file."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says before its weights."""

    facts: Mapping[str, Fact]
    """Numbers and texts; of an array, how many entries it has."""
    tensors: tuple[StoredTensor, ...]


def is_gguf(path: Path) -> bool:
    """Whether a file begins like one; False for what is no readable file."""
    try:
        with path.open("rb") if path.is_file() else BytesIO() as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_header(path: Path, name: str) -> GgufHeader:
    """The header of a file that goes by `name` in errors.

    Raises:
        ModelError: it is no GGUF file, of an unknown version, damaged, or cut short in its header.
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
    """Reads a header from front to back."""

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
            tuple(StoredTensor(n, size, kind, start + at) for n, size, kind, at in entries),
        )

    def _tensor(self) -> tuple[str, int, int, int]:
        """Name, numbers, kind and place of the next tensor."""
        name, (dimensions,) = self._text(), self._numbers("I")
        if dimensions > MOST_DIMENSIONS:
            raise self._damaged(f"has a tensor of {dimensions} dimensions")
        shape = self._numbers(f"{dimensions}Q")
        kind, place = self._numbers("IQ")
        return name, math.prod(shape), kind, place

    def _value(self, kind: int) -> Fact:
        if kind in NUMBERS:
            number: Fact = self._numbers(NUMBERS[kind])[0]
            return number
        if kind == TEXT:
            return self._text()
        if kind != ARRAY:
            raise self._damaged(f"has a fact of unknown type {kind}")
        of, count = self._numbers("IQ")
        if count > len(self._content):
            raise self._damaged("names more entries than it can hold")
        if of == TEXT:
            for _ in range(count):
                self._skip(self._numbers("Q")[0])
        elif of in NUMBERS:
            self._skip(count * struct.calcsize(NUMBERS[of]))
        else:
            raise self._damaged(f"has an array of unknown type {of}")
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
