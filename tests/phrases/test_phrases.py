"""Every text that is said has its words in each language, with the same parts."""

import ast
import re
import string
from pathlib import Path

import pytest

from probes.phrases import LANGUAGES, Saying, listed, phrase, plural, say, speaking, words
from probes.types import reasons
from probes.types.retold import told

ROOT = Path(__file__).parents[2]
OTHERS = [code for code in LANGUAGES if code != "en"]
AGAINST = (
    reasons.ONE_WAY, reasons.UNOPPOSED, reasons.INDIFFERENT, reasons.UNTRUE, reasons.REVERSED,
    reasons.UNSIDED, reasons.OPEN, reasons.COARSE, reasons.AT_LEAST, reasons.UNTAGGED, reasons.WIDE,
    reasons.BLIND, reasons.SMALL, reasons.DECIDED, reasons.UNDECIDED, reasons.MAYBE,
    reasons.UNSCALED, reasons.REWARDS, reasons.APART, reasons.FEW_WORDINGS, reasons.FEW_LEXICONS,
)  # fmt: skip
"""Said of models and differences, without a number in the sentence."""

IN_PAGES = re.compile(
    r"""\b(?:(?:say|head)\("([^"]+)"|plural\([^"]+, "([^"]+)", "([^"]+)"|or "(all [^"]+)"\))"""
)
"""What templates and scripts say."""


def texts() -> set[str]:
    """Whatever `say`, `phrase` and `plural` are called with as literals, and headings of pages."""
    found = {reason.text for reason in AGAINST} | {reasons.LEGACY}
    sources = [p for p in ROOT.glob("probes/*/**/*.py") if "cli" not in p.parts]
    for path in [*ROOT.glob("plots/*.py"), *sources]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name = node.func.id
                parts = {"say": node.args[:1], "phrase": node.args[:1], "plural": node.args[1:3]}
                values = [a.value for a in parts.get(name, ()) if isinstance(a, ast.Constant)]
                found |= {value for value in values if isinstance(value, str)}
    for path in [*ROOT.glob("probes/report/*.jinja"), *ROOT.glob("probes/report/*.js")]:
        text = path.read_text("utf-8")
        found |= {one for parts in IN_PAGES.findall(text) for one in parts if one}
    return found


def parts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.slow
@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_text_with_its_parts_and_none_that_nobody_says(code: str) -> None:
    said, known = texts(), words(code)
    assert said - known.keys() == set()
    assert known.keys() - said == set()
    assert {text for text in said if parts(text) != parts(known[text])} == set()
    assert all(known.values())


@pytest.mark.parametrize("code", OTHERS)
def test_texts_of_a_sentence_or_more_are_translated(code: str) -> None:
    """Single words may be the same in two languages; no longer text is."""
    same = {text for text, told in words(code).items() if told == text and " " in text}
    assert same == set()


def test_what_a_language_lacks_is_said_in_english_and_so_is_an_unknown_language() -> None:
    with speaking("de"):
        assert say("not placed") == "nicht eingeordnet"
        assert say("only 3 of 80 pairs were answered") == "only 3 of 80 pairs were answered"
    with speaking("pt"):
        assert say("not placed") == "not placed"
    with speaking("de-AT"):
        assert say("not placed") == "nicht eingeordnet"
    assert say("not placed") == "not placed"


@pytest.mark.parametrize(
    ("sentence", "german"),
    [
        (reasons.trial(3, 80).text, "Probelauf: 3 von 80 Aussagen"),
        (reasons.movable(2).text, "fehlende Antworten könnten es um mehr als 2 Punkte verschieben"),
        (reasons.low_mass(0.1, "shown").text, "geringe Masse: Der Median liegt unter 0.1, wo"),
        (reasons.improbable(5, 8).text, "die Antworten sind in 5 von 8 Formulierungen"),
        (reasons.legacy(2, 9).text, "legacy-agree: Fehlende Antworten zählen als Zustimmung"),
        ("3 of 80 pairs were answered, fewer than 80 %", "3 von 80 Paaren wurden beantwortet"),
        ("not placed: a and b", "nicht eingeordnet: a and b"),
        (reasons.WIDE.text, "Intervall so breit wie die Skala"),
        ("something that nobody translated", "something that nobody translated"),
    ],
)
def test_a_sentence_of_a_table_is_said_in_the_language_with_its_numbers(
    sentence: str, german: str
) -> None:
    with speaking("de"):
        assert told(sentence).startswith(german)
    assert told(sentence) == sentence


def test_numbers_and_names_stand_where_the_language_wants_them() -> None:
    counts = [1, 3]
    with speaking("fr"):
        told = [plural(n, "{n} family", "{n} families") for n in counts]
    assert told == ["1 famille", "3 familles"]
    saying = Saying(phrase("protocol {name}"), {"name": "open"})
    with speaking("de"):
        assert str(saying) == "Protokoll open"
        assert listed(["a", "b", "c"]) == "a, b und c"
    assert str(saying) == "protocol open"
