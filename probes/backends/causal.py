"""Causal language models: the probability of a text's end, given how it begins.

GPT-2, Llama and their like. An option's probability is that of the rest of the text, form and
what follows it, after the beginning that all options share (docs/method.md 2, "Causal LMs"). How
many texts go through the model at once is `tree`'s business, where tokens come from is
`scoring.continuations`'s; here they meet, and the self-test decides between the tree and the plain
way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, groupby

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import continuations, forms, prefix, rows, tree
from probes.backends.hf.scoring.cache import PromptCache
from probes.backends.hf.scoring.continuations import Continuations
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.scoring.rows import TokenizedText
from probes.backends.hf.writing import architectures
from probes.backends.hf.writing.writer import Generator
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply, Writing


def load(spec: ModelSpec, options: LoadOptions) -> Causal:
    """Open a causal checkpoint.

    Raises:
        ModelError: it cannot be loaded, or is not causal.
    """
    return Causal(open_checkpoint(spec, options, "causal"))


class Causal:
    """A causal model as a `types.Scorer` and a `types.Author`.

    Args:
        checkpoint: a causal one.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.meter = Meter()
        self._specials = frozenset(checkpoint.tokenizer.all_special_ids)
        self._readings = PromptCache(self._read, self.meter)
        self._held: tuple[prefix.CachedPrefix, ...] = ()
        """What the prompts planned last begin with, read beforehand."""
        self._last: Ids = ()
        """What the prompt scored last began with, for the meter."""
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
        ids = continuations.form_ids(prompt, self.checkpoint.encode_all, unknown=unknown)
        return forms.fit(prompt, ids)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt costs: its texts row by row; or in the tree, where nothing is
        padded, what it adds to the prompt before it in the order of their texts.

        What all prompts of a wording begin with is read here, before any batch.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
        """
        order = sorted(range(len(prompts)), key=lambda i: prompts[i].before)
        ordered = [prompts[i] for i in order]
        costs = [(0, 0)] * len(prompts)
        begins: dict[str, Ids] = {}
        longest: dict[str, Continuations] = {}
        last: Ids = ()
        for i, prompt, each in zip(order, ordered, self._readings.get(ordered), strict=True):
            costs[i], last = (_added(each, last), each.padded_tokens), each.shared
            name = prompt.wording
            begins[name] = continuations.common_prefix([begins.get(name, last), last[:-1]])
            longest[name] = max(longest.get(name, each), each, key=lambda one: one.longest)
        if prompts:
            self._prove(max(longest.values(), key=lambda one: one.longest))
            self._hold(begins, longest)
        return [branched if self._branching else plain for branched, plain in costs]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        readings = list(self._readings.get(prompts))
        self.meter.asked += sum(each.text_tokens for each in readings)
        with memory_errors():
            self._prove(max(readings, key=lambda each: each.longest))
            found = self._logprobs(readings)
        try:
            return [
                continuations.reply(prompt, each, numbers)
                for prompt, each, numbers in zip(prompts, readings, found, strict=True)
            ]
        except ScoreError:
            if len(prompts) > 1:  # One prompt spoils its whole row: find out which.
                for prompt in prompts:
                    self.score([prompt])
            raise

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens of each prompt that is to be written on.

        Raises:
            ModelError: a prompt and its reply are longer than the context.
        """
        return self._pen.costs(prompts, writing)

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that are written so."""
        return self._pen.remarks(writing)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: they do not fit.
        """
        return self._pen.write(prompts, writing)

    @cached_property
    def _pen(self) -> Generator:
        return architectures.causal(self.checkpoint, self.meter)

    def _read(self, prompts: Sequence[Prompt]) -> list[Continuations]:
        """The prompts' tokens."""
        filled = continuations.fill_all(prompts, self.checkpoint.encode_all, self._specials)
        found = [continuations.assemble(p, *own) for p, own in zip(prompts, filled, strict=True)]
        context = self.checkpoint.context
        for prompt, each in zip(prompts, found, strict=True):
            if context is not None and each.longest > context:
                raise ModelError(
                    f"{forms.prompt_label(prompt)}: {each.longest} tokens are more than the "
                    f"{context} that {self.info.name} reads at once"
                )
        return found

    def _prove(self, each: Continuations) -> None:
        """Try the tree on the longest prompt, unless it failed or was proven on as long a one."""
        if self._branching and each.longest > self._proven:
            self._branching = tree.matches_rows(self.checkpoint.model, _texts(each))
            self._proven = each.longest

    def _hold(self, begins: Mapping[str, Ids], longest: Mapping[str, Continuations]) -> None:
        """Read what all prompts of each wording begin with, and try it on the longest of them."""
        self._held = ()
        if not self._branching:
            return
        held = prefix.read_prefixes(self.checkpoint.model, begins.values())
        sizes = {each.ids: len(each.ids) for each in held}
        self.meter.needed += sum(sizes.values())
        for size in sizes.values():
            self.meter.count_pass(1, size, real=size, heads=0)
        able = [longest[name] for name, ids in begins.items() if ids in sizes]
        if able:
            tried = _texts(max(able, key=lambda each: each.longest))
            self._held = held if tree.matches_rows(self.checkpoint.model, tried, held) else ()

    def _logprobs(self, readings: Sequence[Continuations]) -> list[list[list[float]]]:
        """Prompt by prompt, way by way, the log-probability of each token."""
        order = list(range(len(readings)))
        if self._branching:  # Prompts that begin alike, side by side, share a row's tokens.
            order.sort(key=lambda i: readings[i].shared)
        parts = [self._pass(texts) for texts in self._passes([readings[i] for i in order])]
        numbers = iter(torch.cat(parts).tolist())  # The only wait for the device in a batch.
        found: list[list[list[float]]] = [[]] * len(readings)
        for i in order:
            found[i] = [[next(numbers) for _ in tail] for tail in readings[i].tails]
        return found

    def _pass(self, texts: Sequence[TokenizedText]) -> torch.Tensor:
        model = self.checkpoint.model
        if self._branching:
            return tree.score_tree(model, texts, self._held, self.meter)
        return rows.score_rows(model, texts, self.meter)

    def _passes(self, readings: Sequence[Continuations]) -> Iterator[list[TokenizedText]]:
        """The texts of prompts in order, cut into forward passes of about equal cost."""
        before = [self._last, *(each.shared for each in readings)]
        self._last = before.pop()
        needed = [self._added(*pair) for pair in zip(readings, before, strict=True)]
        self.meter.needed += sum(needed)
        costs = needed if self._branching else [each.padded_tokens for each in readings]
        total = sum(costs)
        passes = math.ceil(total / tree.row_size(self.checkpoint.model))
        begun = [end - cost for end, cost in zip(accumulate(costs), costs, strict=True)]
        numbered = zip((at * passes // total for at in begun), readings, strict=True)
        for _, group in groupby(numbered, key=lambda pair: pair[0]):
            yield [text for _, each in group for text in _texts(each)]

    def _added(self, each: Continuations, last: Ids) -> int:
        """Tokens to be read for a prompt after another, with what is held."""
        known = [held.ids for held in self._held if held.ids == each.shared[: len(held.ids)]]
        return _added(
            each, max([continuations.common_prefix([last, each.shared]), *known], key=len)
        )


def _texts(each: Continuations) -> list[TokenizedText]:
    start = len(each.shared)
    return [TokenizedText(each.shared + tail, start) for tail in each.tails]


def _added(each: Continuations, last: Ids) -> int:
    """Tokens to be read for a prompt where those of another's beginning were; at least 1."""
    return max(1, each.tree_tokens - len(continuations.common_prefix([last, each.shared])))
