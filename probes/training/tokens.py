"""Documents -> tokens on disk, and what a corpus came to.

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
from probes.training.blocks import HELD, TRAIN, BlockLayout, StreamWriter
from probes.training.masking import SALIENT, AlwaysHidden, Ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COUNTS = "counts.json"
TOGETHER = 1 << 17
"""Characters that are made into tokens at a time."""
UNKNOWN = 0.2
"""Share of unknown pieces above which a corpus is not in the tokenizer's language."""
PIECES = 1.2
"""Tokens a character (spaces apart) above which it hardly is: bytes stand for its characters."""


@dataclass(frozen=True, slots=True)
class CorpusCounts:
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
    marked: int = 0
    """Of these, how many are always hidden."""

    @property
    def foreign(self) -> str:
        """What to warn of, if the corpus hardly is in the tokenizer's language."""
        rate = self.pieces / max(self.characters, 1)
        if rate <= PIECES:
            return ""
        return f"the corpus takes {rate:.1f} tokens a character: is it in the model's language?"


@dataclass(frozen=True, slots=True)
class TokenStreams:
    """Where streams go."""

    folder: Path
    """Is there, and gets `TRAIN`, `HELD` and, when all is written, `COUNTS`."""
    held_out: float
    """Share of documents that go to `HELD`."""


def fill(
    documents: Iterable[str],
    tokenizer: "PreTrainedTokenizerBase",
    framed: BlockLayout,
    place: TokenStreams,
    tell: Callable[[int], None],
) -> CorpusCounts:
    """Write the streams of a corpus and their counts.

    Args:
        documents: none of them blank.
        tokenizer: a fast one.
        framed: see `frame`.
        place: where to.
        tell: is told how many documents were read.
    """
    counts, unknown = asdict(CorpusCounts()), tokenizer.unk_token_id
    usual = unknown is not None and unknown != tokenizer.eos_token_id
    salience = AlwaysHidden(framed.hide) if framed.hide else None
    paths = place.folder / TRAIN, place.folder / HELD
    with StreamWriter(paths[0], framed) as train, StreamWriter(paths[1], framed) as held:
        for texts in _together(documents):
            for text, ids in zip(texts, _tokens(texts, tokenizer, salience), strict=True):
                aside, bare = _held(text, place.held_out), ids & ~SALIENT
                row = np.concatenate([framed.begin, ids, framed.end])
                (held if aside else train).write(row)
                counts["held_tokens" if aside else "tokens"] += len(row)
                counts["held_documents"] += aside
                counts["characters"] += sum(map(len, text.split()))
                counts["pieces"] += len(ids)
                counts["unknown"] += int((bare == unknown).sum()) if usual else 0
                counts["marked"] += int((bare != ids).sum())
            counts["documents"] += len(texts)
            tell(counts["documents"])
    write(place.folder / COUNTS, json.dumps(counts).encode())
    return CorpusCounts(**counts)


def counted(folder: Path) -> CorpusCounts | None:
    """The counts of streams that are there whole."""
    path = folder / COUNTS
    return CorpusCounts(**json.loads(path.read_text())) if path.is_file() else None


def judge(found: CorpusCounts, framed: BlockLayout, held_out: float) -> None:
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
    if found.tokens < (1 if framed.apart else framed.width):
        raise CorpusError(
            f"the corpus is too small: {found.documents} documents give {found.tokens} tokens to "
            f"train on, less than one block of {framed.block}; give more text, or a smaller --block"
        )
    if held_out and not found.held_documents:
        raise CorpusError(
            f"the corpus is too small: of {found.documents} documents none fell into the "
            f"{100 * held_out:g} % that are held out; give more text, or --held-out 0"
        )


def _tokens(
    texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", salience: AlwaysHidden | None
) -> Iterator[Ids]:
    """Each text's tokens, those marked that are always hidden."""
    encoded = tokenizer(
        texts,
        add_special_tokens=False,
        return_attention_mask=False,
        return_offsets_mapping=salience is not None,
        verbose=False,
    )
    for at, ids in enumerate(encoded["input_ids"]):
        spans = encoded["offset_mapping"][at] if salience else ()
        yield salience(texts[at], ids, spans) if salience else np.array(ids, np.int64)


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
