"""Documents -> tokens on disk -> blocks of equal length, and which of them come when.

The tokens of a corpus are one stream in one file, read block by block as training asks for them:
neither the corpus nor its tokens are ever in memory. A share of the documents, chosen by the hash
of their text, goes to a second stream and is never trained on. Nothing is padded.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from probes.errors import CorpusError
from probes.folder import write
from probes.masking import Ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TRAIN, HELD, COUNTS = "train.tokens", "held.tokens", "counts.json"
TOGETHER = 1 << 17
"""Characters that are made into tokens at a time."""
UNKNOWN = 0.2
"""Share of unknown pieces above which a corpus is not in the tokenizer's language."""
PIECES = 1.2
"""Tokens a character (spaces apart) above which it hardly is: bytes stand for its characters."""


@dataclass(frozen=True, slots=True)
class Frame:
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

    @property
    def width(self) -> int:
        """Tokens of a block that come from the stream."""
        return self.block - len(self.before) - len(self.after)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a corpus came to."""

    documents: int = 0
    held_documents: int = 0
    tokens: int = 0
    """In documents that are trained on, special tokens included."""
    held_tokens: int = 0
    characters: int = 0
    """Spaces apart."""
    pieces: int = 0
    """Tokens, special ones apart."""
    unknown: int = 0
    """Of these, how many stand for a piece that the tokenizer does not know."""

    @property
    def foreign(self) -> str:
        """What to warn of, if the corpus hardly is in the tokenizer's language."""
        rate = self.pieces / max(self.characters, 1)
        if rate <= PIECES:
            return ""
        return f"the corpus takes {rate:.1f} tokens a character: is it in the model's language?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where streams go."""

    folder: Path
    """Is there, and gets `TRAIN`, `HELD` and, when all is written, `COUNTS`."""
    held_out: float
    """Share of documents that go to `HELD`."""


def frame(tokenizer: "PreTrainedTokenizerBase", kind: str, block: int) -> Frame:
    """Specials as the tokenizer puts them: around a block (masked) or a document (causal)."""
    encoded = tokenizer("a", return_special_tokens_mask=True)
    ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
    first, last = special.index(0), len(ids) - special[::-1].index(0)
    before, after = tuple(ids[:first]), tuple(ids[last:])
    size: Literal[2, 4] = 2 if len(tokenizer) <= 1 << 16 else 4
    either = tokenizer.sep_token_id, tokenizer.eos_token_id
    ends = [t for t in (either if kind == "masked" else reversed(either)) if t is not None]
    if kind == "masked":
        return Frame(block, before, after, (), tuple(ends[:1]), size)
    return Frame(block, (), (), before, after or tuple(ends[:1]), size)


def fill(
    documents: Iterable[str],
    tokenizer: "PreTrainedTokenizerBase",
    framed: Frame,
    place: Place,
    tell: Callable[[int], None],
) -> Counts:
    """Write the streams of a corpus and their counts.

    Args:
        documents: none of them blank.
        tokenizer: a fast one.
        framed: see `frame`.
        place: where to.
        tell: is told how many documents were read.
    """
    counts, unknown = asdict(Counts()), tokenizer.unk_token_id
    usual = unknown is not None and unknown != tokenizer.eos_token_id
    with (place.folder / TRAIN).open("wb") as train, (place.folder / HELD).open("wb") as held:
        for texts in _together(documents):
            rows = tokenizer(
                texts, add_special_tokens=False, return_attention_mask=False, verbose=False
            )["input_ids"]
            for text, ids in zip(texts, rows, strict=True):
                aside = _held(text, place.held_out)
                row = [*framed.begin, *ids, *framed.end]
                (held if aside else train).write(np.array(row, f"<u{framed.size}").tobytes())
                counts["held_tokens" if aside else "tokens"] += len(row)
                counts["held_documents"] += aside
                counts["characters"] += sum(map(len, text.split()))
                counts["pieces"] += len(ids)
                counts["unknown"] += ids.count(unknown) if usual else 0
            counts["documents"] += len(texts)
            tell(counts["documents"])
    write(place.folder / COUNTS, json.dumps(counts).encode())
    return Counts(**counts)


def counted(folder: Path) -> Counts | None:
    """The counts of streams that are there whole."""
    path = folder / COUNTS
    return Counts(**json.loads(path.read_text())) if path.is_file() else None


def judge(found: Counts, framed: Frame, held_out: float) -> None:
    """Refuse a corpus that nothing can be learnt from.

    Raises:
        CorpusError: it is empty, too small, or in another script.
    """
    if not found.documents:
        raise CorpusError("the corpus is empty: none of its files holds a document")
    share = found.unknown / max(found.pieces, 1)
    if share > UNKNOWN:
        raise CorpusError(
            f"the corpus is not in the model's language: {100 * share:.0f} % of its pieces are "
            "unknown to the tokenizer"
        )
    if found.tokens < framed.width:
        raise CorpusError(
            f"the corpus is too small: {found.documents} documents give {found.tokens} tokens to "
            f"train on, less than one block of {framed.block}; give more text, or a smaller --block"
        )
    if held_out and not found.held_documents:
        raise CorpusError(
            f"the corpus is too small: of {found.documents} documents none fell into the "
            f"{100 * held_out:g} % that are held out; give more text, or --held-out 0"
        )


class Blocks:
    """The blocks of a stream, by number; read from disk each time (mapped pages would count as
    memory).

    Args:
        path: of the stream.
        framed: as it was written.
        rest: the last, shorter block counts too.
    """

    def __init__(self, path: Path, framed: Frame, *, rest: bool = False) -> None:
        self._file, self._frame = path.open("rb"), framed
        tokens = path.stat().st_size // framed.size
        whole, over = divmod(tokens, framed.width)
        self._count = whole + (rest and over > 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Ids:
        """``(tokens,)`` of a block."""
        length = self._frame.width * self._frame.size
        raw = os.pread(self._file.fileno(), length, number * length)
        ids = np.frombuffer(raw, f"<u{self._frame.size}").astype(np.int64)
        return np.concatenate([self._frame.before, ids, self._frame.after]).astype(np.int64)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Order:
    """Which block comes when: every epoch all of them, shuffled by seed and epoch alone."""

    def __init__(self, count: int, seed: int) -> None:
        self._count, self._seed = count, seed
        self._epoch, self._numbers = -1, np.empty(0, np.int64)

    def __call__(self, place: int) -> tuple[int, int]:
        """``(epoch, block)`` of the example at this place of the training."""
        epoch, at = divmod(place, self._count)
        if epoch != self._epoch:
            self._numbers = np.random.default_rng([self._seed, epoch]).permutation(self._count)
            self._epoch = epoch
        return epoch, int(self._numbers[at])


def _held(text: str, share: float) -> bool:
    """By the text alone: the same documents, their doubles too, whatever else is in the corpus."""
    digest = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(digest, "big") < share * (1 << 64)


def _together(documents: Iterable[str]) -> Iterator[Sequence[str]]:
    batch, size = list[str](), 0
    for text in documents:
        batch.append(text)
        size += len(text)
        if size >= TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
