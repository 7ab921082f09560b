"""Readers of words are not placed, and holders of opinions are: shares of known populations.

The whole table is ``python -m benchmarks.validity --part populations``; here a few of each kind are
drawn, by the same module.
"""

import numpy as np
import pytest

from benchmarks.validity import populations
from benchmarks.validity.populations import POPULATIONS, WORD_READERS, Population

TRIALS = 6


@pytest.mark.parametrize("reader", WORD_READERS)
def test_a_reader_of_words_is_not_placed(reader: str) -> None:
    """Loud ones, whose answers are as stable as anyone's: no axis of any of them is placed."""
    loud = Population(WORD_READERS[reader], size=3.0, noise=0.3)
    rng = np.random.default_rng(1)
    for _ in range(TRIALS):
        found = populations.placed(loud, rng)
        assert not any(row["placed"] for row in found.rows)
        assert str(found.rows[0]["reason"]).startswith("does not oppose claim and counterclaim")
        assert float(str(found.summary["content"])) > 0.95


@pytest.mark.parametrize(
    "kind",
    [
        "one-way keyed ideologue",
        "half of the topics known",
        "a quarter of the topics known",
        "leans by 0.3",
        "opinions SD 1, surface 1",
    ],
)
def test_a_holder_of_opinions_is_placed(kind: str) -> None:
    """On both axes; of those who like words as much as claims, four in five."""
    least = 80 if kind.endswith("surface 1") else 100
    assert populations.share_placed(POPULATIONS[kind], TRIALS, seed=2) >= least


def test_whose_opinions_are_smaller_than_the_margin_is_not_placed() -> None:
    """It opposes claim and counterclaim, in log-odds that nobody could see."""
    rng = np.random.default_rng(3)
    for _ in range(TRIALS):
        rows = populations.placed(POPULATIONS["opinions SD 0.1"], rng).rows
        assert [str(row["reason"]).split(";")[0] for row in rows] == [
            "hardly prefers either side"
        ] * 2
