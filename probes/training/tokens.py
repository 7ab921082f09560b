"""Tokenizing a corpus to disk, and counting it.

A share of the documents, chosen by the hash of their text, is held out in a second stream and never
trained on. Neither the corpus nor its tokens are ever completely in memory.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probes.errors import CorpusError
from probes.files.atomic import write
from probes.training.blocks import END, HELD, TRAIN, BlockLayout, StreamWriter
from probes.training.masking import SALIENT, AlwaysHidden, Ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COUNTS = "counts.json"
HELD_ENDS = f"{HELD}.texts"
"""File of the positions in `HELD` at which the held-out texts end."""
BATCH = 1 << 17
"""Minimum characters of a batch for the tokenizer."""
MAX_UNKNOWN = 0.2
"""Share of unknown tokens above which a corpus is refused as of another language."""
MAX_PIECES = 1.2
"""Tokens per non-space character above which another language is likely (characters as bytes)."""


@dataclass(frozen=True, slots=True)
class CorpusCounts:
    """Numbers of documents, characters and tokens of a corpus."""

    documents: int = 0
    held_documents: int = 0
    tokens: int = 0
    """Tokens of the training documents, special tokens included."""
    held_tokens: int = 0
    characters: int = 0
    """Characters other than white space."""
    pieces: int = 0
    """Tokens of all documents without special tokens."""
    unknown: int = 0
    """How many of `pieces` are the unknown token."""
    marked: int = 0
    """How many of `pieces` are always masked."""

    @property
    def foreign(self) -> str:
        """A warning if the corpus seems not to be in the tokenizer's language; else empty."""
        rate = self.pieces / max(self.characters, 1)
        if rate <= MAX_PIECES:
            return ""
        return f"the corpus takes {rate:.1f} tokens a character: is it in the model's language?"


@dataclass(frozen=True, slots=True)
class TokenStreams:
    """Where a corpus's training stream and held-out stream are written."""

    folder: Path
    """An existing folder; gets `TRAIN`, `HELD`, `HELD_ENDS` and at the end `COUNTS`."""
    held_out: float
    """Share of documents that are held out, 0 to 1."""


def write_streams(
    documents: Iterable[str],
    tokenizer: "PreTrainedTokenizerBase",
    layout: BlockLayout,
    streams: TokenStreams,
    on_documents: Callable[[int], None],
) -> CorpusCounts:
    """Write the streams of a corpus and their counts.

    Args:
        documents: non-blank texts.
        tokenizer: a fast tokenizer.
        layout: block layout for training.
        streams: where to write.
        on_documents: called with the number of documents read so far.
    """
    counts, unknown = asdict(CorpusCounts()), tokenizer.unk_token_id
    has_unknown = unknown is not None and unknown != tokenizer.eos_token_id
    marker = AlwaysHidden(layout.hide) if layout.hide else None
    paths = streams.folder / TRAIN, streams.folder / HELD
    with (
        StreamWriter(paths[0], layout) as train,
        StreamWriter(paths[1], layout) as held,
        (streams.folder / HELD_ENDS).open("wb") as ends,
    ):
        for texts in _batches(documents):
            for text, ids in zip(texts, _tokenized(texts, tokenizer, marker), strict=True):
                is_held, unmarked = _is_held_out(text, streams.held_out), ids & ~SALIENT
                row = np.concatenate([layout.begin, ids, layout.end])
                (held if is_held else train).write(row)
                counts["held_tokens" if is_held else "tokens"] += len(row)
                counts["held_documents"] += is_held
                if is_held:
                    ends.write(np.array([counts["held_tokens"]], END).tobytes())
                counts["characters"] += sum(map(len, text.split()))
                counts["pieces"] += len(ids)
                counts["unknown"] += int((unmarked == unknown).sum()) if has_unknown else 0
                counts["marked"] += int((unmarked != ids).sum())
            counts["documents"] += len(texts)
            on_documents(counts["documents"])
    write(streams.folder / COUNTS, json.dumps(counts).encode())
    return CorpusCounts(**counts)


def read_counts(folder: Path) -> CorpusCounts | None:
    """The counts of the streams in a folder; None if writing them was not finished, or without
    `HELD_ENDS` (folders of older versions)."""
    path = folder / COUNTS
    is_whole = path.is_file() and (folder / HELD_ENDS).is_file()
    return CorpusCounts(**json.loads(path.read_text())) if is_whole else None


def read_ends(folder: Path) -> Ids:
    """End of each held-out text in the stream `HELD`, in tokens, ``(texts,)``."""
    return np.fromfile(folder / HELD_ENDS, END).astype(np.int64)


def require_usable(counts: CorpusCounts, layout: BlockLayout, held_out: float) -> None:
    """Check that a corpus can be trained on.

    Raises:
        CorpusError: it is empty, too small, or in a script that the tokenizer does not know.
    """
    if not counts.documents:
        raise CorpusError("the corpus is empty: none of its files holds a document")
    share = counts.unknown / max(counts.pieces, 1)
    if share > MAX_UNKNOWN:
        raise CorpusError(
            f"the corpus is not in the model's language: {100 * share:.0f} % of its pieces are "
            "unknown to the tokenizer"
        )
    if counts.tokens < (1 if layout.apart else layout.width):
        raise CorpusError(
            f"the corpus is too small: {counts.documents} documents give {counts.tokens} tokens to "
            f"train on, less than one block of {layout.block}; give more text, or a smaller --block"
        )
    if held_out and not counts.held_documents:
        raise CorpusError(
            f"the corpus is too small: of {counts.documents} documents none fell into the "
            f"{100 * held_out:g} % that are held out; give more text, or --held-out 0"
        )


def _tokenized(
    texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", marker: AlwaysHidden | None
) -> Iterator[Ids]:
    """Token ids of each text; tokens to be always masked carry the bit `SALIENT`."""
    encoded = tokenizer(
        texts,
        add_special_tokens=False,
        return_attention_mask=False,
        return_offsets_mapping=marker is not None,
        verbose=False,
    )
    for number, ids in enumerate(encoded["input_ids"]):
        if marker:
            yield marker(texts[number], ids, encoded["offset_mapping"][number])
        else:
            yield np.array(ids, np.int64)


def _is_held_out(text: str, share: float) -> bool:
    """Decided by the text alone: independent of the rest of the corpus, equal for duplicates."""
    digest = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(digest, "big") < share * (1 << 64)


def _batches(documents: Iterable[str]) -> Iterator[Sequence[str]]:
    """Documents in batches of at least `BATCH` characters."""
    batch, size = list[str](), 0
    for text in documents:
        batch.append(text)
        size += len(text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
