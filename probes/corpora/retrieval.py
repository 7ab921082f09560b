"""Passages about statements: found in a stream, and a fair sample of them kept.

A passage is about a pair if it holds at least the share `about` of the weight of the words of the
statement, or of its mirror (docs/method.md 15). The corpus is read twice: words are counted, then
passages are found. Of those found a uniform sample is kept: the least hashes of their places, so
that it depends on nothing but corpus and seed. Memory holds a batch of passages and the samples.
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
"""Passages in memory at a time."""
Tell = Callable[[str, int, int | None], None]
Located = tuple[int, Passage]
"""Number of a file in its corpus, and a passage of it."""


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """What counts as about a statement, and how much of it is judged."""

    about: float = 0.5
    """Least share of the weight of a text's words in a passage about it, above 0 and up to 1."""
    kept: int = 20
    """Most passages of a pair that are judged."""
    seed: int = 0
    """Of the sample."""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage about a pair."""

    statement: str
    """Id of the pair."""
    share: float
    """Of the weight of the words of the nearer text of the pair, in [0, 1]."""
    passage: Passage


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found in a corpus."""

    found: Sequence[FoundPassage]
    """Those that are kept, pair by pair, as they stand in the corpus."""
    counts: Mapping[str, int]
    """Pair -> passages about it, the kept ones included."""
    passages: int
    """Of the corpus."""


@dataclass(slots=True)
class _Sample:
    """A uniform sample of so many passages, of any number that comes."""

    size: int
    heap: list[tuple[int, int, FoundPassage]] = field(default_factory=list)
    """The greatest rank first, then the last to come: no two are equal."""
    count: int = 0

    def add(self, passage: FoundPassage, rank: int) -> None:
        """Keep it if its rank is among the least."""
        entry = (-rank, -self.count, passage)
        self.count += 1
        if len(self.heap) < self.size:
            heapq.heappush(self.heap, entry)
        elif entry[:2] > self.heap[0][:2]:
            heapq.heapreplace(self.heap, entry)

    @property
    def kept(self) -> list[FoundPassage]:
        """As they came."""
        return [passage for _, _, passage in sorted(self.heap, key=lambda entry: -entry[1])]


def retrieve(
    corpus: Corpus,
    vocabulary: Vocabulary,
    statements: Sequence[Statement],
    options: RetrievalOptions,
    tell: Tell | None = None,
) -> Retrieved:
    """Passages of a corpus about statements.

    Args:
        corpus: What is read.
        vocabulary: Of the statements; it counts the corpus' words.
        statements: Of the set.
        options: What counts as about a statement, and how much is kept.
        tell: Is told of the progress: what is done, passages, of how many if that is known.

    Raises:
        CorpusError: a file cannot be read, changed while it was read, or all are empty.
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
    """Passage, pair and share, in order, of those that reach the least share of either text."""
    best = dict[tuple[int, int], float]()
    near = shares >= least - 1e-9
    for row, pair, share in zip(*(a[near].tolist() for a in (rows, pairs, shares)), strict=True):
        best[row, pair] = max(share, best.get((row, pair), 0.0))
    for (row, pair), share in sorted(best.items()):
        yield row, pair, round(min(share, 1.0), 6)


def _rank(seed: int, pair: str, file: int, passage: Passage) -> int:
    """A random number of a place in a corpus; files count by their order, not by their names."""
    place = f"{seed}:{pair}:{file}:{passage.document}:{passage.start}"
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8])
