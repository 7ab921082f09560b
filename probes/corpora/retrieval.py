"""Retrieving passages about statements from a corpus, and sampling them uniformly.

A passage is about a pair if it contains at least the share `about` of the IDF weight of the words
of the statement, or of its mirror (docs/method.md 15). The corpus is read twice: to count words,
and to retrieve passages. The sample is the passages with the smallest hashes of position and seed,
so it depends on corpus and seed alone. Memory holds one batch of passages and the samples.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from probes.corpora.passages import Passage, passages
from probes.corpora.vocabulary import Vocabulary
from probes.errors import CorpusError
from probes.training import documents
from probes.training.corpora import Corpus
from probes.types import Statement

BATCH = 4096
"""Number of passages in memory at once."""
Tell = Callable[[str, int, int | None], None]
"""Progress callback: stage, passages done, passages in total (None if unknown)."""
Located = tuple[int, Passage]
"""Index of a file in its corpus, and a passage of it."""


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """Threshold and sample size of retrieval."""

    about: float = 0.5
    """Minimum share of a text's IDF weight in a passage about it, above 0 and up to 1."""
    kept: int = 20
    """Maximum number of passages judged for each pair."""
    seed: int = 0
    """Seed of the sample."""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage about a pair of statement and mirror."""

    statement: str
    """Id of the pair."""
    share: float
    """Share of IDF weight that the passage contains, the larger of both texts, in [0, 1]."""
    passage: Passage


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The result of retrieval from a corpus."""

    found: Sequence[FoundPassage]
    """The sampled passages, by pair, in the order of the corpus."""
    counts: Mapping[str, int]
    """Pair id -> number of passages about it, before sampling."""
    passages: int
    """Number of passages in the corpus."""


@dataclass(slots=True)
class _Sample:
    """A uniform sample of `size` passages from a stream."""

    size: int
    heap: list[tuple[int, int, FoundPassage]] = field(default_factory=list)
    """``(-rank, -arrival number, passage)``: a max-heap by rank; no two entries are equal."""
    count: int = 0

    def add(self, passage: FoundPassage, rank: int) -> None:
        """Add a passage to the sample if its rank is among the `size` smallest."""
        entry = (-rank, -self.count, passage)
        self.count += 1
        if len(self.heap) < self.size:
            heapq.heappush(self.heap, entry)
        elif entry[:2] > self.heap[0][:2]:
            heapq.heapreplace(self.heap, entry)

    @property
    def kept(self) -> list[FoundPassage]:
        """The sampled passages in order of arrival."""
        return [passage for _, _, passage in sorted(self.heap, key=lambda entry: -entry[1])]


def retrieve(
    corpus: Corpus,
    vocabulary: Vocabulary,
    statements: Sequence[Statement],
    options: RetrievalOptions,
    tell: Tell | None = None,
) -> Retrieved:
    """Retrieve the passages of a corpus about statements.

    Args:
        corpus: The corpus.
        vocabulary: Vocabulary of the statements; gets the word counts of the corpus.
        statements: Statements of the set.
        options: Threshold, sample size and seed.
        tell: Progress callback.

    Raises:
        CorpusError: a file cannot be read, changed during reading, or all are empty.
    """
    tell = tell or (lambda _doing, _done, _total: None)
    for batch in _batches(corpus):
        vocabulary.count([passage.text for _, passage in batch])
        tell("counting words", vocabulary.total, None)
    total, done, weights = vocabulary.total, 0, vocabulary.weights()
    if not total:
        raise CorpusError(f"{', '.join(map(str, corpus.files))}: holds no text")
    samples = [_Sample(options.kept) for _ in statements]
    for batch in _batches(corpus):
        shares = (vocabulary.matrix([p.text for _, p in batch]) @ weights).tocoo()
        for row, pair, share in _about(shares.row, shares.col // 2, shares.data, options.about):
            name, (file, passage) = statements[pair].id, batch[row]
            about = FoundPassage(name, share, passage)
            samples[pair].add(about, _rank(options.seed, name, file, passage))
        done += len(batch)
        tell("finding passages", done, total)
    if done != total:
        raise CorpusError(f"{corpus.files[0]}: the corpus changed while it was read")
    counts = {s.id: sample.count for s, sample in zip(statements, samples, strict=True)}
    return Retrieved([about for sample in samples for about in sample.kept], counts, total)


def _batches(corpus: Corpus) -> Iterator[list[Located]]:
    located = _passages(corpus)
    while batch := list(islice(located, BATCH)):
        yield batch


def _passages(corpus: Corpus) -> Iterator[Located]:
    for number, path in enumerate(corpus.files):
        for document, text in enumerate(documents.read(path, corpus.layout), start=1):
            for start, passage in passages(text):
                yield number, Passage(str(path), document, start, passage)


def _about(
    rows: "np.ndarray[tuple[int], np.dtype[np.int32]]",
    pairs: "np.ndarray[tuple[int], np.dtype[np.int32]]",
    shares: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    least: float,
) -> Iterator[tuple[int, int, float]]:
    """``(passage, pair, share)``, sorted, of the pairs for which one text reaches the share
    `least`."""
    best = dict[tuple[int, int], float]()
    near = shares >= least - 1e-9
    for row, pair, share in zip(*(a[near].tolist() for a in (rows, pairs, shares)), strict=True):
        best[row, pair] = max(share, best.get((row, pair), 0.0))
    for (row, pair), share in sorted(best.items()):
        yield row, pair, round(min(share, 1.0), 6)


def _rank(seed: int, pair: str, file: int, passage: Passage) -> int:
    """Pseudo-random rank of a position in a corpus; the file enters by its index, not its name."""
    place = f"{seed}:{pair}:{file}:{passage.document}:{passage.start}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8])
