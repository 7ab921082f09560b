"""IDF weights of the words of a set's texts in a corpus, with a fixed vocabulary.

A word counts once per passage; its weight is scikit-learn's smooth inverse document frequency,
``ln((1 + n) / (1 + df)) + 1``. Only words of the set are counted, so memory does not grow with the
corpus.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probes.types import Statement

WORD = re.compile(r"\w\w+")
UNSPACED = ("ja", "zh", "th", "lo", "km", "my")
"""Languages written without spaces: character bigrams take the place of words."""


@dataclass(slots=True)
class Vocabulary:
    """The words of all statements and mirrors, and the number of passages with each word."""

    numbers: dict[str, int]
    """Word -> column."""
    texts: list[frozenset[str]]
    """Word sets: statement 1, mirror 1, statement 2, ...; empty for a missing mirror."""
    unspaced: bool
    passages: NDArray[np.int64]
    """``(words,)``: number of passages that contain each word."""
    total: int = 0
    """Number of passages counted."""

    @classmethod
    def of(cls, statements: Sequence[Statement], language: str) -> Self:
        """The vocabulary of a set, with all counts 0."""
        unspaced = language in UNSPACED
        texts = [words(t or "", unspaced=unspaced) for s in statements for t in (s.text, s.mirror)]
        numbers = {word: n for n, word in enumerate(sorted(frozenset().union(*texts)))}
        return cls(numbers, texts, unspaced, np.zeros(len(numbers), np.int64))

    def matrix(self, passages: Sequence[str]) -> sparse.csr_array:
        """``(passages, words)``: 1 if the passage contains the word."""
        vocabulary, starts, columns = frozenset(self.numbers), [0], list[int]()
        for passage in passages:
            held = words(passage, unspaced=self.unspaced) & vocabulary
            columns += sorted(map(self.numbers.__getitem__, held))
            starts.append(len(columns))
        shape = len(passages), len(self.numbers)
        return sparse.csr_array((np.ones(len(columns)), columns, starts), shape=shape)

    def count(self, passages: Sequence[str]) -> None:
        """Add passages to the counts."""
        held = self.matrix(passages).indices
        self.passages += np.bincount(held, minlength=len(self.numbers))
        self.total += len(passages)

    def rarity(self) -> NDArray[np.float64]:
        """Inverse document frequency of each word ``(words,)``, at least 1."""
        rarity: NDArray[np.float64] = np.log((1 + self.total) / (1 + self.passages)) + 1
        return rarity

    def weights(self) -> sparse.csr_array:
        """``(words, texts)``: each word's share of its text's weight; columns sum to 1, or 0."""
        rarity, shares = self.rarity(), np.zeros((len(self.numbers), len(self.texts)))
        for column, text in enumerate(self.texts):
            held = sorted(map(self.numbers.__getitem__, text))
            shares[held, column] = rarity[held] / rarity[held].sum()
        return sparse.csr_array(shares)


def words(text: str, *, unspaced: bool) -> frozenset[str]:
    """The distinct words of a text in lower case, without single letters."""
    text = text.lower()
    if unspaced:
        characters = "".join(WORD.findall(text))
        return frozenset(map("".join, pairwise(characters)))
    return frozenset(WORD.findall(text))
