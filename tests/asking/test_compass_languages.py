"""The sets in other languages: what they share with the English ones, and what they must keep.

Languages are found by file name, so that a new `compass.LANGUAGE.yaml` is held to all of this.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import pytest

from probes.asking import protocols, wordings
from probes.asking import texts as asking_texts
from probes.instruments import sets
from probes.types import StatementSet, Wording
from probes.validity import check, texts, variants

FOLDER = Path(__file__).parents[2] / "statements"
LANGUAGES = sorted(p.name.split(".")[1] for p in FOLDER.glob("compass.*.yaml"))
EACH = pytest.mark.parametrize(
    "shipped",
    [f"{name}.{tag}" for name in ("compass", "controls") for tag in LANGUAGES],
    indirect=True,
)
COMPASSES = pytest.mark.parametrize(
    "shipped", [f"compass.{tag}" for tag in LANGUAGES], indirect=True
)
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)

WORDS = 6, 30
CHARACTERS = 15, 60
"""Length of a text, in characters where the language puts no spaces between words."""
STOPS = {"ja": "。", "zh": "。"}
STRIPPED = {
    "de": r"ae|oe|(?<![aeäqo])ue(?!ll)|\b(mass|gross|strass|ausser|heiss)\w*",
    "es": r"[cs]ion\b|\b(deberian?|podrian?|mas|publico|pais|policia|algun|ningun)\b",
    "fr": r"\b(etat|etre|meme|ecole|eleve|interet|impot|sante|societe|decider)s?\b",
    "ja": r"[A-Za-z]",
}
"""What is left of the language's letters in plain ASCII."""
LETTERS = {"de": "äöüß", "es": "áéíóúñ", "fr": "àâçéèêëîïôùûœ", "ja": "をはがにで"}
"""Letters that few texts of the language do without."""
LOADED = {
    "de": r"führer|gutmensch|asylant|schmarotz|bonze|ausbeut|gierig|elite|gender|die illegalen"
    r"|lügen|regime|abzock|gesindel|ideolog|bevormund|willkür|privileg|ungebor",
    "es": r"parásit|explota|codici|casta|élite|los ilegales"
    r"|chusma|régimen|invasi|ideolog|adoctrin|privilegi|no nacid|vividor|tiran",
    "fr": r"parasite|assisté|exploiteu|cupid|élite|clandestin|racaille|régime|invasion|idéolog"
    r"|endoctrin|privilèg|laxis|voyou|tyran",
    "ja": r"不法滞在|寄生|搾取|売国|洗脳|特権|怠け|独裁|反日|極右|極左",
}
"""What only one side says, or says of the other; a few of them, to catch a slip."""


@cache
def loaded(name: str) -> StatementSet:
    """A set that ships."""
    return sets.load(name)


@pytest.fixture
def shipped(request: pytest.FixtureRequest) -> StatementSet:
    """The set of that name."""
    return loaded(request.param)


def put(of: StatementSet) -> list[str]:
    """All texts of a set, mirrors and variants included."""
    return [t for s in of.statements for v in s.versions for t in (v.text, str(v.mirror))]


def length(text: str, language: str) -> int:
    """Words of a text, or its characters where there are no spaces."""
    return len(texts.words(text)) if texts.spaced(language) else len(text)


def by_pole(of: StatementSet, axis: str) -> list[tuple[str, str]]:
    """Of each statement, the text that pulls to the negative pole and the one to the positive."""
    pairs = [(s.text, str(s.mirror), check.pull(s, axis)) for s in of.statements]
    return [(a, b) if sign < 0 else (b, a) for a, b, sign in pairs if sign]


def test_there_are_languages_to_test() -> None:
    """Four at least, and each has the lists that the tests below read."""
    assert {"de", "es", "fr", "ja"} <= set(LANGUAGES)
    for lists in (LETTERS, STRIPPED, LOADED):
        assert set(LANGUAGES) <= set(lists)


# --- the key is the English one ----------------------------------------------------------------


@EACH
def test_everything_but_the_texts_is_as_in_english(shipped: StatementSet) -> None:
    """Same ids in the same order, with the same keys, so that answers pair by statement."""
    name, language = shipped.name.split(".")
    english = loaded(name)
    assert [s.id for s in shipped.statements] == [s.id for s in english.statements]
    for ours, theirs in zip(shipped.statements, english.statements, strict=True):
        assert ours.effects == theirs.effects
        assert (ours.topic, ours.extremity) == (theirs.topic, theirs.extremity)
        assert ours.tags == theirs.tags
        assert ours.mirror
    assert (shipped.axes, shipped.scale) == (english.axes, english.scale)
    assert shipped.scoring == english.scoring
    assert (shipped.language, shipped.licence) == (language, english.licence)


@EACH
def test_a_set_says_where_it_comes_from(shipped: StatementSet) -> None:
    """A title of its own, a version, the set it follows, and that nobody tested it on people."""
    name = shipped.name.split(".")[0]
    assert shipped.title != loaded(name).title
    assert shipped.version
    assert f"after {name} {loaded(name).version}" in shipped.source
    assert "untested on people" in shipped.source


# --- each text ---------------------------------------------------------------------------------


@EACH
def test_texts_are_one_sentence_of_the_language(shipped: StatementSet) -> None:
    """Of fair length, with one full stop, at the end; no digits, no double spaces."""
    language = shipped.language
    low, high = WORDS if texts.spaced(language) else CHARACTERS
    stop = STOPS.get(language, ".")
    for text in put(shipped):
        assert low <= length(text, language) <= high, text
        assert text.endswith(stop), text
        assert not re.search(r"[.!?。！？;:：()\[\]\"«»“”„…\d]", text[:-1]), text
        assert not re.search(r"\s\s|\s[,.、。]|[^\S ]", text), text
        assert text[0] == text[0].upper(), text


@EACH
def test_texts_are_written_in_the_letters_of_the_language(shipped: StatementSet) -> None:
    """Composed characters, accents and umlauts in place, and nothing left in English."""
    language = shipped.language
    english = {text.casefold() for text in put(loaded(shipped.name.split(".")[0]))}
    for text in put(shipped):
        assert unicodedata.normalize("NFC", text) == text
        assert not re.search(STRIPPED[language], text.lower()), text
        assert text.casefold() not in english
        assert not {"the", "should", "who"} & set(texts.words(text)), text
    marked = [text for text in put(shipped) if set(text.lower()) & set(LETTERS[language])]
    assert len(marked) >= len(put(shipped)) / 3


@COMPASSES
def test_no_text_is_loaded_or_doubly_negated(shipped: StatementSet) -> None:
    """At most one negation, none of the words that only one side uses."""
    for text in put(shipped):
        assert texts.count(text, shipped.language, "negation") <= 1, text
        assert not re.search(LOADED[shipped.language], text.lower()), text


@EACH
def test_no_text_stands_twice_or_nearly_so(shipped: StatementSet) -> None:
    """All are distinct, also under another statement; only variants of one may be alike."""
    assert len(set(put(shipped))) == len(put(shipped))
    own = [text for s in shipped.statements for text in (s.text, str(s.mirror))]
    every = [texts.pieces(text, shipped.language) for text in own]
    assert max(texts.jaccard(set(a), set(b)) for a, b in combinations(every, 2)) < 0.6


@EACH
def test_mirrors_are_claims_of_their_own(shipped: StatementSet) -> None:
    """None shares more than 70 % of the words of the shorter text."""
    for s in (version for own in shipped.statements for version in own.versions):
        text, mirror = (Counter(texts.pieces(t, shipped.language)) for t in (s.text, str(s.mirror)))
        shared = (text & mirror).total() / min(text.total(), mirror.total())
        assert shared <= 0.7, s.id


# --- the poles against each other --------------------------------------------------------------


@EACH
def test_poles_have_texts_alike_in_all_that_is_measured(shipped: StatementSet) -> None:
    """Length, negation, sentiment, words of the state and of duty, as in English."""
    found = check.symmetry(shipped)
    assert {"negations", "sentiment", "state words", "duty words"} <= set(found["measure"])
    assert set(found["verdict"]) == {"ok"}
    if shipped.name.startswith("compass"):
        assert (found["d"].abs() < 0.2).all()


@COMPASSES
@pytest.mark.parametrize("axis", ["economic", "social"])
def test_poles_have_texts_of_equal_length(shipped: StatementSet, axis: str) -> None:
    """Also in characters, where there are no words to count."""
    lengths = [[length(t, shipped.language) for t in pair] for pair in by_pole(shipped, axis)]
    gaps = [low - high for low, high in lengths]
    assert len(gaps) == 40
    assert abs(fmean(gaps)) < 0.2 * stdev(gaps)


# --- wordings and protocol ---------------------------------------------------------------------


def shape(wording: Wording) -> tuple[object, ...]:
    """What a wording has in common with its counterpart in another language."""
    return (
        [(o.side, o.strong) for o in wording.options],
        wording.orders,
        "{options}" in wording.ask,
    )


@LANGUAGE
def test_wordings_are_those_of_the_english_file(language: str) -> None:
    """Same names, sides, strengths and orders; nothing of the text is left in English."""
    english, found = wordings.shipped(), wordings.shipped(language)
    assert list(found) == list(english)
    for name, wording in found.items():
        assert wording.language == language
        assert shape(wording) == shape(english[name])
        assert wording.ask != english[name].ask
        assert wording.answer != english[name].answer


@LANGUAGE
def test_forms_fit_the_slot_and_differ(language: str) -> None:
    """The filled answer is one sentence, no form stands twice, the two sides share no form."""
    stop = STOPS.get(language, ".")
    for wording in wordings.shipped(language).values():
        forms = [form for option in wording.options for form in option.forms]
        assert len(set(forms)) == len(forms)
        for form in forms:
            assert form == form.strip()
            filled = wording.answer.replace("{slot}", form)
            assert filled.endswith(stop)
            assert "  " not in filled
        assert len({o.label for o in wording.options}) == len(wording.options)


@LANGUAGE
def test_options_are_listed_as_in_the_language(language: str) -> None:
    """With the words of the language between them, all of them, in both directions."""
    shown = [w for w in wordings.shipped(language).values() if w.orders]
    assert len(shown) == 3
    for wording in shown:
        assert wording.last != " or "
        for number, order in enumerate(wording.orders):
            asked = asking_texts.ask(wording, "?", number)
            forms = [wording.options[i].forms[0] for i in order]
            *first, last = forms
            assert wording.between.join(first) + wording.last + last in asked


@LANGUAGE
def test_the_protocol_of_a_language_is_the_default_in_it(language: str) -> None:
    """Same wordings and thresholds, its own controls and as many blanks."""
    english, found = protocols.load("default"), protocols.load(f"default.{language}")
    assert found.name == f"default.{language}"
    assert found.wordings == tuple(wordings.shipped(language)[w.name] for w in english.wordings)
    assert (found.method, found.thresholds) == (english.method, english.thresholds)
    assert found.repetitions == english.repetitions
    assert sets.load(found.controls).language == language
    assert len(set(found.blanks)) == len(english.blanks)
    assert not {b for b in found.blanks if b.isascii() and len(b) > 5} & set(english.blanks)


# --- variants ----------------------------------------------------------------------------------


@COMPASSES
def test_the_statements_that_have_variants_in_english_have_as_many(shipped: StatementSet) -> None:
    """So that one by seed is the same number in every language."""
    theirs = [len(s.variants) for s in loaded("compass").statements]
    assert [len(s.variants) for s in shipped.statements] == theirs


@COMPASSES
def test_variants_are_near_their_statements_and_alike_at_both_poles(shipped: StatementSet) -> None:
    """Nothing that `probes sets check` says of them is a warning."""
    assert [p.sentence for p in variants.points(shipped) if p.verdict != "ok"] == []
