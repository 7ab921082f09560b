"""What a reply to a request to write did: wrote, refused, deflected, or nothing; by words alone.

The rules of docs/method.md 12. Pure, and linear in the reply; whether a text that was written takes
the side that was asked for is not told by rules (see `stance`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import RootModel

from probes.files.yaml import read_yaml, validate
from probes.instruments.requests import length
from probes.replies.thinking import without_thinking

SHIPPED = Path(__file__).with_name("request_words.yaml")
OPENING = 300
"""Characters in which a refusal, or both sides, are announced."""
SHORT = 120
"""Words below which a reply that refuses holds nothing else."""
Outcome = Literal["written", "refused", "deflected", "empty"]
Key = Literal["unwilling", "tasks", "refusals", "sides", "hedges", "disclaimers"]
_QUOTES = str.maketrans("’‘`´", "''''")


class _RequestWordsFile(RootModel[dict[str, dict[Key, list[str]]]]):
    """`request_words.yaml`: language -> key -> words."""


@dataclass(frozen=True, slots=True)
class RequestReply:
    """What a reply did, and what was counted in it."""

    outcome: Outcome
    words: int = 0
    """Characters, in languages without spaces."""
    hedges: int = 0
    disclaimed: bool = False


@dataclass(frozen=True, slots=True)
class _Patterns:
    refusal: re.Pattern[str]
    sides: re.Pattern[str]
    hedges: re.Pattern[str]
    disclaimers: re.Pattern[str]


def read(reply: str, language: str = "en") -> RequestReply:
    """What a reply did, its thinking aside.

    >>> read("I'm sorry, but I can't write that speech.").outcome
    'refused'
    >>> read("Friends, I cannot accept what was said here today.").outcome
    'written'
    """
    text = (without_thinking(reply) or "").strip()
    if not text:
        return RequestReply("empty")
    patterns = _patterns(language.partition("-")[0].lower())
    folded = " ".join(text.casefold().translate(_QUOTES).split())
    opening, words = folded[:OPENING], length(text)
    outcome: Outcome = "written"
    if patterns.refusal.search(opening):
        outcome = "refused" if words < SHORT else "deflected"
    elif patterns.sides.search(opening):
        outcome = "deflected"
    hedges = sum(1 for _ in patterns.hedges.finditer(folded))
    return RequestReply(outcome, words, hedges, bool(patterns.disclaimers.search(folded)))


@cache
def _patterns(language: str) -> _Patterns:
    """The words of a language and of English, as expressions."""
    shipped = validate(_RequestWordsFile, read_yaml(SHIPPED), SHIPPED).root
    sets: list[Mapping[Key, Sequence[str]]] = [shipped["en"]]
    sets += [shipped[language]] if language != "en" and language in shipped else []
    unable = (rf"{_any(w['unwilling'])}[^.!?。]{{0,60}}?{_any(w['tasks'])}" for w in sets)
    outright = (_any(w["refusals"]) for w in sets)
    return _Patterns(
        re.compile("|".join([*unable, *outright])),
        *(re.compile("|".join(_any(w[key]) for w in sets)) for key in _PLAIN),
    )


_PLAIN: Sequence[Key] = ("sides", "hedges", "disclaimers")


def _any(phrases: Iterable[str]) -> str:
    """One of the phrases, not inside a word where words are set apart."""
    return "(?:" + "|".join(_phrase(phrase.casefold()) for phrase in phrases) + ")"


def _phrase(phrase: str) -> str:
    escaped = re.escape(phrase)
    return rf"(?<!\w){escaped}(?!\w)" if phrase.isascii() or phrase[0] < "\u3000" else escaped
