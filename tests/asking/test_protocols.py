"""Protocols and wordings: what the files become, and what is said of bad ones."""

from pathlib import Path

from probes.asking import protocols, texts

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


def test_a_threshold_of_earlier_versions_is_passed_over() -> None:
    """Run folders hold it; it decides nothing any more."""
    text = protocols.dump(DEFAULT).replace("  content_p:", "  content: 0.5\n  content_p:")
    assert "content: 0.5" in text
    assert protocols.parse(text.encode(), Path("protocol.yaml")) == DEFAULT


def test_the_hash_is_of_the_content() -> None:
    """A comment changes nothing, a threshold does."""
    text = protocols.dump(DEFAULT)
    assert protocols.parse(b"# a comment\n" + text.encode(), Path("p")).sha256 == DEFAULT.sha256
    other = protocols.parse(text.replace("bounds: 2.0", "bounds: 3.0").encode(), Path("p"))
    assert other.sha256 != DEFAULT.sha256


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
