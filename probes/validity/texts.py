"""Measures of one text, or of two compared; `check` compares the poles of a set by them.

Words are counted in any language that separates them by spaces (`spaced`); words of a kind
(`count`) in the languages of `words.yaml`. Readability and bare negation are defined for English
only: callers check `english` first.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import Literal

from pydantic import RootModel

from probes.files.yaml import read_yaml, validate

WordKind = Literal["negation", "praise", "blame", "state", "duty"]
LISTS = Path(__file__).with_name("words.yaml")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_AUXILIARIES = frozenset({"do", "did", "doe"})  # "does" without its s
_WHOLE = {"cannot": "can", "can't": "can", "won't": "will"}
_UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
_SILENT = re.compile(
    r"(?:(?<=[^aeiouyl])e|(?<=[aeiouy]l)e|(?<=[^aeiouydt])ed|(?<=[^aeiouycghsxz])es)$"
)


def english(language: str) -> bool:
    """Whether a language tag such as ``en-GB`` means English."""
    return language.partition("-")[0] == "en"


def spaced(language: str) -> bool:
    """Whether the language puts spaces between its words, so that they can be counted."""
    return language.partition("-")[0] not in _UNSPACED


def words(text: str) -> list[str]:
    """The words of a text in lower case; hyphens and apostrophes stay inside a word."""
    return _WORD.findall(text.lower().replace("’", "'"))


def pieces(text: str, language: str) -> list[str]:
    """The words of a text; in a language without spaces, its character bigrams."""
    if spaced(language):
        return words(text)
    return [a + b for a, b in pairwise("".join(words(text)))]


def listed(language: str) -> bool:
    """Whether `words.yaml` has lists of words in this language."""
    return language.partition("-")[0] in _patterns()


def count(text: str, language: str, kind: WordKind) -> int:
    """Number of words of a kind in a text, by the lists of a language that is `listed`."""
    pattern = _patterns()[language.partition("-")[0]][kind]
    return len(pattern.findall(text.lower().replace("’", "'")))


def sentiment(text: str, language: str) -> int:
    """Number of words of praise less words of blame."""
    return count(text, language, "praise") - count(text, language, "blame")


def syllables(word: str) -> int:
    """Number of syllables of an English word, at least 1: its groups of vowels, without silent
    endings.

    Silent are -e (but for -le after a consonant), -ed (but for -ted, -ded) and -es (but for those
    after a sibilant). Too low where two vowels are separate syllables ("create"); the error is
    similar in all texts, so it serves to compare texts, not to grade one.
    """
    return max(1, len(re.findall("[aeiouy]+", _SILENT.sub("", word.lower()))))


def grade(text: str) -> float:
    """Flesch-Kincaid grade level of an English text, in school years; NaN without words.

    Source: Kincaid et al. 1975, Derivation of new readability formulas for Navy enlisted personnel.
    """
    tokens = words(text)
    if not tokens:
        return nan
    sentences = max(1, len(re.findall(r"[.!?]+(?=\s|$)", text)))
    return 0.39 * len(tokens) / sentences + 11.8 * sum(map(syllables, tokens)) / len(tokens) - 15.59


def overlap(text: str, other: str) -> float:
    """Number of shared words, repeats counted, over the words of the shorter text; in [0, 1]."""
    a, b = Counter(words(text)), Counter(words(other))
    return (a & b).total() / max(1, min(a.total(), b.total()))


def jaccard(some: AbstractSet[str], others: AbstractSet[str]) -> float:
    """Jaccard index of two sets of words, in [0, 1]."""
    return len(some & others) / max(1, len(some | others))


def bare_not(text: str, other: str) -> bool:
    """Whether two English texts differ only by negating words, and the verb forms these need."""
    differ = count(text, "en", "negation") != count(other, "en", "negation")
    return differ and _core(text) == _core(other)


def _core(text: str) -> Counter[str]:
    """The words without negation, third-person s and auxiliary do."""
    negation, base = _patterns()["en"]["negation"], (_WHOLE.get(w, w) for w in words(text))
    bare = (word.removesuffix("n't") for word in base)
    stems = (word.removesuffix("s") for word in bare if not negation.fullmatch(word))
    return Counter(stem for stem in stems if stem not in _AUXILIARIES)


class _Lists(RootModel[dict[str, dict[WordKind, list[str]]]]):
    """Content of `words.yaml`: language -> kind -> words."""


@cache
def _patterns() -> Mapping[str, Mapping[WordKind, re.Pattern[str]]]:
    """Language -> kind -> a pattern that matches each of its words."""
    lists = validate(_Lists, read_yaml(LISTS), LISTS).root
    return {
        language: {kind: _pattern(entries, language) for kind, entries in kinds.items()}
        for language, kinds in lists.items()
    }


def _pattern(entries: Iterable[str], language: str) -> re.Pattern[str]:
    """A pattern of all entries; longest first, since one may be the beginning of another."""
    escaped = (re.escape(e).replace(r"\*", r"\w*") for e in sorted(entries, key=len, reverse=True))
    either = "|".join(escaped)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if spaced(language) else either)
