"""Backend `causal`: causal language models (GPT-2, Llama and others).

An option is scored by the probability of its form and the text after it, given the prefix that all
options share (docs/method.md 2, "Causal LMs"). `scoring.continuations` tokenizes the texts;
`scoring.tree` scores many of them in one row by tree attention. A self-check decides between the
tree and separate rows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.loading.device import forward_errors
from probes.backends.hf.scoring import continuations, prefix, rows, scores, tree
from probes.backends.hf.scoring.cache import PromptCache
from probes.backends.hf.scoring.continuations import Continuations
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.scoring.rows import TokenizedText
from probes.backends.hf.writing import architectures
from probes.backends.hf.writing.author import CheckpointAuthor
from probes.backends.hf.writing.writer import Generator
from probes.errors import ScoreError
from probes.types import LoadOptions, ModelSpec, Prompt, Reply


def load(spec: ModelSpec, options: LoadOptions) -> Causal:
    """Open a causal checkpoint.

    Raises:
        ModelError: it cannot be loaded, or is not causal.
    """
    return Causal(open_checkpoint(spec, options, "causal"))


class Causal(CheckpointAuthor):
    """A causal model as a `types.Scorer` and a `types.Author`.

    Args:
        checkpoint: a causal checkpoint.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self._specials = frozenset(checkpoint.tokenizer.all_special_ids)
        self._readings = PromptCache(self._tokenise, self.meter)
        self._prefixes: tuple[prefix.CachedPrefix, ...] = ()
        """Cached prefixes, from the last call of `lengths`."""
        self._last_prefix: Ids = ()
        """Prefix of the last prompt scored, for the meter."""
        self._uses_tree = True
        """Whether the tree is used; stays False after it fails a check."""
        self._checked_length = 0
        """Tokens of the longest text on which the tree was checked."""

    @property
    def packed(self) -> bool:
        """Whether prompts share a row (types.Scorer): if the tree is used."""
        return self._uses_tree

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens to compute for each prompt. With separate rows: all its texts, padded. With the
        tree: the tokens it adds to the prompt before it, in the order of the texts.

        Prefixes that all prompts of a wording share are computed here, before any batch.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
            ScoreError: the numbers of the longest text are not finite.
        """
        order = sorted(range(len(prompts)), key=lambda i: prompts[i].before)
        ordered = [prompts[i] for i in order]
        costs = [(0, 0)] * len(prompts)
        prefixes: dict[str, Ids] = {}
        longest: dict[str, Continuations] = {}
        last_prefix: Ids = ()
        for i, prompt, reading in zip(order, ordered, self._readings.get(ordered), strict=True):
            costs[i] = _new_tokens(reading, last_prefix), reading.padded_tokens
            last_prefix, wording = reading.shared, f"{prompt.wording}\0{prompt.told}"
            shared = prefixes.get(wording, last_prefix)
            prefixes[wording] = continuations.common_prefix([shared, last_prefix[:-1]])
            longest[wording] = max(longest.get(wording, reading), reading, key=_longest_text)
        if prompts:
            reading = max(longest.values(), key=_longest_text)
            self._check_tree(reading)
            if not self._uses_tree:
                self._require_finite(max(_texts(reading), key=lambda text: len(text.ids)))
            self._read_prefixes(prefixes, longest)
        return [tree_cost if self._uses_tree else row_cost for tree_cost, row_cost in costs]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Score a batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        readings = list(self._readings.get(prompts))
        self.meter.asked += sum(reading.text_tokens for reading in readings)
        with forward_errors(self.info.name):
            self._check_tree(max(readings, key=_longest_text))
            logprobs = self._logprobs(readings)
        try:
            return [
                scores.reply(prompt, reading, own)
                for prompt, reading, own in zip(prompts, readings, logprobs, strict=True)
            ]
        except ScoreError:
            if len(prompts) > 1:  # One prompt can spoil its row: score singly to name the prompt.
                for prompt in prompts:
                    self.score([prompt])
            raise

    def _new_generator(self) -> Generator:
        return architectures.causal(self.checkpoint, self.meter)

    def _tokenise(self, prompts: Sequence[Prompt]) -> list[Continuations]:
        """Tokenize the prompts."""
        filled = continuations.fill_all(prompts, self.checkpoint.encode_all, self._specials)
        readings = [
            continuations.assemble(p, *texts) for p, texts in zip(prompts, filled, strict=True)
        ]
        for prompt, reading in zip(prompts, readings, strict=True):
            self._require_context(prompt, reading.longest)
        return readings

    def _check_tree(self, reading: Continuations) -> None:
        """Check the tree on a prompt, unless it failed before or was checked on a longer one."""
        if self._uses_tree and reading.longest > self._checked_length:
            self._uses_tree = tree.matches_rows(self.checkpoint.model, _texts(reading))
            self._checked_length = reading.longest

    def _require_finite(self, text: TokenizedText) -> None:
        """Refuse a model, before scoring, whose log-probabilities for the longest text are not
        finite."""
        with contextlib.suppress(MemoryError), forward_errors(self.info.name):
            if not rows.score_alone(self.checkpoint.model, text).isfinite().all():
                raise ScoreError(
                    f"{self.info.name}: its log-probabilities in a text of {len(text.ids)} tokens "
                    f"are not finite (NaN or infinite weights, or numbers beyond the range of "
                    f"{self.info.dtype})"
                )

    def _read_prefixes(
        self, prefixes: Mapping[str, Ids], longest: Mapping[str, Continuations]
    ) -> None:
        """Cache the prefixes that a wording's prompts share, if they pass the check on the longest
        prompt."""
        self._prefixes = ()
        if not self._uses_tree:
            return
        cached = prefix.read_prefixes(self.checkpoint.model, prefixes.values())
        sizes = {item.ids: len(item.ids) for item in cached}
        self.meter.needed += sum(sizes.values())
        for size in sizes.values():
            self.meter.count_pass(1, size, real=size, heads=0)
        covered = [longest[name] for name, ids in prefixes.items() if ids in sizes]
        if covered:
            texts = _texts(max(covered, key=_longest_text))
            exact = tree.matches_rows(self.checkpoint.model, texts, cached)
            self._prefixes = cached if exact else ()

    def _logprobs(self, readings: Sequence[Continuations]) -> list[list[list[float]]]:
        """Log-probability of each token, by prompt and tail."""
        order = list(range(len(readings)))
        if self._uses_tree:  # Adjacent prompts with a common prefix share its tokens.
            order.sort(key=lambda i: readings[i].shared)
        parts = [self._forward(texts) for texts in self._split_passes([readings[i] for i in order])]
        numbers = iter(torch.cat(parts).tolist())  # The only synchronization with the device.
        logprobs: list[list[list[float]]] = [[]] * len(readings)
        for i in order:
            logprobs[i] = [[next(numbers) for _ in tail] for tail in readings[i].tails]
        return logprobs

    def _forward(self, texts: Sequence[TokenizedText]) -> torch.Tensor:
        """Log-probabilities of the texts' scored tokens, in one forward pass."""
        model = self.checkpoint.model
        if self._uses_tree:
            return tree.score_tree(model, texts, self._prefixes, self.meter)
        return rows.score_rows(model, texts, self.meter)

    def _split_passes(self, readings: Sequence[Continuations]) -> Iterator[list[TokenizedText]]:
        """The texts of prompts in order, split into forward passes of about equal cost."""
        previous = [self._last_prefix, *(reading.shared for reading in readings)]
        self._last_prefix = previous.pop()
        new_tokens = [self._new_tokens(*pair) for pair in zip(readings, previous, strict=True)]
        self.meter.needed += sum(new_tokens)
        costs = new_tokens if self._uses_tree else [reading.padded_tokens for reading in readings]
        total = sum(costs)
        passes = math.ceil(total / tree.row_size(self.checkpoint.model))
        starts = [end - cost for end, cost in zip(accumulate(costs), costs, strict=True)]
        numbered = zip((start * passes // total for start in starts), readings, strict=True)
        for _, group in groupby(numbered, key=lambda pair: pair[0]):
            yield [text for _, reading in group for text in _texts(reading)]

    def _new_tokens(self, reading: Continuations, last_prefix: Ids) -> int:
        """Tokens to compute for a prompt after another one, given the cached prefixes."""
        cached = (item.ids for item in self._prefixes)
        usable = [ids for ids in cached if ids == reading.shared[: len(ids)]]
        in_last = continuations.common_prefix([last_prefix, reading.shared])
        return _new_tokens(reading, max([in_last, *usable], key=len))


def _longest_text(reading: Continuations) -> int:
    """Tokens of a prompt's longest text."""
    return reading.longest


def _texts(reading: Continuations) -> list[TokenizedText]:
    """The texts of a prompt; their tails are scored."""
    start = len(reading.shared)
    return [TokenizedText(reading.shared + tail, start) for tail in reading.tails]


def _new_tokens(reading: Continuations, last_prefix: Ids) -> int:
    """Tokens to compute for a prompt after a text with prefix `last_prefix`; at least 1."""
    already_read = continuations.common_prefix([last_prefix, reading.shared])
    return max(1, reading.tree_tokens - len(already_read))
