"""Search for party names in replies: the forms of each name, and their matches in a text.

Names and abbreviations come from the set alone. Matching ignores case, accents, umlauts (also
written ae, oe, ue) and punctuation between words; it matches whole words only.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from probes.advice.words import AdviceWords, read_with
from probes.errors import UsageError
from probes.types import Respondent

DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
PARTS = re.compile(r"\s+[-\N{EN DASH}]\s+|\s*[/()]\s*")
"""Separators of parts of a name that are names themselves: ``CDU / CSU``, ``Alliance (Greens)``."""
SPACELESS = "\u3000"
"""First character of the scripts without spaces between words, so without word boundaries."""
SMALL = 4
"""A country after a word of at most this many letters belongs to the name (``für Deutschland``)."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of a party's name in a text."""

    party: str
    start: int
    """Index in the folded text."""
    end: int


@dataclass(frozen=True, slots=True)
class PartyNames:
    """The names of all parties of a set, as a search pattern."""

    pattern: re.Pattern[str] = field(repr=False)
    party_of: dict[str, str] = field(repr=False)
    """Folded form -> the party's name in the set."""
    spelling: dict[str, frozenset[str]] = field(repr=False)
    """Folded form that is also a common word -> spellings in which it is a name, without article;
    empty: any spelling with capitals."""
    articles: frozenset[str] = frozenset()

    def mentions(self, text: str) -> Iterator[Mention]:
        """Occurrences of party names; where several begin at one index, the longest."""
        folded, origin = fold(text)
        for match in self.pattern.finditer(folded):
            form = joined(match.group())
            if form in self.spelling:
                written = text[origin[match.start()] : origin[match.end() - 1] + 1]
                if not self._is_name(form, written):
                    continue
            yield Mention(self.party_of[form], match.start(), match.end())

    def whole(self, text: str) -> str | None:
        """The party whose name is the whole text, in any spelling; None if there is none."""
        return self.party_of.get(joined(fold(text)[0]))

    def _is_name(self, form: str, written: str) -> bool:
        """Whether a form that is also a common word is written as a name here."""
        words = _without_article(written.split(), self.articles)
        letters = self.spelling[form]
        return " ".join(words) in letters if letters else all(w[:1].isupper() for w in words)


def fold(text: str) -> tuple[str, list[int]]:
    """The text without case and accents, and each letter's index in the original text (NFC).

    >>> fold("Grüße")[0]
    'grusse'
    """
    letters, origin = list[str](), list[int]()
    for i, letter in enumerate(text):
        if letter.isascii():
            letters.append(letter.lower())
            origin.append(i)
            continue
        for part in unicodedata.normalize("NFKD", letter.casefold()):
            if not unicodedata.combining(part):
                letters.append(part)
                origin.append(i)
    return "".join(letters), origin


def joined(folded: str) -> str:
    """The words of a folded text with one space between."""
    return " ".join(re.findall(r"[^\W_]+", folded))


def party_names(parties: Sequence[Respondent], language: str) -> PartyNames:
    """The search pattern for the names of these parties.

    Raises:
        UsageError: two parties have a name or abbreviation in common.
    """
    written = {
        p.name: [form for name in (p.name, *p.aliases) for form in _forms(name)] for p in parties
    }
    party_of: dict[str, str] = {}
    for party, forms in written.items():
        for form in forms:
            if party_of.setdefault(form, party) != party:
                raise UsageError(
                    f"the parties {party_of[form]!r} and {party!r} have the name or abbreviation "
                    f"{form!r} in common, so that no advice tells one from the other"
                )
    phrases = read_with(language)
    derived = {
        p.name: [f for n in (p.name, *p.aliases) for f in _derived(n, phrases)] for p in parties
    }
    owners = Counter(form for forms in derived.values() for form in {*forms})
    for party, forms in derived.items():  # ambiguous forms are dropped
        party_of |= {f: party for f in forms if owners[f] == 1 and f not in party_of}
    longest = sorted(party_of, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join(map(_bordered, longest)))
    articles = frozenset(article for words in phrases for article in words.articles)
    return PartyNames(pattern, party_of, _spelling(parties, party_of, phrases, articles), articles)


def _without_article(words: Sequence[str], articles: Collection[str]) -> Sequence[str]:
    return words[1:] if len(words) > 1 and words[0].lower() in articles else words


def _forms(name: str) -> Iterator[str]:
    """The folded name, and the same with umlauts written as two letters."""
    for written in dict.fromkeys((name, name.translate(DIGRAPHS))):
        if form := joined(fold(unicodedata.normalize("NFC", written))[0]):
            yield form


def _derived(name: str, phrases: Sequence[AdviceWords]) -> Iterator[str]:
    """Other forms of a name: its parts, without article or country, and inflected."""
    parts = [part for part in PARTS.split(name) if len(part) > 1]
    articles = {article for words in phrases for article in words.articles}
    for form in (form for part in dict.fromkeys((name, *parts)) for form in _forms(part)):
        yield form
        bare = " ".join(_without_article(form.split(), articles))
        yield bare
        first, _, last = bare.rpartition(" ")
        for words in phrases:
            if last in words.places and len(first.rpartition(" ")[2]) > SMALL:
                yield first
            for end, longer in words.endings.items():
                if bare.endswith(end) and " " not in bare:
                    yield bare.removesuffix(end) + longer


def _bordered(form: str) -> str:
    words = form.split()
    inside = r"[\W_]{1,3}".join(map(re.escape, words))
    begin = "" if form[0] > SPACELESS else r"(?<![^\W_])"
    end = "" if form[-1] > SPACELESS else r"(?![^\W_])"
    return begin + inside + end


def _spelling(
    parties: Sequence[Respondent],
    party_of: Mapping[str, str],
    phrases: Sequence[AdviceWords],
    articles: Collection[str],
) -> dict[str, frozenset[str]]:
    """Forms that are also common words -> spellings in which they are names."""
    exact = {form for w in phrases for word in w.exact for form in _forms(word)}
    capital = {form for w in phrases for word in w.capital for form in _forms(word)}
    own = {p.name: (p.name, *p.aliases) for p in parties}
    spellings: dict[str, frozenset[str]] = {}
    for form, party in party_of.items():
        if form in exact:
            words = _without_article(form.split(), articles)
            spellings[form] = next(
                filter(None, (_written(n, words) for n in own[party])), frozenset()
            )
        elif form in capital:
            spellings[form] = frozenset()
    return spellings


def _written(name: str, words: Sequence[str]) -> frozenset[str]:
    """Spellings of the words as they occur in a name."""
    own = name.split()
    runs = (own[i : i + len(words)] for i in range(len(own)))
    return frozenset(" ".join(r) for r in runs if joined(fold(" ".join(r))[0]) == " ".join(words))
