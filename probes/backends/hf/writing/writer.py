"""What writes for a checkpoint: prompts in, the texts of its replies out.

Settles what ends a reply, checks that prompt and reply fit the context, tries which way of running
the model is right, and turns tokens into text. The writing itself is `generate`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import torch
from transformers import GenerationConfig

from probes.backends.hf.loading import chat
from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.loading.device import memory_errors
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring.forms import Ids, where
from probes.backends.hf.writing import sampling, sentences
from probes.backends.hf.writing.decoders import Begin
from probes.backends.hf.writing.generate import GeneratedRow, GenerationRule, generate
from probes.backends.hf.writing.selfcheck import proven
from probes.errors import ModelError
from probes.replies.thinking import THOUGHTS, without_thinking
from probes.types import Prompt, Writing

ROWS = {"cpu": 64}
ROWS_ELSEWHERE = 128
"""Replies that are written side by side, on a processor and on an accelerator: a matrix product of
64 rows takes little longer than one of 32, and what is remembered of them doubles."""
TRIED = 4
"""Tokens that `selfcheck.proven` adds to a text."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a kind of model reads and writes."""

    tokens: Callable[[Sequence[Prompt]], list[Ids]]
    """What is read of each prompt."""
    fast: Begin
    """Several texts at once, of any lengths."""
    plain: Begin
    """Right for any model of this kind."""
    begin: Ids = ()
    """What an encoder-decoder's decoder begins with; empty: replies follow what is read."""


class Generator:
    """What writes for a checkpoint.

    Args:
        checkpoint: a causal or seq2seq one.
        ways: of its kind.
        meter: counts what is asked of it; what goes through it, the ways count.
    """

    def __init__(self, checkpoint: Checkpoint, ways: Architecture, meter: Meter) -> None:
        self._meter = meter
        self._checkpoint = checkpoint
        self._ways = ways
        model = checkpoint.model
        self._settings = model.generation_config or GenerationConfig.from_model_config(model.config)
        self._ends = frozenset(_ends(checkpoint, self._settings))
        self._hidden = frozenset(_hidden(checkpoint))
        rows = ROWS.get(model.device.type, ROWS_ELSEWHERE)
        self._choices = [(ways.fast, rows), (ways.fast, 1), (ways.plain, 1)]
        """Ways of running, with the rows of each; the first is used that was not refuted."""
        self._proven = 0
        """Tokens of the longest text that it was tried on."""

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens of each prompt.

        Raises:
            ModelError: a prompt and its reply are longer than the context.
        """
        lengths = [len(ids) for ids in self._ways.tokens(prompts)]
        context = self._checkpoint.context
        for prompt, length in zip(prompts, lengths, strict=True):
            if context is not None and self._longest(length, writing) > context:
                raise ModelError(
                    f"{where(prompt)}: {length} tokens and a reply of up to {writing.tokens} are "
                    f"more than the {context} that {self._checkpoint.info.name} reads at once; "
                    "lower 'tokens' of the protocol's 'writing'"
                )
        return lengths

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that are written so."""
        return sampling.remarks(writing, self._settings)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One reply a prompt, in order. Equal prompts of equal seeds, or of any where nothing is
        drawn, are written once.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: they do not fit.
        """
        device, ends = self._checkpoint.device, sorted(self._ends)
        sampler = sampling.sampler(writing, self._settings, ends, device)
        groups: dict[Ids, dict[int, GeneratedRow]] = {}
        rows: list[GeneratedRow] = []
        with self._meter.reading():
            read = self._ways.tokens(prompts)
        for prompt, ids in zip(prompts, read, strict=True):
            seed = 0 if sampler.greedy else _seed(prompt)
            group = groups.setdefault(ids, {})
            if seed not in group:
                dice = sampling.dice(seed, writing.tokens).tolist()
                group[seed] = GeneratedRow(where(prompt), ids, self._ways.begin or ids, dice)
            rows.append(group[seed])
        longest_first = sorted(groups, key=len, reverse=True)
        with memory_errors(), torch.inference_mode():
            begin, most = self._way(longest_first[0], writing)
            enough = partial(self._enough, writing.sentences) if writing.sentences else None
            rule = GenerationRule(sampler, most, writing.tokens, self._ends, enough)
            generate(begin, _pieces((groups[ids].values() for ids in longest_first), most), rule)
        self._meter.asked += sum(len(row.source) + len(row.written) for row in rows)
        self._meter.needed += sum(map(len, groups))
        self._meter.needed += sum(len(r.written) for rows in groups.values() for r in rows.values())
        return [self._text(row.written) for row in rows]

    def _way(self, longest: Ids, writing: Writing) -> tuple[Begin, int]:
        """The first way of running that is right for as long a text as there will be."""
        length = self._longest(len(longest), writing)
        if length > self._proven:
            text = (longest * length)[: max(1, length - TRIED)]
            tolerance = self._checkpoint.info.tolerance
            while (way := self._choices[0])[0] is not self._ways.plain:
                if proven(way[0], self._ways.plain, text, tolerance, together=way[1] > 1):
                    break
                del self._choices[0]
            self._proven = length
        return self._choices[0]

    def _longest(self, length: int, writing: Writing) -> int:
        """Tokens of the longest text that comes of a prompt of so many."""
        return max(length, writing.tokens) if self._ways.begin else length + writing.tokens

    def _text(self, written: Sequence[int]) -> str:
        """A reply's text, thinking and its marks included, other special tokens left out."""
        kept = [token for token in written if token not in self._hidden]
        tokenizer = self._checkpoint.tokenizer
        text: str = tokenizer.decode(kept, clean_up_tokenization_spaces=False)
        return text

    def _enough(self, limit: int, written: Sequence[int]) -> int | None:
        """How many tokens of a reply make up its first sentences; None: it has not so many yet.

        That a sentence is over shows in what follows it, and that is left out again.
        """
        if self._over(written, "") < limit:
            return None
        return len(written) - (self._over(written[:-1], " ") >= limit)

    def _over(self, written: Sequence[int], follows: str) -> int:
        """Sentences that are over, thinking not counted."""
        said = without_thinking(self._text(written))
        return 0 if said is None else sentences.ended(said + follows)


def _seed(prompt: Prompt) -> int:
    """Of a prompt's dice: by what is asked and its seed, wherever and with whatever it is asked."""
    digest = hashlib.sha256(json.dumps([prompt.before, prompt.seed]).encode()).digest()
    return int.from_bytes(digest[:8])


def _pieces(
    groups: Iterable[Iterable[GeneratedRow]], most: int
) -> Iterator[Sequence[GeneratedRow]]:
    """The groups, those of more than `most` rows in parts."""
    for group in groups:
        left = iter(group)
        while rows := list(islice(left, most)):
            yield rows


def _ends(checkpoint: Checkpoint, settings: GenerationConfig) -> Iterator[int]:
    """Tokens that end a reply: the checkpoint's, the tokenizer's, and the end of a turn."""
    own = settings.eos_token_id
    yield from own if isinstance(own, list) else [own] if own is not None else []
    tokenizer = checkpoint.tokenizer
    if tokenizer.eos_token_id is not None:
        yield tokenizer.eos_token_id
    if checkpoint.info.chat:
        yield from chat.turn_end(tokenizer)


def _hidden(checkpoint: Checkpoint) -> Iterator[int]:
    """Special tokens but those that mark thinking: they are no part of a reply's text."""
    marks = [mark for pair in THOUGHTS for mark in pair]
    for token, added in checkpoint.tokenizer.added_tokens_decoder.items():
        if added.special and not any(added.content in mark for mark in marks):
            yield token
