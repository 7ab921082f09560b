"""A token stream on disk, read block by block during training.

By default blocks are of equal length and documents are packed into them, without padding. Or each
document (such as a line) starts a new block, and a second file holds where each block ends. The
stream is never completely in memory.
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
"""Suffix and number type of the file of block ends, if each document starts a new block."""


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """Length of blocks, their special tokens, and their format on disk."""

    block: int
    """Tokens of a block, special tokens included."""
    before: tuple[int, ...]
    """Special tokens before each block (masked models), such as CLS."""
    after: tuple[int, ...]
    """Special tokens after each block (masked models), such as SEP."""
    begin: tuple[int, ...]
    """Special tokens before each document."""
    end: tuple[int, ...]
    """Special tokens after each document."""
    size: Literal[2, 4]
    """Bytes of a token on disk."""
    hide: tuple[str, ...] = ()
    """Words whose tokens are marked in the stream (see `masking`); needs `size` 4."""
    apart: bool = False
    """Each document starts a new block."""

    @property
    def width(self) -> int:
        """Tokens of a block without the special tokens around it."""
        return self.block - len(self.before) - len(self.after)


def block_layout(
    tokenizer: "PreTrainedTokenizerBase",
    kind: str,
    block: int,
    *,
    hide: tuple[str, ...] = (),
    apart: bool = False,
) -> BlockLayout:
    """The layout with the tokenizer's special tokens: around each block of a masked model, around
    each document of a causal one."""
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
    """The files of a stream: its tokens and, if there are any, its block ends."""

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
    """Writes a token stream, document by document.

    Args:
        path: file of the stream.
        layout: block layout for reading.
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
    """The blocks of a token stream, by number; read from disk at each access (the pages of a memory
    map would count as used memory).

    Args:
        path: file of the stream.
        layout: the layout with which it was written.
        rest: include the last, shorter block of a packed stream.
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
        """Token ids of a block, special tokens included, ``(tokens,)``."""
        begin, end = self._span(number)
        size = self._layout.size
        raw = os.pread(self._file.fileno(), (end - begin) * size, begin * size)
        ids = np.frombuffer(raw, f"<u{self._layout.size}").astype(np.int64)
        return np.concatenate([self._layout.before, ids, self._layout.after]).astype(np.int64)

    def start(self, number: int) -> int:
        """Position in the stream of a block's first token, less the special tokens before the
        block: those are not in the stream."""
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
        """Start and end of a block in the stream, in tokens."""
        if not self._ends:
            return number * self._layout.width, (number + 1) * self._layout.width
        first = max(number - 1, 0)
        raw = os.pread(
            self._ends.fileno(), (number + 1 - first) * END.itemsize, first * END.itemsize
        )
        ends = [0, *np.frombuffer(raw, END).tolist()]
        return ends[-2], ends[-1]
