"""Forms behind masks: which texts a masked model must read to score a prompt; pure, no torch.

A form of k pieces needs k readings: all of it masked, then its first piece revealed, and so on
(PLL-word-l2r, Kauf & Ivanova 2023, arXiv 2305.10588). Forms share the readings that they have in
common: all forms of one piece in the same place are read at one mask. Used by `masked`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.backends.hf.scoring.forms import Ids
from probes.types import Reply

Step = tuple[int, int]
"""Which text is read (its index), and which of its targets."""


@dataclass(frozen=True, slots=True)
class FormSpan:
    """A form's tokens among those of the filled text."""

    left: Ids
    own: Ids
    right: Ids

    def steps(self, mask: int) -> Iterator[tuple[Ids, int, int]]:
        """For each piece, left to right: the masked text, the position read, the piece."""
        for i, piece in enumerate(self.own):
            hidden = (mask,) * (len(self.own) - i)
            yield (*self.left, *self.own[:i], *hidden, *self.right), len(self.left) + i, piece


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A masked text, where it is read, and the tokens whose probabilities are wanted there."""

    ids: Ids
    position: int
    targets: Ids


@dataclass(frozen=True, slots=True)
class MaskedReads:
    """All that is read for one prompt."""

    texts: tuple[MaskedText, ...]
    forms: Mapping[str, tuple[tuple[Step, ...], ...]]
    """Option label -> its distinct forms, each as the steps whose log-probabilities add up."""

    @property
    def work(self) -> int:
        """Tokens that go through the model."""
        return len(self.texts) * self.longest

    @property
    def asked(self) -> int:
        """Tokens that would, if every piece of every form were read by itself."""
        paths = [path for own in self.forms.values() for path in own]
        return sum(len(self.texts[text].ids) for path in paths for text, _ in path)

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return max(len(text.ids) for text in self.texts)


def plan(places: Mapping[str, Sequence[FormSpan]], mask: int) -> MaskedReads:
    """What to read for a prompt whose options' forms lie in these places.

    Forms with equal tokens count once per option. `mask` is the mask token's id.
    """
    read = _ReadCollector()
    forms = {
        label: tuple(
            tuple(read.step(*step) for step in place.steps(mask))
            for place in {place.own: place for place in row}.values()
        )
        for label, row in places.items()
    }
    return MaskedReads(read.texts(), forms)


class _ReadCollector:
    """Collects distinct texts, and the distinct targets of each, in order of appearance."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Ids, int], int] = {}
        self._targets: list[list[int]] = []

    def step(self, ids: Ids, position: int, piece: int) -> Step:
        number = self._numbers.setdefault((ids, position), len(self._numbers))
        if number == len(self._targets):
            self._targets.append([])
        targets = self._targets[number]
        if piece not in targets:
            targets.append(piece)
        return number, targets.index(piece)

    def texts(self) -> tuple[MaskedText, ...]:
        numbered = zip(self._numbers, self._targets, strict=True)
        return tuple(MaskedText(ids, position, tuple(own)) for (ids, position), own in numbered)


def reply(read: MaskedReads, values: Sequence[Sequence[float]]) -> Reply:
    """The options' log-probabilities, and the mass of all forms of one piece.

    `values`: of each text the natural log-probabilities of its targets.
    """
    logprobs: dict[str, float] = {}
    alone: list[float] = []
    for label, paths in read.forms.items():
        sums = [math.fsum(values[text][target] for text, target in path) for path in paths]
        logprobs[label] = log_sum(sums)
        alone += [math.exp(own) for own, path in zip(sums, paths, strict=True) if len(path) == 1]
    return Reply(logprobs, min(1.0, math.fsum(alone)) if alone else None)


def log_sum(values: Sequence[float]) -> float:
    """Logarithm of the sum of exp(values), without leaving the range of floats."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))
