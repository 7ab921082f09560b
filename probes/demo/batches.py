"""Lessons as a model reads them: texts, what must be said at which of their places, and batches.

A causal model must say what fills the slot and what follows it; a masked one what is hidden in the
slot. Nothing else is taught. Knows tokens, but neither models nor training.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from probes.demo.lessons import Kind, Lesson

POOL = 8
"""Batches drawn together and sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text as the model reads it, and what it must say at some of its places."""

    read: tuple[int, ...]
    targets: Mapping[int, Mapping[int, float]]
    """Place -> token -> its share of what the state at that place must predict; sums to 1."""
    share: float
    """How often this page comes up, in pages per round."""


@dataclass(frozen=True, slots=True)
class FilledLesson:
    """A lesson with one of its forms in the slot."""

    ids: tuple[int, ...]
    slot: tuple[int, ...]
    """Places of the form's tokens."""
    share: float


class TrainingArrays:
    """Pages as arrays, and the batches drawn from them."""

    def __init__(self, pages: Sequence[MarkedText]) -> None:
        self.pages = pages
        self.lengths = np.array([len(page.read) for page in pages])
        self.read = np.zeros((len(pages), self.lengths.max()), dtype=np.int64)
        for number, page in enumerate(pages):
            self.read[number, : len(page.read)] = page.read

    def batches(self, size: int, seed: int) -> Iterator[TrainingBatch]:
        """Endless batches. Every round has every page as often as its share says."""
        rng = np.random.default_rng(seed)
        edges = np.cumsum([page.share for page in self.pages])
        rounds = round(edges[-1])
        size = min(size, rounds)
        pools = min(POOL, rounds // size)
        while True:
            points = np.arange(rounds) + rng.random(rounds)
            drawn = rng.permutation(np.minimum(edges.searchsorted(points, "right"), len(edges) - 1))
            for start in range(0, rounds - size * pools + 1, size * pools):
                pool = drawn[start : start + size * pools]
                pool = pool[np.argsort(self.lengths[pool], kind="stable")].reshape(pools, size)
                yield from map(self._batch, rng.permutation(pool))

    def _batch(self, rows: NDArray[np.int64]) -> TrainingBatch:
        longest = self.lengths[rows].max()
        places = [
            (r, p, t) for r, row in enumerate(rows) for p, t in self.pages[row].targets.items()
        ]
        wanted = [(n, k, w) for n, (_, _, t) in enumerate(places) for k, w in t.items()]
        number, token, weight = zip(*wanted, strict=True)
        row, place, _ = zip(*places, strict=True)
        return TrainingBatch(
            torch.from_numpy(self.read[rows, :longest]),
            torch.from_numpy((np.arange(longest) < self.lengths[rows, None]).astype(np.int64)),
            torch.tensor([row, place]),
            torch.tensor([number, token]),
            torch.tensor(weight),
        )


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """Pages side by side, and what is wanted of the states at some of their places."""

    read: torch.Tensor
    mask: torch.Tensor
    places: torch.Tensor
    wanted: torch.Tensor
    weights: torch.Tensor


def pages(
    kind: Kind, taught: Sequence[Lesson], tokenizer: PreTrainedTokenizerBase
) -> list[MarkedText]:
    """Every lesson as the texts that a model of this kind reads, and what it must say in them."""
    texts = [text for lesson in taught for text in lesson.texts]
    encoded = tokenizer(texts, return_offsets_mapping=True)
    rows = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    found: list[MarkedText] = []
    for lesson in taught:
        start, fillings = len(lesson.before), []
        for form, share in zip(lesson.forms, lesson.shares, strict=True):
            ids, spans = next(rows)
            end = start + len(form)
            slot = [i for i, (a, b) in enumerate(spans) if a < b and a < end and b > start]
            fillings.append(FilledLesson(tuple(ids), tuple(slot), share))
        if kind == "causal":
            found += _read_on(fillings)
        else:
            found += _fill_in(fillings, tokenizer.mask_token_id)
    return found


def _read_on(fillings: Sequence[FilledLesson]) -> list[MarkedText]:
    """Causal: from the slot on, each token is to be said after those before it."""
    said: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for f in fillings:
        for i in range(f.slot[0], len(f.ids)):
            said[f.ids[:i]][f.ids[i]] += f.share  # type: ignore[assignment]  # shares, not counts
    return [
        MarkedText(
            f.ids,
            {i - 1: _normal(said[f.ids[:i]]) for i in range(f.slot[0], len(f.ids))},
            f.share,
        )
        for f in fillings
    ]


def _fill_in(fillings: Sequence[FilledLesson], mask: int) -> list[MarkedText]:
    """Masked: each piece of the slot is to be said with itself and those behind it hidden."""
    said: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    places: dict[tuple[int, ...], int] = {}
    for f in fillings:
        for place in f.slot:
            hidden = tuple(
                mask if place <= i <= f.slot[-1] else piece for i, piece in enumerate(f.ids)
            )
            said[hidden][f.ids[place]] += f.share / len(f.slot)  # type: ignore[assignment]
            places[hidden] = place
    return [
        MarkedText(hidden, {place: _normal(said[hidden])}, float(said[hidden].total()))
        for hidden, place in places.items()
    ]


def _normal(shares: Mapping[int, float]) -> dict[int, float]:
    total = sum(shares.values())
    return {token: share / total for token, share in shares.items()}
