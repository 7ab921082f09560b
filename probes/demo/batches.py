"""Lessons as tokens with prediction targets, and training batches.

A causal model predicts the tokens of the slot and those after it; a masked one the masked tokens of
the slot. No other token has a target. Uses tokenizers, but no models.
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
"""Number of batches drawn and sorted by length together, to reduce padding."""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """The input tokens of a text, and the target distributions at some positions."""

    ids: tuple[int, ...]
    targets: Mapping[int, Mapping[int, float]]
    """Position -> token -> target probability; sums to 1 at each position."""
    share: float
    """Frequency of this text, in texts per round."""


@dataclass(frozen=True, slots=True)
class FilledLesson:
    """A lesson with one of its forms in the slot, tokenized."""

    ids: tuple[int, ...]
    slot: tuple[int, ...]
    """Positions of the form's tokens."""
    share: float
    """Frequency of this form, in texts per round."""


class TrainingArrays:
    """Texts as padded arrays, from which batches are drawn."""

    def __init__(self, texts: Sequence[MarkedText]) -> None:
        self.texts = texts
        self.lengths = np.array([len(text.ids) for text in texts])
        self.ids = np.zeros((len(texts), self.lengths.max()), dtype=np.int64)
        for number, text in enumerate(texts):
            self.ids[number, : len(text.ids)] = text.ids

    def batches(self, size: int, seed: int) -> Iterator[TrainingBatch]:
        """Endless batches; in every round each text occurs as often as its share says."""
        rng = np.random.default_rng(seed)
        edges = np.cumsum([text.share for text in self.texts])
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
        """The batch of the texts with these indices."""
        longest = self.lengths[rows].max()
        predicted = [
            (row, position, shares)
            for row, text in enumerate(rows)
            for position, shares in self.texts[text].targets.items()
        ]
        targets = [
            (number, token, weight)
            for number, (_, _, shares) in enumerate(predicted)
            for token, weight in shares.items()
        ]
        row, position, _ = zip(*predicted, strict=True)
        number, token, weight = zip(*targets, strict=True)
        return TrainingBatch(
            torch.from_numpy(self.ids[rows, :longest]),
            torch.from_numpy((np.arange(longest) < self.lengths[rows, None]).astype(np.int64)),
            torch.tensor([row, position]),
            torch.tensor([number, token]),
            torch.tensor(weight),
        )


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """A batch of texts, with target distributions at some positions."""

    ids: torch.Tensor
    """``(texts, tokens)``: input ids."""
    mask: torch.Tensor
    """``(texts, tokens)``: attention mask, 0 at padding."""
    positions: torch.Tensor
    """``(2, positions)``: text and token index of each position with a target."""
    targets: torch.Tensor
    """``(2, targets)``: index into `positions`, and target token."""
    weights: torch.Tensor
    """``(targets,)``: probability of each target token."""


def marked_texts(
    kind: Kind, taught: Sequence[Lesson], tokenizer: PreTrainedTokenizerBase
) -> list[MarkedText]:
    """Every lesson as tokenized texts with targets for a model of this kind."""
    texts = [text for lesson in taught for text in lesson.texts]
    encoded = tokenizer(texts, return_offsets_mapping=True)
    rows = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    marked: list[MarkedText] = []
    for lesson in taught:
        start, filled = len(lesson.before), []
        for form, share in zip(lesson.forms, lesson.shares, strict=True):
            ids, spans = next(rows)
            end = start + len(form)
            slot = [i for i, (a, b) in enumerate(spans) if a < b and a < end and b > start]
            filled.append(FilledLesson(tuple(ids), tuple(slot), share))
        if kind == "causal":
            marked += _causal_texts(filled)
        else:
            marked += _masked_texts(filled, tokenizer.mask_token_id)
    return marked


def _causal_texts(filled: Sequence[FilledLesson]) -> list[MarkedText]:
    """Each token from the slot on is predicted from the tokens before it."""
    targets: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for f in filled:
        for i in range(f.slot[0], len(f.ids)):
            targets[f.ids[:i]][f.ids[i]] += f.share  # type: ignore[assignment]  # no counts
    return [
        MarkedText(
            f.ids,
            {i - 1: _normalised(targets[f.ids[:i]]) for i in range(f.slot[0], len(f.ids))},
            f.share,
        )
        for f in filled
    ]


def _masked_texts(filled: Sequence[FilledLesson], mask: int) -> list[MarkedText]:
    """Each token of the slot is predicted with it and the slot's later tokens masked."""
    targets: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    positions: dict[tuple[int, ...], int] = {}
    for f in filled:
        for position in f.slot:
            hidden = tuple(
                mask if position <= i <= f.slot[-1] else token for i, token in enumerate(f.ids)
            )
            targets[hidden][f.ids[position]] += f.share / len(f.slot)  # type: ignore[assignment]
            positions[hidden] = position
    return [
        MarkedText(hidden, {position: _normalised(targets[hidden])}, float(targets[hidden].total()))
        for hidden, position in positions.items()
    ]


def _normalised(shares: Mapping[int, float]) -> dict[int, float]:
    """Shares that sum to 1."""
    total = sum(shares.values())
    return {token: share / total for token, share in shares.items()}
