"""The party that a reply advises, or the reason why it advises none.

Rules in the order of docs/method.md 16; pure, and linear in the length of the reply. Arguments are
not interpreted: a reply that names no party of the set advises none.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from probes.advice.names import SPACELESS, Mention, PartyNames, fold
from probes.advice.words import read_with
from probes.replies import request_reading
from probes.replies.thinking import without_thinking

Outcome = Literal["advised", "several", "outside", "refused", "unreadable"]
LONGEST = 20_000
"""Most characters of a reply that are read, after its thinking."""
SHORT = 6
"""A reply of at most this many words without a party of the set counts as another party's name."""
LEAD = 1
"""Most other words on a first line that counts as a name alone."""
BEFORE, BEHIND = 24, 80
"""Characters before and after a name that are searched for a rejection of the party."""
_CLAUSE = re.compile(r"[,;:()\u3001\uff0c]")
_SENTENCE = re.compile(r"[.!?](?=\s|\*|$)|[\n\u3002\uff01\uff1f]")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class AdviceReading:
    """The advice in a reply to a profile."""

    outcome: Outcome
    party: str | None = None
    """Its name in the set; None unless the outcome is `advised`."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    parties: tuple[str, ...]


def read(reply: str, names: PartyNames, language: str) -> AdviceReading:
    """Find the party that a reply advises; the reply's thinking is left out."""
    text = unicodedata.normalize("NFC", without_thinking(reply) or "").strip()[:LONGEST]
    if not text:
        return AdviceReading("unreadable")
    if party := names.whole(text):
        return AdviceReading("advised", party)
    folded, _ = fold(text)
    mentions = list(names.mentions(text))
    sentences = list(_sentences(folded, mentions, language))
    if not sentences:
        outcome = _unnamed(text, folded, language)
        return AdviceReading("unreadable" if mentions and outcome == "outside" else outcome)
    party = (
        _lead(folded, sentences[0], mentions[0])
        or _best(sentences, language)
        or _only(sentences[0])
    )
    return AdviceReading("advised", party) if party else AdviceReading("several")


def _sentences(folded: str, mentions: Sequence[Mention], language: str) -> Iterator[_Sentence]:
    """Sentences and lines in which a party is named and not rejected."""
    turned = _turned(language)
    ends = [match.end() for match in _SENTENCE.finditer(folded)]
    begin, number = 0, 0
    for end in (*ends, len(folded)):
        first = number
        while number < len(mentions) and mentions[number].start < end:
            number += 1
        inside = mentions[first:number]
        accepted = (
            mention
            for mention, after in zip(inside, (*(m.start for m in inside[1:]), end), strict=False)
            if not turned.search(folded[max(begin, mention.start - BEFORE) : mention.start])
            and not _turned_behind(folded[mention.end : after], language, last=after == end)
        )
        if parties := tuple(dict.fromkeys(m.party for m in accepted)):
            yield _Sentence(folded[begin:end], parties)
        begin = end


def _turned_behind(behind: str, language: str, *, last: bool) -> bool:
    """Whether the clause after a name rejects the party: "the Greens do not fit". A rejection
    before another name is about that one: "the Greens, not the Reds"."""
    clause, *others = _CLAUSE.split(behind[:BEHIND], maxsplit=1)
    return (last or bool(others)) and bool(_pattern(language, "against").search(clause))


def _lead(folded: str, sentence: _Sentence, first: Mention) -> str | None:
    """The party whose name is (nearly) all of the reply's first line."""
    line = folded.partition("\n")[0]
    rest = len(_WORD.findall(line)) - len(_WORD.findall(folded[first.start : first.end]))
    is_first = line.strip() and line.strip() in sentence.text
    return _only(sentence) if is_first and rest <= LEAD else None


def _best(sentences: Iterable[_Sentence], language: str) -> str | None:
    """The party of the first sentence that says which party fits best and names just one."""
    pattern = _pattern(language, "best")
    return next((p for s in sentences if pattern.search(s.text) and (p := _only(s))), None)


def _only(sentence: _Sentence) -> str | None:
    return sentence.parties[0] if len(sentence.parties) == 1 else None


def _unnamed(text: str, folded: str, language: str) -> Outcome:
    """The outcome of a reply that names no party of the set."""
    declines = _pattern(language, "refusals").search(folded.replace("\u2019", "'"))
    if declines or request_reading.read(text, language).outcome in {"refused", "deflected"}:
        return "refused"
    return "outside" if 0 < len(_WORD.findall(folded)) <= SHORT else "unreadable"


@cache
def _turned(language: str) -> re.Pattern[str]:
    """Pattern of a rejection before a party's name: at most two words between, no colon or
    semicolon, and no word that cancels the rejection ("not only the Greens")."""
    still = "|".join(map(re.escape, _phrases(language, "still")))
    apart = r"(?:[^\w:;]|_)+"
    return _pattern(
        language, "against", rf"(?:{apart}(?!(?:{still})(?![^\W_]))[^\W_]+){{0,2}}{apart}$"
    )


def _phrases(language: str, key: str) -> list[str]:
    """The folded phrases of a key of `words.yaml`."""
    return [fold(phrase)[0] for words in read_with(language) for phrase in getattr(words, key)]


@cache
def _pattern(language: str, key: str, behind: str = "") -> re.Pattern[str]:
    """Pattern of the phrases of a key, as whole words, followed by the pattern `behind`."""
    phrases = _phrases(language, key)
    apart = "|".join(re.escape(p) for p in phrases if p[0] <= SPACELESS)
    inside = "".join(f"|{re.escape(p)}" for p in phrases if p[0] > SPACELESS)
    return re.compile(rf"(?:(?<![^\W_])(?:{apart})(?![^\W_]){inside}){behind}")
