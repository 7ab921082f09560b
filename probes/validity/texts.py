"""Measures of one text, or of two beside each other; `check` compares the poles of a set by them.

Words are counted in any language that puts spaces between them (`spaced`). Negations, readability
and bare negation are judged in English only: callers ask `english` first.
"""

import re
from collections import Counter
from collections.abc import Set as AbstractSet
from math import nan

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_NEGATIONS = frozenset(
    {"cannot", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "nowhere"}
    | {"without"}
)
_AUXILIARIES = frozenset({"do", "did", "doe"})  # "does" has lost its s when it is looked up
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


def negations(text: str) -> int:
    """Negating words of an English text: no, not, never, without ..., and -n't."""
    return sum(word in _NEGATIONS or word.endswith("n't") for word in words(text))


def syllables(word: str) -> int:
    """Syllables of an English word, at least 1: its groups of vowels, silent endings left out.

    Silent are -e (but for -le after a consonant), -ed (but for -ted, -ded) and -es (but for those
    after a sibilant). Too low where two vowels meet in separate syllables ("create"); as it errs
    alike on all texts, it serves to compare them and not to grade one.
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
    """Words that two texts share, repeats counted, over the words of the shorter; in [0, 1]."""
    a, b = Counter(words(text)), Counter(words(other))
    return (a & b).total() / max(1, min(a.total(), b.total()))


def jaccard(some: AbstractSet[str], others: AbstractSet[str]) -> float:
    """What two sets of words share over all their words; in [0, 1]."""
    return len(some & others) / max(1, len(some | others))


def bare_not(text: str, other: str) -> bool:
    """Whether two English texts differ by negating words only, and the verb forms these ask."""
    return negations(text) != negations(other) and _core(text) == _core(other)


def _core(text: str) -> Counter[str]:
    """The words that are left without negation, third-person s and auxiliary do."""
    base = (_WHOLE.get(word, word) for word in words(text))
    stems = (w.removesuffix("n't").removesuffix("s") for w in base if w not in _NEGATIONS)
    return Counter(stem for stem in stems if stem not in _AUXILIARIES)
