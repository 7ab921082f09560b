"""Causal language models: the probability of a text's end, given how it begins.

GPT-2, Llama and their like. An option's probability is that of the rest of the text, form and
what follows it, after the beginning that all options share (METHOD 2, "Causal LMs"). How many
texts go through the model at once is `tree`'s business, where tokens come from is `reading`'s;
here they meet, and the self-test decides between the tree and the plain way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

import torch

from probes.backends.hf import forms, reading, rows, tree
from probes.backends.hf.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.backends.hf.reading import Reading
from probes.backends.hf.rows import Text
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply

KEPT = 10_000
"""Prompts whose tokens are remembered from planning to scoring, a few kilobytes each."""


def load(spec: ModelSpec, options: LoadOptions) -> Causal:
    """Open a causal checkpoint.

    Raises:
        ModelError: it cannot be loaded, or is not causal.
    """
    return Causal(open_checkpoint(spec, options, "causal"))


class Causal:
    """A causal model as a `types.Scorer`.

    Args:
        checkpoint: a causal one.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._specials = frozenset(checkpoint.tokenizer.all_special_ids)
        self._readings: dict[object, Reading] = {}
        self._branching = True
        """Whether the tree is used; False for good once it failed its proof."""
        self._proven = 0
        """Tokens of the longest text that the tree was proven on."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.checkpoint.render(ask, begin, joint)

    @property
    def packed(self) -> bool:
        """Whether prompts share a row (types.Scorer): the tree is used."""
        return self._branching

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without the antonym pairs that this tokenizer cannot spell."""
        unknown = self.checkpoint.tokenizer.unk_token_id
        ids = reading.scorable(prompt, self.checkpoint.encode_all, unknown=unknown)
        return forms.fit(prompt, ids)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt costs by itself: its tree, or its texts row by row.

        The order of prompts in a batch decides nothing but speed: nothing is padded in the tree,
        and prompts that begin alike (one wording, one statement) cost less side by side.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
        """
        costs, longest = [], None
        for prompt in prompts:
            each = self._read(prompt)
            costs.append((_branched(each), _plain(each)))
            if longest is None or each.longest > longest.longest:
                longest = each
        if longest is not None:
            self._prove(longest)
        return [branched if self._branching else plain for branched, plain in costs]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        readings = [self._read(prompt) for prompt in prompts]
        with memory_errors():
            self._prove(max(readings, key=lambda each: each.longest))
            found = self._logprobs(readings)
        try:
            return [
                reading.reply(prompt, each, numbers)
                for prompt, each, numbers in zip(prompts, readings, found, strict=True)
            ]
        except ScoreError:
            if len(prompts) > 1:  # One prompt spoils its whole row: find out which.
                for prompt in prompts:
                    self.score([prompt])
            raise

    def _read(self, prompt: Prompt) -> Reading:
        """The prompt's tokens, from memory if it was planned."""
        known = self._readings.get(prompt.text)
        if known is not None:
            return known
        shared, filled = reading.fill(prompt, self.checkpoint.encode_all, self._specials)
        found = reading.assemble(prompt, shared, filled)
        context = self.checkpoint.context
        if context is not None and found.longest > context:
            raise ModelError(
                f"{forms.where(prompt)}: {found.longest} tokens are more than the {context} that "
                f"{self.info.name} reads at once"
            )
        if len(self._readings) < KEPT:
            self._readings[prompt.text] = found
        return found

    def _prove(self, each: Reading) -> None:
        """Try the tree on the longest prompt, unless it failed or was proven on as long a one."""
        if self._branching and each.longest > self._proven:
            self._branching = tree.proven(self.checkpoint.model, _texts(each))
            self._proven = each.longest

    def _logprobs(self, readings: Sequence[Reading]) -> list[list[list[float]]]:
        """Prompt by prompt, way by way, the log-probability of each token."""
        order = list(range(len(readings)))
        if self._branching:  # Prompts that begin alike, side by side, share a row's tokens.
            order.sort(key=lambda i: readings[i].shared)
        way = tree.branching if self._branching else rows.plain
        passes = self._passes([readings[i] for i in order])
        parts = [way(self.checkpoint.model, texts) for texts in passes]
        numbers = iter(torch.cat(parts).tolist())  # The only wait for the device in a batch.
        found: list[list[list[float]]] = [[]] * len(readings)
        for i in order:
            found[i] = [[next(numbers) for _ in tail] for tail in readings[i].ways]
        return found

    def _passes(self, readings: Sequence[Reading]) -> Iterator[list[Text]]:
        """The texts of prompts in order, cut into forward passes of about equal cost."""
        cost = _branched if self._branching else _plain
        costs = [cost(each) for each in readings]
        total = sum(costs)
        passes = math.ceil(total / tree.row_size(self.checkpoint.model))
        begun = [end - cost for end, cost in zip(accumulate(costs), costs, strict=True)]
        numbered = zip((at * passes // total for at in begun), readings, strict=True)
        for _, group in groupby(numbered, key=lambda pair: pair[0]):
            yield [text for _, each in group for text in _texts(each)]


def _texts(each: Reading) -> list[Text]:
    start = len(each.shared)
    return [Text(each.shared + way, start) for way in each.ways]


def _branched(each: Reading) -> int:
    """Tokens that a prompt costs as a tree."""
    return len(tree.merged(_texts(each)).tokens)


def _plain(each: Reading) -> int:
    """Tokens that a prompt costs with each of its texts in a row of its own."""
    return len(each.ways) * each.longest
