"""Writing replies with a checkpoint: prompts in, texts of replies out.

Finds the tokens that end a reply, checks that prompt and reply fit the context, tests which
decoding mode is correct for the model, and decodes tokens. The generation loop is in `generate`.
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

from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.loading.device import forward_errors
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring.forms import Ids, prompt_label
from probes.backends.hf.writing import sampling, sentences
from probes.backends.hf.writing.decoders import StartRows
from probes.backends.hf.writing.generate import GeneratedRow, GenerationRule, generate
from probes.backends.hf.writing.selfcheck import matches_reference
from probes.errors import ModelError
from probes.replies.thinking import THOUGHTS, without_thinking
from probes.types import Prompt, Writing

ROWS = {"cpu": 64}
ROWS_ELSEWHERE = 128
"""Replies in a generation batch: on a CPU, and on accelerators. (More rows take little more time in
matrix products, but the KV cache grows with them.)"""
CHECK_MARGIN = 4
"""Tokens that `selfcheck.matches_reference` adds to a text."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Input of prompts and decoding modes for a kind of model."""

    tokens: Callable[[Sequence[Prompt]], list[Ids]]
    """Tokenizes prompts."""
    cached: StartRows
    """Starts a batch of texts of any lengths, with a KV cache."""
    uncached: StartRows
    """Starts texts without a cache; correct for any model of this kind."""
    decoder_start: Ids = ()
    """First decoder tokens of an encoder-decoder; empty: replies follow the prompt."""


class Generator:
    """Writes replies with a checkpoint.

    Args:
        checkpoint: a causal or seq2seq checkpoint.
        architecture: input and decoding modes for its kind.
        meter: counts tokens asked and needed here; rows count those computed.
    """

    def __init__(self, checkpoint: Checkpoint, architecture: Architecture, meter: Meter) -> None:
        self._meter = meter
        self._checkpoint = checkpoint
        self._architecture = architecture
        model = checkpoint.model
        self._settings = model.generation_config or GenerationConfig.from_model_config(model.config)
        self._end_tokens = frozenset(_end_tokens(checkpoint, self._settings))
        self._hidden_tokens = frozenset(_hidden_tokens(checkpoint))
        rows = ROWS.get(model.device.type, ROWS_ELSEWHERE)
        self._modes = [
            (architecture.cached, rows),
            (architecture.cached, 1),
            (architecture.uncached, 1),
        ]
        """``(decoding mode, rows of a batch)``; the first is used, or dropped if its test fails."""
        self._checked_length = 0
        """Tokens of the longest text on which the first mode was tested."""

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Number of tokens of each prompt.

        Raises:
            ModelError: a prompt and its reply are longer than the context.
        """
        lengths = [len(ids) for ids in self._architecture.tokens(prompts)]
        context = self._checkpoint.context
        for prompt, length in zip(prompts, lengths, strict=True):
            if context is not None and self._total_length(length, writing) > context:
                raise ModelError(
                    f"{prompt_label(prompt)}: {length} tokens and a reply of up to "
                    f"{writing.tokens} are more than the {context} that "
                    f"{self._checkpoint.info.name} reads at once; lower 'tokens' of the "
                    "protocol's 'writing'"
                )
        return lengths

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """Remarks on replies written with these settings."""
        return (*sampling.remarks(writing, self._settings), *self._checkpoint.flags)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """Write one reply for each prompt, in order. Equal prompts with equal seeds are generated
        once; with greedy decoding, equal prompts with any seeds.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: they do not fit.
        """
        device, ends = self._checkpoint.device, sorted(self._end_tokens)
        sampler = sampling.sampler(writing, self._settings, ends, device)
        groups: dict[Ids, dict[int, GeneratedRow]] = {}
        rows: list[GeneratedRow] = []
        with self._meter.time_tokenising():
            encoded = self._architecture.tokens(prompts)
        for prompt, ids in zip(prompts, encoded, strict=True):
            seed = 0 if sampler.greedy else _seed_of(prompt)
            group = groups.setdefault(ids, {})
            if seed not in group:
                uniforms = sampling.uniform_numbers(seed, writing.tokens).tolist()
                group[seed] = GeneratedRow(
                    prompt_label(prompt), ids, self._architecture.decoder_start or ids, uniforms
                )
            rows.append(group[seed])
        longest_first = sorted(groups, key=len, reverse=True)
        with forward_errors(self._checkpoint.info.name), torch.inference_mode():
            start_rows, limit = self._mode(longest_first[0], writing)
            count = writing.sentences
            reply_length = partial(self._reply_length, count) if count else None
            rule = GenerationRule(sampler, limit, writing.tokens, self._end_tokens, reply_length)
            parts = _split((groups[ids].values() for ids in longest_first), limit)
            generate(start_rows, parts, rule)
        self._meter.asked += sum(len(row.source) + len(row.written) for row in rows)
        self._meter.needed += sum(map(len, groups))
        self._meter.needed += sum(len(r.written) for rows in groups.values() for r in rows.values())
        return [self._decoded(row.written) for row in rows]

    def _mode(self, longest: Ids, writing: Writing) -> tuple[StartRows, int]:
        """The first decoding mode that is correct for the longest text that may occur, and its
        rows."""
        length = self._total_length(len(longest), writing)
        if length > self._checked_length:
            text = (longest * length)[: max(1, length - CHECK_MARGIN)]
            tolerance = self._checkpoint.info.tolerance
            while (mode := self._modes[0])[0] is not self._architecture.uncached:
                if matches_reference(
                    mode[0], self._architecture.uncached, text, tolerance, several=mode[1] > 1
                ):
                    break
                del self._modes[0]
            self._checked_length = length
        return self._modes[0]

    def _total_length(self, length: int, writing: Writing) -> int:
        """Tokens of the longest text possible with a prompt of `length` tokens."""
        if self._architecture.decoder_start:
            return max(length, writing.tokens)
        return length + writing.tokens

    def _decoded(self, written: Sequence[int]) -> str:
        """A reply's text, including thinking and its markers, without other special tokens."""
        visible = [token for token in written if token not in self._hidden_tokens]
        tokenizer = self._checkpoint.tokenizer
        text: str = tokenizer.decode(visible, clean_up_tokenization_spaces=False)
        return text

    def _reply_length(self, limit: int, written: Sequence[int]) -> int | None:
        """The number of tokens of a reply's first `limit` sentences; None if it has fewer so far.

        The token after a sentence, which shows that it is complete, is not counted.
        """
        if self._complete_sentences(written, "") < limit:
            return None
        return len(written) - (self._complete_sentences(written[:-1], " ") >= limit)

    def _complete_sentences(self, written: Sequence[int], following: str) -> int:
        """Number of complete sentences outside thinking."""
        answer = without_thinking(self._decoded(written))
        return 0 if answer is None else sentences.count_sentences(answer + following)


def _seed_of(prompt: Prompt) -> int:
    """Seed of a prompt's random numbers: a hash of its text and seed alone."""
    digest = hashlib.sha256(json.dumps([prompt.before, prompt.seed]).encode()).digest()
    return int.from_bytes(digest[:8])


def _split(
    groups: Iterable[Iterable[GeneratedRow]], limit: int
) -> Iterator[Sequence[GeneratedRow]]:
    """The groups, split into parts of at most `limit` rows."""
    for group in groups:
        remaining = iter(group)
        while rows := list(islice(remaining, limit)):
            yield rows


def _end_tokens(checkpoint: Checkpoint, settings: GenerationConfig) -> Iterator[int]:
    """Tokens that end a reply: from the checkpoint, the tokenizer, and the end of a chat turn."""
    configured = settings.eos_token_id
    if configured is not None:
        ends = configured if isinstance(configured, list) else [configured]
        if not all(type(token) is int for token in ends):
            raise ModelError(
                f"{checkpoint.info.name}: its generation settings say eos_token_id: "
                f"{configured!r:.60}, which must be a token's number or a list of them"
            )
        yield from ends
    tokenizer = checkpoint.tokenizer
    if tokenizer.eos_token_id is not None:
        yield tokenizer.eos_token_id
    if checkpoint.chat:
        yield from checkpoint.chat.turn_end()


def _hidden_tokens(checkpoint: Checkpoint) -> Iterator[int]:
    """Special tokens that are removed from a reply's text: all but the markers of thinking."""
    marks = [mark for pair in THOUGHTS for mark in pair]
    for token, added in checkpoint.tokenizer.added_tokens_decoder.items():
        if added.special and not any(added.content in mark for mark in marks):
            yield token
