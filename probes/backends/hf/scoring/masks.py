"""Pseudo-log-likelihoods: the masked texts that are needed to score a prompt; no torch.

A form of k tokens needs k masked texts: all tokens masked, then all but the first, and so on
(PLL-word-l2r, Kauf & Ivanova 2023, arXiv 2305.10588). Equal masked texts are shared: all one-token
forms in the same position are scored at one mask. Used by `masked`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.backends.hf.scoring.forms import Ids
from probes.types import Reply

Step = tuple[int, int]
"""``(index of a masked text, index of one of its targets)``."""


@dataclass(frozen=True, slots=True)
class FormSpan:
    """A form's tokens, with the tokens before and after it."""

    left: Ids
    form: Ids
    right: Ids

    def steps(self, mask: int) -> Iterator[tuple[Ids, int, int]]:
        """``(masked text, scored position, target token)`` for each token, left to right."""
        for i, piece in enumerate(self.form):
            masks = (mask,) * (len(self.form) - i)
            yield (*self.left, *self.form[:i], *masks, *self.right), len(self.left) + i, piece


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A masked text, the scored position, and the target tokens there."""

    ids: Ids
    position: int
    targets: Ids


@dataclass(frozen=True, slots=True)
class MaskedReads:
    """All masked texts of one prompt."""

    texts: tuple[MaskedText, ...]
    forms: Mapping[str, tuple[tuple[Step, ...], ...]]
    """Option label -> its distinct forms, each as the steps whose log-probabilities are summed."""

    @property
    def tokens(self) -> int:
        """Tokens of all masked texts, padding included."""
        return len(self.texts) * self.longest

    @property
    def separate_tokens(self) -> int:
        """Tokens if every token of every form had a separate masked text."""
        forms = [steps for forms_of_option in self.forms.values() for steps in forms_of_option]
        return sum(len(self.texts[text].ids) for steps in forms for text, _ in steps)

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return max(len(text.ids) for text in self.texts)


def plan(spans: Mapping[str, Sequence[FormSpan]], mask: int) -> MaskedReads:
    """The masked texts for the forms of a prompt's options.

    Forms of one option with equal tokens count once. `mask` is the mask token's id.
    """
    collector = _ReadCollector()
    forms = {
        label: tuple(
            tuple(collector.step(*step) for step in span.steps(mask))
            for span in {span.form: span for span in row}.values()
        )
        for label, row in spans.items()
    }
    return MaskedReads(collector.texts(), forms)


class _ReadCollector:
    """Collects distinct masked texts, and the distinct targets of each, in order of appearance."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Ids, int], int] = {}
        self._targets: list[list[int]] = []

    def step(self, ids: Ids, position: int, piece: int) -> Step:
        """Add a target token at a position; returns its step."""
        number = self._numbers.setdefault((ids, position), len(self._numbers))
        if number == len(self._targets):
            self._targets.append([])
        targets = self._targets[number]
        if piece not in targets:
            targets.append(piece)
        return number, targets.index(piece)

    def texts(self) -> tuple[MaskedText, ...]:
        """The collected masked texts."""
        numbered = zip(self._numbers, self._targets, strict=True)
        return tuple(MaskedText(ids, position, tuple(own)) for (ids, position), own in numbered)


def reply(reads: MaskedReads, values: Sequence[Sequence[float]]) -> Reply:
    """The options' log-probabilities, and the mass (summed probability) of all one-token forms.

    `values`: for each masked text, the natural log-probabilities of its targets.
    """
    logprobs: dict[str, float] = {}
    single_piece: list[float] = []
    for label, forms in reads.forms.items():
        sums = [math.fsum(values[text][target] for text, target in steps) for steps in forms]
        logprobs[label] = log_sum(sums)
        single_piece += [
            math.exp(logprob) for logprob, steps in zip(sums, forms, strict=True) if len(steps) == 1
        ]
    return Reply(logprobs, min(1.0, math.fsum(single_piece)) if single_piece else None)


def log_sum(values: Sequence[float]) -> float:
    """Log-sum-exp without overflow, with exact summation (`math.fsum`)."""
    largest = max(values)
    return largest + math.log(math.fsum(math.exp(value - largest) for value in values))
