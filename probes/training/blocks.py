"""A stream of tokens on disk, read in blocks as training asks for them.

Blocks are of equal length, packed one behind the other: nothing is padded. Or each document has
blocks of its own (line by line, say), and a second file holds where each block ends. The tokens are
never in memory whole.
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
"""Suffix and type of the file that holds where blocks end, if each document has its own."""


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How a tokenizer's models read a block."""

    block: int
    """Tokens of a block, special ones included."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    """Special tokens around each block (masked), such as CLS and SEP."""
    begin: tuple[int, ...]
    end: tuple[int, ...]
    """Special tokens around each document."""
    size: Literal[2, 4]
    """Bytes of a token on disk."""
    hide: tuple[str, ...] = ()
    """Words whose tokens are marked in the stream (see `masking`); that takes four bytes."""
    apart: bool = False
    """Each document has blocks of its own."""

    @property
    def width(self) -> int:
        """Tokens of a block that come from the stream."""
        return self.block - len(self.before) - len(self.after)


def block_layout(
    tokenizer: "PreTrainedTokenizerBase",
    kind: str,
    block: int,
    *,
    hide: tuple[str, ...] = (),
    apart: bool = False,
) -> BlockLayout:
    """Special tokens as the tokenizer puts them: around a block (masked) or a document (causal)."""
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
    """A stream, and the file of where blocks end, if any: opened and closed together."""

    def __init__(self, path: Path, layout: BlockLayout, mode: Literal["rb", "wb"]) -> None:
        ends = path.with_name(f"{path.name}{ENDS}")
        self._layout, self._file = layout, path.open(mode)
        self._ends = ends.open(mode) if layout.apart else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._ends:
            self._ends.close()


class StreamWriter(_Files):
    """Writes a stream, document by document.

    Args:
        path: of the stream.
        layout: how it will be read.
    """

    def __init__(self, path: Path, layout: BlockLayout) -> None:
        super().__init__(path, layout, "wb")
        self._written = 0

    def write(self, row: Ids) -> None:
        """Append a document's tokens."""
        self._file.write(row.astype(f"<u{self._layout.size}").tobytes())
        if self._ends:
            width = self._layout.width
            cuts = np.array([*range(width, len(row), width), *([len(row)] if len(row) else ())])
            self._ends.write((self._written + cuts).astype(END).tobytes())
            self._written += len(row)


class Blocks(_Files):
    """The blocks of a stream, by number; read from disk each time (mapped pages would count as
    memory).

    Args:
        path: of the stream.
        layout: as it was written.
        rest: the last, shorter block of packed ones counts too.
    """

    def __init__(self, path: Path, layout: BlockLayout, *, rest: bool = False) -> None:
        super().__init__(path, layout, "rb")
        if self._ends:
            self._count = os.fstat(self._ends.fileno()).st_size // END.itemsize
        else:
            whole, over = divmod(path.stat().st_size // layout.size, layout.width)
            self._count = whole + (rest and over > 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Ids:
        """``(tokens,)`` of a block."""
        begin, end = self._span(number)
        size = self._layout.size
        raw = os.pread(self._file.fileno(), (end - begin) * size, begin * size)
        ids = np.frombuffer(raw, f"<u{self._layout.size}").astype(np.int64)
        return np.concatenate([self._layout.before, ids, self._layout.after]).astype(np.int64)

    def start(self, number: int) -> int:
        """Where in the stream the first token of a block would stand: special ones before it are
        none of the stream's."""
        return self._span(number)[0] - len(self._layout.before)

    def tokens(self, numbers: NDArray[np.int64]) -> int:
        """Number of tokens in these whole blocks, special ones included."""
        if not self._ends:
            return len(numbers) * self._layout.block
        self._ends.seek(0)
        lengths = np.diff(np.frombuffer(self._ends.read(), END).astype(np.int64), prepend=0)
        specials = self._layout.block - self._layout.width
        return int(lengths[numbers].sum()) + len(numbers) * specials

    def _span(self, number: int) -> tuple[int, int]:
        """Where in the stream a block begins and ends."""
        if not self._ends:
            return number * self._layout.width, (number + 1) * self._layout.width
        first = max(number - 1, 0)
        raw = os.pread(
            self._ends.fileno(), (number + 1 - first) * END.itemsize, first * END.itemsize
        )
        ends = [0, *np.frombuffer(raw, END).tolist()]
        return ends[-2], ends[-1]
