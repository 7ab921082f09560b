"""How near variants are, and how many persons a set takes: known values, and slips named."""

from dataclasses import replace

import numpy as np
import pytest

from probes.instruments import sets
from probes.types import Statement, StatementSet, Variant
from probes.validity import check, variants
from probes.validity.people import sample_size

TEXT = "Shops should close on Sundays."
MIRROR = "Shops should be open on every day of the week."
OPEN = "Every day of the week, shops should be open."


def one(text: str, mirror: str | None = OPEN) -> StatementSet:
    """A set of one statement with one variant."""
    statement = Statement(
        "shops",
        TEXT,
        {"economic": -1.0},
        mirror=MIRROR if mirror else None,
        variants=(Variant(text, mirror),),
    )
    return replace(sets.load("compass"), statements=(statement,))


@pytest.mark.parametrize(
    ("text", "mirror", "fault"),
    [
        ("On Sundays, shops should close.", OPEN, "is nearly the statement's own"),
        ("All shops should keep their doors shut on a Sunday.", OPEN, "is 2.0 times as long"),
        ("Shops should not open on Sundays.", OPEN, "has 1 more negations"),
        ("Be open on every day.", "Close on Sundays, shops.", "has the words of the other side"),
        ("A shop should be closed on Sundays.", OPEN, ""),
    ],
    ids=["same", "long", "negated", "exchanged", "fair"],
)
def test_each_slip_of_a_variant_is_named(text: str, mirror: str, fault: str) -> None:
    of = one(text, mirror)
    assert variants.variants(of)["fault"][0] == fault
    (finding,) = [p for p in variants.points(of) if p.name == "variant texts"]
    assert (f"shops:1 text {fault}" in finding.sentence) == bool(fault)


def test_an_equal_text_is_wholly_near_and_an_unrelated_one_not_at_all() -> None:
    near = variants.variants(one(TEXT))["near"][0]
    assert near == pytest.approx(1)
    assert variants.variants(one("Why, in truth, I cry?"))["near"][0] == 0


def test_without_mirrors_readers_of_words_cannot_be_told_of() -> None:
    table = variants.variants(one("A shop should be closed on Sundays.", None))
    assert np.isnan(table["words"]).all()
    assert (table["fault"] == "").all()


def test_a_set_says_how_many_of_its_statements_have_variants() -> None:
    values = {p.name: p.value for p in check.check(sets.load("compass")).points}
    assert values["variants"] == "40, of 20 of 80 statements"
    assert values["variants, poles"].startswith("0 of")
    lone = {p.name: p.value for p in check.check(sets.load("controls")).points}
    assert lone["variants"] == "0, of 0 of 20 statements"
    assert "variant texts" not in lone


def test_twenty_statements_of_compass_have_two_variants_one_a_topic() -> None:
    having = [s for s in sets.load("compass").statements if s.variants]
    assert len({s.topic for s in having}) == len(having) == 20
    assert {len(s.variants) for s in having} == {2}


@pytest.mark.parametrize(("effect", "persons"), [(0.5, 64), (0.2, 394), (0.8, 26)])
def test_persons_in_two_groups_are_those_of_the_textbook(effect: float, persons: int) -> None:
    """Cohen 1988, table 2.4.1: two-sided at 5 %, power 80 %."""
    assert sample_size.a_group(effect) == persons
    assert sample_size.power(effect, persons) >= 0.8 > sample_size.power(effect, persons - 1)


@pytest.mark.parametrize(("r", "n"), [(0.0, 10), (0.3, 40), (0.8, 15)])
def test_the_standard_error_of_a_correlation_is_that_of_drawn_samples(r: float, n: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20_000, n))
    y = r * x + np.sqrt(1 - r * r) * rng.standard_normal((20_000, n))
    x, y = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    drawn = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    assert sample_size.standard_error(r, n) == pytest.approx(float(drawn.std()), rel=0.02)


def test_item_rest_correlations_follow_from_reliability() -> None:
    """Of 4 parallel items with alpha .8: two correlate by .5, one with the rest by .612."""
    assert sample_size.item_rest(4, 0.8) == pytest.approx(0.5 * np.sqrt(3) / np.sqrt(2))


def test_a_set_says_how_many_persons_each_axis_takes() -> None:
    table = sample_size.table(sets.load("compass")).set_index("axis")
    assert table["persons, item-rest"].tolist() == [88, 88]
    assert table["a group, seen d"].tolist() == [64, 64]
    assert table["a group, true d"].tolist() == [80, 80]
    assert sample_size.table(one(TEXT)).empty
