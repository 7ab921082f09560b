"""Replies without probabilities: what docs/method.md 3 promises of them, a small share of
`benchmarks.validity.replies`."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validity.replies import CERTAIN, MIXED, WIDE, condition
from probes.agreement.counts import pair_leanings
from probes.types.reasons import codes


def leaning(text: float, mirror: float, n: int, pairs: int = 40) -> float:
    """Of each of so many pairs of one wording, with these shares of `n` replies."""
    alike = (np.full(pairs, share, dtype=np.float64) for share in (text, mirror, n))
    found = pair_leanings(*alike, np.zeros(pairs, np.int64), np.zeros(pairs))
    return float(found["leaning"].mean())


def test_there_is_no_number_of_replies_at_which_a_leaning_jumps() -> None:
    """Without yes-bias it is the plain difference; with one of 2 it grows to what is true."""
    assert [leaning(1, 0, n) for n in (1, 4, 5, 50)] == [1.0] * 4
    assert [leaning(0.8, 0.2, n) for n in (1, 4, 5, 50)] == pytest.approx([0.6] * 4)
    p, m = (1 / (1 + np.exp(-2 - side * np.log(4))) for side in (1, -1))
    by_replies = [leaning(p, m, n) for n in (1, 2, 3, 4, 5, 6, 10, 50, 1000)]
    assert by_replies == sorted(by_replies)
    assert max(np.diff(by_replies)) < 0.05
    assert by_replies[-1] == pytest.approx(0.6, abs=0.002)


@pytest.mark.parametrize("n", [1, 5])
def test_a_yes_bias_no_longer_pulls_to_the_middle(n: int) -> None:
    """True 6.0, yes-bias 2: the plain difference is at 3.2, log-odds of five counts at 3.6."""
    assert condition(CERTAIN, n, 3, 0)["position"] == 10
    found = condition(replace(MIXED, yes=2.0), n, 20, 0)
    assert 5.2 < float(str(found["position"])) < 6.4


@pytest.mark.parametrize("rate", [1.0, 0.85])
def test_intervals_cover_with_and_without_a_stance_model_that_errs(rate: float) -> None:
    """At least 90 % of 80, with 15 % errors and 50 labelled replies a side."""
    assert float(str(condition(WIDE, 3, 80, 1, 4, rate)["covered %"])) >= 90


def test_open_bounds_are_a_fact_of_their_own() -> None:
    assert codes("missing answers leave more than half of the scale open") == {"open"}
