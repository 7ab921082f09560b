"""Reasons: what a program reads out of a sentence is what was meant when it was written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.files import csv
from probes.types import Materials, reasons
from probes.types.reasons import (
    BLIND,
    DECIDED,
    INDIFFERENT,
    MAYBE,
    ONE_WAY,
    REVERSED,
    SMALL,
    UNDECIDED,
    UNOPPOSED,
    UNSIDED,
    UNTRUE,
    Reason,
    codes,
    improbable,
    joined,
    kind,
    kinds,
    legacy,
    low_mass,
    movable,
    sentences,
)
from tests.respondents import balanced, instrument, keyed, opinionated, recipe

FACTS = (
    *(ONE_WAY, SMALL, DECIDED, UNDECIDED, MAYBE),
    *(UNOPPOSED, INDIFFERENT, BLIND, UNTRUE, REVERSED, UNSIDED, improbable(5, 8)),
    *(legacy(3, 40), movable(5), low_mass(0.5, "shown"), low_mass(0.1, "completed")),
)
PLAIN = Reason("no mirrors: reading claims cannot be told from reading words")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.code)
def test_every_fact_is_read_back_from_a_cell_whatever_stands_beside_it(fact: Reason) -> None:
    assert codes(joined([fact])) == {fact.code}
    assert codes(joined([PLAIN, fact, PLAIN])) == {fact.code}


def test_a_table_of_an_earlier_version_keeps_its_dot_hollow() -> None:
    """The sentence is another one now, and a run folder's own tables are read as they are."""
    assert codes("rarely gives claim and counterclaim opposite answers") == {"unsided"}


def test_other_sentences_state_no_fact_and_an_empty_cell_has_none() -> None:
    assert codes(joined([PLAIN])) == set()
    assert sentences(joined([PLAIN, PLAIN])) == [PLAIN.text]
    for empty in ("", np.nan, None):
        assert sentences(empty) == []
        assert codes(empty) == set()


@pytest.mark.parametrize(
    ("verdict", "facts", "expected"),
    [
        ("moved", [], "further"),
        ("moved", [MAYBE], "further"),
        ("moved", [DECIDED, PLAIN], "decided"),
        ("moved", [UNDECIDED], "decided"),
        ("moved", [SMALL, DECIDED], "still"),
        ("not moved", [], "still"),
        ("cannot be told apart", [PLAIN], "still"),
    ],
)
def test_a_move_is_along_the_axis_only_if_nothing_else_is_said_of_it(
    verdict: str, facts: list[Reason], expected: str
) -> None:
    assert kind({"verdict": verdict, "reason": joined(facts)}) == expected


def test_tables_of_a_folder_say_what_tables_in_memory_say(tmp_path: Path) -> None:
    """Also of models that are named like numbers, or like no value at all."""
    frame = pd.DataFrame(
        {
            "model": ["7", "null", "x", "y"],
            "axis": "a",
            "placed": [True, True, False, True],
            "reason": ["", joined([PLAIN, movable(5)]), PLAIN.text, joined([UNSIDED, PLAIN])],
            "warnings": [low_mass(0.5, "shown").text, "", "", ""],
            "verdict": ["moved", "moved", "not moved", "not moved"],
        }
    )
    csv.save(frame, tmp_path / "t.csv")
    read = csv.read(tmp_path / "t.csv", ["model"])
    for table in (frame, read):
        tables = type("T", (), {"placements": table, "models": table})()
        assert reasons.claims(tables) == {
            ("7", "a"): True,
            ("null", "a"): False,
            ("x", "a"): False,
            ("y", "a"): False,
        }
        assert reasons.pale(tables) == {"7": True, "null": False, "x": False, "y": False}
        assert kinds(table) == ["further", "further", "still", "still"]


def test_a_model_that_missing_answers_could_move_is_placed_and_makes_no_claim() -> None:
    made = Materials(instrument(balanced(8)), recipe(4))
    noise = np.random.default_rng(0).normal(0, 0.05, (8, 4))
    lam = keyed(made, np.linspace(-0.2, 0.8, 8)[:, None] + noise)
    assert reasons.claims(opinionated(made, lam)) == {("m", "economic"): True}
    lam[2] = np.nan
    tables = opinionated(made, lam)
    assert tables.placements["placed"].tolist() == [True]
    assert reasons.claims(tables) == {("m", "economic"): False}
