"""Meaning of the words of a reply, for the options offered and a language.

`lexicon` joins the options' own forms with the words of `words.yaml`; `Lexicon.tokens` splits a
text into typed tokens, longest known phrase first, in linear time. Which option a reply chooses is
decided in `choice`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Literal, get_args

from pydantic import RootModel

from probes.files.yaml import read_yaml, validate
from probes.types import Option, Side

SHIPPED = Path(__file__).with_name("words.yaml")
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
LETTERS = "abcdefghijklmnopqrstuvwxyz"

_SYLLABLES = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"  # kana and Han, no spaces: a token each
_PIECE = re.compile(rf"[{_SYLLABLES}]|[^\W_{_SYLLABLES}]+|\n|[^\w\s]")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"') | dict.fromkeys("‘’‛`´", "'"))
_EMPHASIS = re.compile(r"[*_]|(?<=[^\W\d_])-(?=[^\W\d_])")
_LISTED = re.compile(r"(?:[(\[]?(\w{1,4}) ?[).:\]]+|[^\w\s])? ?(.*)")
_PUNCTUATION = dict.fromkeys(".!?;。", "stop") | dict.fromkeys("/|&", "join")
_PUNCTUATION |= dict.fromkeys(",、", "comma") | {"\n": "line"}

OptionKey = Literal[
    "agree", "disagree", "neutral", "strongly agree", "strongly disagree",
    "agreeing", "disagreeing", "strongly", "somewhat", "objects",
]  # fmt: skip
Kind = Literal[
    "cue", "self", "bridge", "follow", "about", "limit", "not", "not after", "doubt", "degree",
    "balanced", "join", "machine", "refusal", "undecided", "withdrawal", "ending", "pause",
    "condition",
]  # fmt: skip
Words = Mapping[str, Sequence[str]]
Phrase = tuple[str, ...]


class _WordsFile(RootModel[dict[str, dict[OptionKey | Kind, list[str]]]]):
    """Content of `words.yaml`: language -> key -> words."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a known phrase, a punctuation mark or a line break, with its possible kinds."""

    text: str
    kinds: frozenset[str]
    label: str = ""
    """Label of the option that an `option` or `named` token stands for."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The known words for one list of options in one language."""

    exact: Mapping[str, str]
    """Normalised form of an option -> its label; forms that two options share are left out."""
    marks: Mapping[str, str]
    """Number, letter or Roman numeral -> label."""
    sides: Mapping[str, Side]
    phrases: Mapping[str, Sequence[tuple[Phrase, Token]]]
    """First word -> the phrases that begin with it, longest first."""

    def tokens(self, text: str) -> list[Token]:
        """The tokens of a normalised text."""
        words, tokens, index = _PIECE.findall(text), list[Token](), 0
        while index < len(words):
            phrase, token = self._token_at(words, index)
            tokens.append(token)
            index += len(phrase)
        return tokens

    def _token_at(self, words: Sequence[str], index: int) -> tuple[Phrase, Token]:
        word = words[index]
        for phrase, token in self.phrases.get(word, ()):
            if tuple(words[index : index + len(phrase)]) == phrase:
                return phrase, token
        kind = _PUNCTUATION.get(word, "word" if word.isalnum() else "soft")
        return (word,), Token(word, frozenset({kind}))


def normalise(text: str) -> str:
    """Normalise widths, letter case, quotes, emphasis and spaces; line breaks are kept.

    >>> normalise("  **Ｓｔｒｏｎｇｌｙ**   Agree ")
    'strongly agree'
    """
    folded = unicodedata.normalize("NFKC", _stream_safe(text)).casefold()
    text = unicodedata.normalize("NFKC", folded)
    text = "".join(c for c in text.translate(_QUOTES) if unicodedata.category(c) != "Cf")
    text = _EMPHASIS.sub(" ", text)
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))


def _stream_safe(text: str) -> str:
    """At most 30 combining characters in a row (UAX 15): with more, normalisation is quadratic."""
    characters, run = list[str](), 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= 30:
            characters.append(character)
    return "".join(characters)


@lru_cache(maxsize=256)
def lexicon(options: tuple[Option, ...], language: str, shown: tuple[str, ...] | None) -> Lexicon:
    """The lexicon of an option list.

    Args:
        options: The options offered.
        language: Language tag; one that `words.yaml` lacks is read with the English words only.
        shown: Labels, forms or whole lines such as ``"a) Disagree"``, in the order in which they
            were listed; None: the order of `options`; empty: nothing was enumerated.
    """
    names = dict.fromkeys(("en", language.partition("-")[0].lower()))
    languages = [_shipped()[name] for name in names if name in _shipped()]
    strongly = "degree" if any(o.strong for o in options) else "bridge"
    phrases = {p: t for words in languages for p, t in _phrases_beside_options(words, strongly)}
    exact = _unambiguous((normalise(form), o.label) for o in options for form in o.forms)
    clear = [replace(o, forms=tuple(f for f in o.forms if normalise(f) in exact)) for o in options]
    phrases |= {phrase: t for words in languages for phrase, t in _option_phrases(clear, words)}
    phrases |= {
        phrase: Token(form, frozenset({"option"}), label)
        for form, label in exact.items()
        if (phrase := _pieces(form))
    }
    label_by_text = _unambiguous((normalise(o.label), o.label) for o in options) | exact
    return Lexicon(
        exact=exact,
        marks=_marks([o.label for o in options], label_by_text, shown),
        sides={o.label: o.side for o in options},
        phrases=_by_first_word(phrases),
    )


@cache
def _shipped() -> Mapping[str, Words]:
    languages = validate(_WordsFile, read_yaml(SHIPPED), SHIPPED).root
    return {name: {str(key): texts for key, texts in w.items()} for name, w in languages.items()}


def _pieces(text: str) -> Phrase:
    return tuple(_PIECE.findall(normalise(text)))


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Text -> label, without texts that are empty or have two labels."""
    labels = defaultdict[str, set[str]](set)
    for text, label in pairs:
        labels[text].add(label)
    return {text: names.pop() for text, names in labels.items() if text and len(names) == 1}


def _phrases_beside_options(words: Words, strongly: str) -> Iterator[tuple[Phrase, Token]]:
    """All phrases that are no option; a word of several kinds has all of them in its language."""
    kinds = defaultdict[Phrase, set[str]](set)
    for kind in get_args(Kind):
        for text in words.get(kind, []):
            kinds[_pieces(text)].add(kind)
    for key, kind in (("strongly", strongly), ("somewhat", "degree"), ("neutral", "undecided")):
        for text in words.get(key, []):  # may be overridden by an option
            kinds[_pieces(text)].add(kind)
    for phrase, names in kinds.items():
        yield phrase, Token(" ".join(phrase), frozenset(names))


def _option_phrases(options: Sequence[Option], words: Words) -> Iterator[tuple[Phrase, Token]]:
    """Common phrases for an option that is alone on its side and in its strength."""
    for side in ("agree", "disagree", "neutral"):
        plain = [o for o in options if o.side == side and not o.strong]
        strong = [o for o in options if o.side == side and o.strong] or plain
        forms = [form for o in plain for form in o.forms]
        for kind, texts in (
            ("named", words.get(f"{side}ing", [])),
            ("option", [*words.get(side, []), *forms]),
        ):
            phrases = _expanded(texts, words)
            somewhat = _with_adverbs(words.get("somewhat", []), phrases)
            yield from _tokens([*phrases, *somewhat], kind, plain)
            yield from _tokens(_with_adverbs(words.get("strongly", []), phrases), kind, strong)
        yield from _tokens(_expanded(words.get(f"strongly {side}", []), words), "option", strong)


def _expanded(texts: Iterable[str], words: Words) -> list[Phrase]:
    """The phrases, with each of the language's objects for `+`, and also with none for `*`."""
    objects = words.get("objects", [])
    return [
        _pieces(re.sub("[*+]", object_, text))
        for text in texts
        for object_ in (objects if "+" in text else ["", *objects] if "*" in text else [""])
    ]


def _with_adverbs(adverbs: Iterable[str], phrases: Sequence[Phrase]) -> Iterator[Phrase]:
    """Each adverb before and after each phrase."""
    for adverb, phrase in product(map(_pieces, adverbs), phrases):
        yield adverb + phrase
        yield phrase + adverb


def _tokens(
    phrases: Iterable[Phrase], kind: str, options: Sequence[Option]
) -> Iterator[tuple[Phrase, Token]]:
    """Phrases that stand for exactly one option, also in a version without spaces."""
    if len(options) != 1:
        return
    for phrase in phrases:
        token = Token(" ".join(phrase), frozenset({kind}), options[0].label)
        yield phrase, token
        yield ("".join(phrase),), token


def _marks(
    labels: Sequence[str], label_by_text: Mapping[str, str], shown: Sequence[str] | None
) -> dict[str, str]:
    """Number, letter or numeral -> label: as in the lines shown, else by position."""
    ordered, marked = list[str](), dict[str, str]()
    for line in map(normalise, shown or ()):
        if match := _LISTED.fullmatch(line):
            mark, text = match.groups()
            if label := label_by_text.get(line, label_by_text.get(text)):
                ordered.append(label)
                marked |= {mark: label} if mark and line not in label_by_text else {}
    return marked or _by_position(labels if shown is None else ordered)


def _by_position(labels: Sequence[str]) -> dict[str, str]:
    numbers = (str(i) for i in range(1, len(labels) + 1))
    marks = dict(zip(numbers, labels, strict=True)) | dict(zip(LETTERS, labels, strict=False))
    if len(labels) <= len(ROMAN):  # from the ninth on, letters and numerals would collide
        marks |= dict(zip(ROMAN, labels, strict=False))
    return marks


def _by_first_word(phrases: Mapping[Phrase, Token]) -> dict[str, list[tuple[Phrase, Token]]]:
    grouped = defaultdict[str, list[tuple[Phrase, Token]]](list)
    for phrase, token in sorted(phrases.items(), key=lambda item: -len(item[0])):
        grouped[phrase[0]].append((phrase, token))
    return dict(grouped)
