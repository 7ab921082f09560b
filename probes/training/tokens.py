"""Documents to tokens on disk, and the counts of a corpus.

A share of the documents, chosen by the hash of their text, goes to a second stream and is never
trained on. Neither the corpus nor its tokens are ever in memory.
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

COUNTS, HELD_ENDS = "counts.json", f"{HELD}.texts"
BATCH = 1 << 17
"""Characters that are tokenized at a time."""
MAX_UNKNOWN = 0.2
"""Share of unknown pieces above which a corpus is not in the tokenizer's language."""
MAX_PIECES = 1.2
"""Tokens a character (spaces apart) above which it hardly is: characters are split into bytes."""


@dataclass(frozen=True, slots=True)
class CorpusCounts:
    """Numbers of documents, characters and tokens of a corpus."""

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
    marked: int = 0
    """Of these, how many are always hidden."""

    @property
    def foreign(self) -> str:
        """A warning, if the corpus hardly is in the tokenizer's language; else empty."""
        rate = self.pieces / max(self.characters, 1)
        if rate <= MAX_PIECES:
            return ""
        return f"the corpus takes {rate:.1f} tokens a character: is it in the model's language?"


@dataclass(frozen=True, slots=True)
class TokenStreams:
    """Where the two streams of a corpus are written."""

    folder: Path
    """Exists, and gets `TRAIN`, `HELD`, `HELD_ENDS` and, when all is written, `COUNTS`."""
    held_out: float
    """Share of documents that go to `HELD`."""


def write_streams(
    documents: Iterable[str],
    tokenizer: "PreTrainedTokenizerBase",
    layout: BlockLayout,
    streams: TokenStreams,
    on_documents: Callable[[int], None],
) -> CorpusCounts:
    """Write the streams of a corpus and their counts.

    Args:
        documents: none of them blank.
        tokenizer: a fast one.
        layout: how blocks will be read.
        streams: where to.
        on_documents: takes the number of documents read so far.
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
                aside, unmarked = _is_held_out(text, streams.held_out), ids & ~SALIENT
                row = np.concatenate([layout.begin, ids, layout.end])
                (held if aside else train).write(row)
                counts["held_tokens" if aside else "tokens"] += len(row)
                counts["held_documents"] += aside
                if aside:
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
    """The counts of streams; None if they were not written to the end, or without `HELD_ENDS`."""
    path = folder / COUNTS
    is_whole = path.is_file() and (folder / HELD_ENDS).is_file()
    return CorpusCounts(**json.loads(path.read_text())) if is_whole else None


def read_ends(folder: Path) -> Ids:
    """``(texts,)``: where in its stream each text ends that is held out."""
    return np.fromfile(folder / HELD_ENDS, END).astype(np.int64)


def require_usable(counts: CorpusCounts, layout: BlockLayout, held_out: float) -> None:
    """Refuse a corpus that cannot be trained on.

    Raises:
        CorpusError: it is empty, too small, or in another script.
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
    """Each text's tokens, those marked that are always hidden."""
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
    """By the text alone: the same documents, duplicates too, whatever else is in the corpus."""
    digest = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(digest, "big") < share * (1 << 64)


def _batches(documents: Iterable[str]) -> Iterator[Sequence[str]]:
    """Documents in batches of `BATCH` characters or a little more."""
    batch, size = list[str](), 0
    for text in documents:
        batch.append(text)
        size += len(text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
