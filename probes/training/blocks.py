"""A stream of tokens on disk, read in blocks as training asks for them.

Blocks are of equal length, packed one behind the other: nothing is padded. Or each document stands
apart, in blocks of its own (line by line, say), and a second file holds where each of them ends.
The tokens are never in memory whole.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from probes.training.masking import Ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TRAIN, HELD = "train.tokens", "held.tokens"
ENDS, END = ".ends", np.dtype("<u8")
"""Behind the name of a stream: the file of where its blocks end, where documents stand apart."""


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How a tokenizer's models read a block."""

    block: int
    """Tokens of a block, special ones included."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    """What stands before and after each block (masked), such as CLS and SEP."""
    begin: tuple[int, ...]
    end: tuple[int, ...]
    """What stands before and after each document."""
    size: Literal[2, 4]
    """Bytes of a token on disk."""
    hide: tuple[str, ...] = ()
    """Words whose tokens are marked in the stream (see `masking`); that takes four bytes."""
    apart: bool = False
    """Each document stands in blocks of its own."""

    @property
    def width(self) -> int:
        """Tokens of a block that come from the stream."""
        return self.block - len(self.before) - len(self.after)


def frame(
    tokenizer: "PreTrainedTokenizerBase",
    kind: str,
    block: int,
    *,
    hide: tuple[str, ...] = (),
    apart: bool = False,
) -> BlockLayout:
    """Specials as the tokenizer puts them: around a block (masked) or a document (causal)."""
    encoded = tokenizer("a", return_special_tokens_mask=True)
    ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
    first, last = special.index(0), len(ids) - special[::-1].index(0)
    before, after = tuple(ids[:first]), tuple(ids[last:])
    size: Literal[2, 4] = 2 if len(tokenizer) <= 1 << 16 and not hide else 4
    either = tokenizer.sep_token_id, tokenizer.eos_token_id
    ends = [t for t in (either if kind == "masked" else reversed(either)) if t is not None]
    if kind == "masked":
        between = () if apart else tuple(ends[:1])
        return BlockLayout(block, before, after, (), between, size, hide, apart)
    return BlockLayout(block, (), (), before, after or tuple(ends[:1]), size, apart=apart)


class _Files:
    """A stream, and where its blocks end if documents stand apart: opened and closed together."""

    def __init__(self, path: Path, framed: BlockLayout, mode: Literal["rb", "wb"]) -> None:
        ends = path.with_name(f"{path.name}{ENDS}")
        self._frame, self._file = framed, path.open(mode)
        self._ends = ends.open(mode) if framed.apart else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._ends:
            self._ends.close()


class StreamWriter(_Files):
    """A stream that is written, document by document.

    Args:
        path: of the stream.
        framed: how it will be read.
    """

    def __init__(self, path: Path, framed: BlockLayout) -> None:
        super().__init__(path, framed, "wb")
        self._at = 0

    def write(self, row: Ids) -> None:
        """Append a document's tokens."""
        self._file.write(row.astype(f"<u{self._frame.size}").tobytes())
        if self._ends:
            width = self._frame.width
            cuts = np.array([*range(width, len(row), width), *([len(row)] if len(row) else ())])
            self._ends.write((self._at + cuts).astype(END).tobytes())
            self._at += len(row)


class Blocks(_Files):
    """The blocks of a stream, by number; read from disk each time (mapped pages would count as
    memory).

    Args:
        path: of the stream.
        framed: as it was written.
        rest: the last, shorter block of packed ones counts too.
    """

    def __init__(self, path: Path, framed: BlockLayout, *, rest: bool = False) -> None:
        super().__init__(path, framed, "rb")
        if self._ends:
            self._count = os.fstat(self._ends.fileno()).st_size // END.itemsize
        else:
            whole, over = divmod(path.stat().st_size // framed.size, framed.width)
            self._count = whole + (rest and over > 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Ids:
        """``(tokens,)`` of a block."""
        begin, end = self._span(number)
        size = self._frame.size
        raw = os.pread(self._file.fileno(), (end - begin) * size, begin * size)
        ids = np.frombuffer(raw, f"<u{self._frame.size}").astype(np.int64)
        return np.concatenate([self._frame.before, ids, self._frame.after]).astype(np.int64)

    def tokens(self, numbers: NDArray[np.int64]) -> int:
        """How many there are in these whole blocks, special ones included."""
        if not self._ends:
            return len(numbers) * self._frame.block
        self._ends.seek(0)
        lengths = np.diff(np.frombuffer(self._ends.read(), END).astype(np.int64), prepend=0)
        around = self._frame.block - self._frame.width
        return int(lengths[numbers].sum()) + len(numbers) * around

    def _span(self, number: int) -> tuple[int, int]:
        """Where in the stream a block begins and ends."""
        if not self._ends:
            return number * self._frame.width, (number + 1) * self._frame.width
        first = max(number - 1, 0)
        raw = os.pread(
            self._ends.fileno(), (number + 1 - first) * END.itemsize, first * END.itemsize
        )
        ends = [0, *np.frombuffer(raw, END).tolist()]
        return ends[-2], ends[-1]
