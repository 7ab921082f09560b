"""Exact option scores from a server that echoes a prompt with its log-probabilities.

docs/method.md 2, "Causal LMs": log P(form + after | before), after the longest token prefix that
all options share, as in the backend `causal` and with the same functions
(`hf.scoring.continuations`). The server gives token strings; their hashes replace token ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from probes.backends.hf.scoring import continuations, scores
from probes.backends.hf.scoring.forms import EncodedText, Ids, prompt_label
from probes.backends.http.schema import Exchange, TokenEntries
from probes.errors import ScoreError
from probes.types import Prompt, Reply


@dataclass(frozen=True, slots=True)
class EchoedText:
    """A text with the server's tokens and their log-probabilities."""

    encoded: EncodedText
    logprobs: tuple[float | None, ...]
    """Log-probability of each token given those before it; None for the first."""

    def prefix_to(self, end: int) -> EchoedText | None:
        """The tokens up to character `end`; None if no token ends there."""
        ends = [b for _, b in self.encoded.offsets]
        if end not in ends:
            return None
        count = ends.index(end) + 1  # later tokens without characters belong to the next one
        ids, offsets = self.encoded.ids[:count], self.encoded.offsets[:count]
        return EchoedText(EncodedText(ids, offsets), self.logprobs[:count])


def read_echo(text: str, exchange: Exchange) -> EchoedText | None:
    """The tokens of the prompt in an echo, without the completion; None if they spell another text.

    Args:
        text: The text of the request.
        exchange: The reply: tokens of prompt and completion, perhaps preceded by special tokens.
    """
    if exchange.entries is None or not exchange.entries.tokens:
        return None
    entries = exchange.entries
    spans = list(pairwise(_starts_by_text(text, entries) or _starts_by_offsets(entries)))
    ends = [b for a, b in spans if a < len(text)]
    prompt_tokens = len(ends)
    counted = prompt_tokens if exchange.usage is None else len(spans) - exchange.usage[1]
    if not ends or ends[-1] != len(text) or ends != sorted(ends) or prompt_tokens != counted:
        return None
    ids = tuple(map(_token_number, entries.tokens[:prompt_tokens]))
    return EchoedText(
        EncodedText(ids, tuple(spans[:prompt_tokens])), entries.logprobs[:prompt_tokens]
    )


@lru_cache(100_000)
def _token_number(token: str) -> int:
    """A hash that replaces a token's id; equal in every run, so that sums have the same order."""
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:8])


def _starts_by_text(text: str, entries: TokenEntries) -> list[int]:
    """Start of each token and end of the last, in characters, if the joined tokens contain the text
    (special tokens may precede it); else empty."""
    joined = "".join(entries.tokens)
    starts, begin = [0, *accumulate(map(len, entries.tokens))], joined.find(text)
    if begin not in starts and joined[begin - 1 : begin] == " ":  # added by SentencePiece
        starts = [begin if start == begin - 1 else start for start in starts]
    return [max(0, start - begin) for start in starts] if begin in starts else []


def _starts_by_offsets(entries: TokenEntries) -> list[int]:
    """The same from the server's offsets, for tokens that are parts of characters."""
    first, last = entries.offsets[0], entries.offsets[-1] + len(entries.tokens[-1])
    return [offset - first for offset in (*entries.offsets, last)]


def form_texts(prompt: Prompt) -> list[str]:
    """The distinct texts to be echoed to score a prompt: the full text of every form."""
    forms = (form for option in prompt.options for form in option.forms)
    return list(dict.fromkeys(prompt.before + form + prompt.after for form in forms))


def text_before_slot(prompt: Prompt, echoes: Mapping[str, EchoedText]) -> EchoedText | None:
    """The text before the slot as tokenized by the server; None if it must be echoed separately.

    If every echoed text has a token that ends at the slot, BPE, Unigram and WordPiece tokenize the
    text before the slot as they would alone. This is not true after white space, because
    pre-tokenizers look at the next character.
    """
    if prompt.before[-1:].isspace():
        return None
    prefixes = [echoed.prefix_to(len(prompt.before)) for echoed in echoes.values()]
    return prefixes[0] if prefixes and all(prefixes) else None


def reply(prompt: Prompt, echoes: Mapping[str, EchoedText], before: EchoedText) -> Reply:
    """The options' log-probabilities.

    Raises:
        ModelError: two options have equal tokens, or a form has no tokens of its own.
        ScoreError: a token has no log-probability.
    """
    by_text = {**echoes, prompt.before: before}
    shared, forms = continuations.fill(
        prompt, lambda batch: [by_text[text].encoded for text in batch]
    )
    reading = continuations.assemble(prompt, shared, forms)
    logprobs: dict[Ids, tuple[float | None, ...]] = {
        echoed.encoded.ids: echoed.logprobs for echoed in echoes.values()
    }
    scored = [
        _scored_logprobs(prompt, logprobs[reading.shared + tail], len(reading.shared))
        for tail in reading.tails
    ]
    return scores.reply(prompt, reading, scored)


def _scored_logprobs(prompt: Prompt, logprobs: tuple[float | None, ...], start: int) -> list[float]:
    """The log-probabilities from token `start` on."""
    scored = [number for number in logprobs[start:] if number is not None]
    if len(scored) < len(logprobs) - start:
        raise ScoreError(f"{prompt_label(prompt)}: the server gave a token no log-probability")
    return scored
