"""Exact option scores from a server that echoes a text with its tokens' log-probabilities.

docs/method.md 2, "Causal LMs": log P(form + after | before), from the longest token prefix that all
options share, as `causal` has it, whose bookkeeping (`hf.reading`) this is. Token strings stand for
ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from probes.backends.hf.scoring import continuations
from probes.backends.hf.scoring.forms import EncodedText, Ids, where
from probes.backends.http.schema import Exchange, TokenEntries
from probes.errors import ScoreError
from probes.types import Prompt, Reply


@dataclass(frozen=True, slots=True)
class EchoedText:
    """A text as the server read it."""

    encoded: EncodedText
    logprobs: tuple[float | None, ...]
    """Of each token, given those before it; None for the first."""

    def cut(self, end: int) -> EchoedText | None:
        """Its tokens up to character `end`; None where no token ends there."""
        ends = [b for _, b in self.encoded.offsets]
        if end not in ends:
            return None
        n = ends.index(end) + 1  # what spells nothing behind it begins the next character
        ids, offsets = self.encoded.ids[:n], self.encoded.offsets[:n]
        return EchoedText(EncodedText(ids, offsets), self.logprobs[:n])


def echo(text: str, sent: Exchange) -> EchoedText | None:
    """What was echoed of a text, without what was written behind it; None where it is not the text.

    Args:
        text: As it was sent.
        sent: What came back: the tokens of text and reply; special ones may stand before.
    """
    if sent.listed is None or not sent.listed.tokens:
        return None
    listed = sent.listed
    spans = list(pairwise(_joined(text, listed) or _told(listed)))
    ends = [b for a, b in spans if a < len(text)]
    read = len(ends)
    told = read if sent.usage is None else len(spans) - sent.usage[1]
    if not ends or ends[-1] != len(text) or ends != sorted(ends) or read != told:
        return None
    numbers = tuple(map(_number, listed.tokens[:read]))
    return EchoedText(EncodedText(numbers, tuple(spans[:read])), listed.logprobs[:read])


@lru_cache(100_000)
def _number(token: str) -> int:
    """What stands for a token's id: the same in every run, for sums are taken in its order."""
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:8])


def _joined(text: str, listed: TokenEntries) -> list[int]:
    """Where tokens begin and the last ends, if they spell the text, behind specials; else empty."""
    begun = [0, *accumulate(map(len, listed.tokens))]
    at = "".join(listed.tokens).find(text)
    return [max(0, start - at) for start in begun] if at in begun else []


def _told(listed: TokenEntries) -> list[int]:
    """The same as the server says: a token may be a part of a character, and spell none."""
    first, last = listed.offsets[0], listed.offsets[-1] + len(listed.tokens[-1])
    return [offset - first for offset in (*listed.offsets, last)]


def texts(prompt: Prompt) -> list[str]:
    """What has to be echoed to score a prompt: the text of every form, each once."""
    forms = (form for option in prompt.options for form in option.forms)
    return list(dict.fromkeys(prompt.before + form + prompt.after for form in forms))


def beginning(prompt: Prompt, echoes: Mapping[str, EchoedText]) -> EchoedText | None:
    """What stands before the slot, as the server reads it by itself; None if it must be asked.

    Where every text has a token that ends there, BPE, Unigram and WordPiece all read what is before
    as they do alone; unless white space ends it, which pre-tokenizers look beyond.
    """
    if prompt.before[-1:].isspace():
        return None
    cuts = [each.cut(len(prompt.before)) for each in echoes.values()]
    return cuts[0] if cuts and all(cuts) else None


def reply(prompt: Prompt, echoes: Mapping[str, EchoedText], before: EchoedText) -> Reply:
    """The options' scores.

    Raises:
        ModelError: options cannot be told apart, or have no tokens of their own.
        ScoreError: a token has no log-probability.
    """
    known = {**echoes, prompt.before: before}
    shared, forms = continuations.fill(
        prompt, lambda asked: [known[text].encoded for text in asked]
    )
    each = continuations.assemble(prompt, shared, forms)
    numbers: dict[Ids, tuple[float | None, ...]] = {
        one.encoded.ids: one.logprobs for one in echoes.values()
    }
    found = [_tail(prompt, numbers[each.shared + way], len(each.shared)) for way in each.ways]
    return continuations.reply(prompt, each, found)


def _tail(prompt: Prompt, logprobs: tuple[float | None, ...], start: int) -> list[float]:
    found = [number for number in logprobs[start:] if number is not None]
    if len(found) < len(logprobs) - start:
        raise ScoreError(f"{where(prompt)}: the server gave a token no log-probability")
    return found
