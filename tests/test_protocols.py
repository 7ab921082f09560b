"""Protocols and wordings: what the files become, and what is said of bad ones."""

from pathlib import Path

import pytest

from probes.asking import protocols, texts, wordings
from probes.errors import SetError

DEFAULT = protocols.load("default")


def test_default_has_what_the_method_bids() -> None:
    """At least six wordings, four with the four options of table keys, four fillers, controls."""
    assert len(DEFAULT.wordings) >= 6
    assert sum(len(w.options) == 4 for w in DEFAULT.wordings) >= 4
    assert len(DEFAULT.blanks) >= 4
    assert DEFAULT.controls == "controls"
    assert {w.answer.endswith("{slot}.") for w in DEFAULT.wordings} == {True, False}


def test_shown_options_come_in_orders_that_cancel() -> None:
    """Each option stands equally often in each place from either end."""
    for wording in DEFAULT.wordings:
        if wording.orders:
            assert {tuple(reversed(order)) for order in wording.orders} == set(wording.orders)


def test_dump_and_parse_are_inverse() -> None:
    """A run folder keeps a protocol that loads to the very same recipe, hash included."""
    assert protocols.parse(protocols.dump(DEFAULT).encode(), Path("protocol.yaml")) == DEFAULT


def test_the_hash_is_of_the_content() -> None:
    """A comment changes nothing, a threshold does."""
    text = protocols.dump(DEFAULT)
    assert protocols.parse(b"# a comment\n" + text.encode(), Path("p")).sha256 == DEFAULT.sha256
    other = protocols.parse(text.replace("bounds: 2.0", "bounds: 3.0").encode(), Path("p"))
    assert other.sha256 != DEFAULT.sha256


BASE = "name: p\ntitle: t\nmethod: choice\nwordings: [agree]\n"
FAULTS = {
    "unknown wording": (BASE.replace("[agree]", "[agre]"), "did you mean 'agree'"),
    "unknown method": (BASE.replace("choice", "choise"), "did you mean 'choice'"),
    "unknown key": (BASE + "blank: [x]\n", "did you mean 'blanks'"),
    "threshold out of range": (BASE + "thresholds: {answered: 2}\n", "answered"),
    "a wording twice": (BASE.replace("[agree]", "[agree, agree]"), "only once"),
    "no repetitions": (BASE + "repetitions: 0\n", "repetitions"),
}


@pytest.mark.parametrize(("text", "part"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_protocol_is_named(text: str, part: str) -> None:
    """With the file and what would be right."""
    with pytest.raises(SetError) as error:
        protocols.parse(text.encode(), Path("mine.yaml"))
    assert part in str(error.value)
    assert "mine.yaml" in str(error.value)


PAIR = {"ask": "{statement}", "answer": "I {slot}.", "pairs": [["agree", "disagree"]]}
OPTIONS = {"a": {"side": "agree", "forms": ["x"]}, "d": {"side": "disagree", "forms": ["y"]}}
WRONG = {
    "no statement": (PAIR | {"ask": "hello"}, "{statement} exactly once"),
    "two slots": (PAIR | {"answer": "{slot} {slot}"}, "{slot} exactly once"),
    "neither": ({"ask": "{statement}", "answer": "{slot}"}, "either 'pairs' or 'options'"),
    "both": (PAIR | {"options": OPTIONS}, "either 'pairs' or 'options'"),
    "orders without options": (PAIR | {"orders": [[0, 1]]}, "belong together"),
    "not a permutation": (
        PAIR | {"ask": "{statement} {options}", "orders": [[0, 2]]},
        "permutation of 0 to 1",
    ),
    "uneven": (
        {k: v for k, v in PAIR.items() if k != "pairs"}
        | {"options": OPTIONS | {"a": {"side": "agree", "forms": ["x", "z"]}}},
        "equally many forms",
    ),
    "unknown side": (
        {k: v for k, v in PAIR.items() if k != "pairs"}
        | {"options": OPTIONS | {"a": {"side": "agre", "forms": ["x"]}}},
        "did you mean 'agree'",
    ),
}


@pytest.mark.parametrize(("entry", "part"), WRONG.values(), ids=WRONG)
def test_a_fault_of_a_wording_is_named(entry: dict[str, object], part: str) -> None:
    """With the file and the wording."""
    with pytest.raises(SetError) as error:
        wordings.parse({"mine": entry}, Path("mine.yaml"))
    assert part in str(error.value)
    assert "mine.yaml" in str(error.value)
    assert "'mine'" in str(error.value)


def test_options_are_listed_in_the_order_asked() -> None:
    """As a person would list them; braces in a statement are text."""
    wording = next(w for w in DEFAULT.wordings if w.name == "yes-no")
    assert "Answer yes or no." in texts.ask(wording, "Use {options}.", 0)
    assert "Answer no or yes." in texts.ask(wording, "Use {options}.", 1)
    assert texts.ask(wording, "Use {options}.", 0).startswith("Use {options}.")


def test_one_space_before_the_slot_moves_into_the_forms() -> None:
    """A word's token begins with its space; without one nothing moves."""
    wording = next(w for w in DEFAULT.wordings if w.name == "agree")
    before, options = texts.around_slot("Well. I ", wording)
    assert before == "Well. I"
    assert [o.forms for o in options] == [(" agree",), (" disagree",)]
    assert texts.around_slot("Well:\n", wording) == ("Well:\n", wording.options)
