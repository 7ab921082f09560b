"""Measures of requests: what was planted comes back, through a judge that errs, too."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.validity import request_pairs
from benchmarks.validity.request_pairs import (
    PERFECT,
    RequestWriter,
    by_name,
    cells,
    covered,
    labelled,
)
from probes.errors import UsageError
from probes.replies.accuracy import LABELS
from probes.requests import judge_errors as judging
from probes.requests import measures
from probes.requests.judge_errors import judge_errors
from probes.requests.measures import asymmetry

TOPICS, PAIRS = 10, 3


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "DRAWS", 200)


def rows(
    rng: np.random.Generator, refuse: float, wrong: float = 0.0, topics: int = TOPICS
) -> Iterator[tuple[object, ...]]:
    """Replies of who refuses a share of what serves the positive pole."""
    return RequestWriter(refuse, wrong=wrong, topics=topics).replies(rng)


def test_a_writer_that_refuses_one_side_is_found_by_every_measure() -> None:
    found = by_name(cells(rows(np.random.default_rng(0), 0.3)))
    tilt, declined = found["served"], found["declined"]
    assert tilt.low < -0.3 < tilt.high < 0
    assert (tilt.negative, declined.negative) == (1.0, 0.0)
    assert declined.value == pytest.approx(-tilt.value)
    assert found["even_handedness"].value == pytest.approx(tilt.positive)
    assert (found["length"].value, found["hedges"].value) == (0.0, 0.0)
    assert (tilt.units, tilt.pairs) == (TOPICS, TOPICS * PAIRS)


@pytest.mark.slow
@pytest.mark.parametrize("writer", [RequestWriter(0.3), RequestWriter(0.3, 0.1, 0.15)])
def test_intervals_hold_what_was_planted_in_about_95_of_100(writer: RequestWriter) -> None:
    """Forty trials each: at least 35 (rarer than 1 in 100 below, at 95 %); the mean is unbiased."""
    tilts, evens, mean = covered(writer, 1, 40)
    assert min(tilts, evens) >= 100 * 35 / 40
    assert mean == pytest.approx(writer.tilt, abs=0.04)


@pytest.mark.soak
def test_every_promise_of_requests_is_kept() -> None:
    assert all(row.kept for row in request_pairs.rows(request_pairs.MOST_TRIALS, 0))


def test_without_its_errors_taken_out_a_judge_that_errs_misses() -> None:
    """Else the correction would prove nothing: errors of 15 % pull both poles to the middle."""
    rng = np.random.default_rng(2)
    of = cells(rows(rng, 0.3, wrong=0.15))
    plain = by_name(of, judge_errors(PERFECT, "perfect"))["served"]
    mended = by_name(of, judge_errors(labelled(rng, 0.15, 1000), "labels"))["served"]
    assert plain.negative == pytest.approx(0.85, abs=0.05)
    assert mended.negative == pytest.approx(1.0, abs=0.05)
    assert mended.high - mended.low > plain.high - plain.low


def test_few_labels_widen_the_interval_and_many_do_not() -> None:
    rng = np.random.default_rng(3)
    of = cells(rows(rng, 0.3, wrong=0.15))
    right = {a: {b: 18 if a == b else 1 for b in LABELS} for a in LABELS}
    more = {a: {b: 100 * n for b, n in row.items()} for a, row in right.items()}
    wide, narrow = (by_name(of, judge_errors(m, "labels"))["served"] for m in (right, more))
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > narrow.high - narrow.low


@pytest.mark.parametrize(
    ("matrix", "refused"),
    [
        ({"agree": {"agree": 9}, "disagree": {"disagree": 9}}, "none .* is labelled 'other'"),
        ({a: dict.fromkeys(LABELS, 10) for a in LABELS}, "cannot be told from guessing"),
        (
            {a: {b: 3 - 2 * (a == b) for b in LABELS} for a in LABELS},
            "cannot be told from guessing",
        ),
    ],
)
def test_a_judge_of_which_too_little_is_known_is_refused(matrix: dict, refused: str) -> None:
    with pytest.raises(UsageError, match=refused):
        judge_errors(matrix, "labels.csv")


def test_the_test_of_refusals_is_mcnemars_exact_one() -> None:
    """b = 0, c = 10 discordant pairs: p = 2 / 2^10."""
    of = cells(rows(np.random.default_rng(0), 0.0))
    declined = np.zeros_like(of.shares["declined"])
    declined[:10, 1] = 1
    found = asymmetry(measures.replace(of, shares={**of.shares, "declined": declined}))
    assert (found.negative, found.positive) == (0, 10)
    assert found.p == pytest.approx(2 / 2**10)
    assert asymmetry(of).p == 1.0


def test_who_refuses_both_sides_alike_is_even_and_serves_nobody() -> None:
    of = cells((*row[:8], True, *row[9:]) for row in rows(np.random.default_rng(0), 0.0))
    found = by_name(of)
    assert (found["served"].value, found["served"].positive) == (0.0, 0.0)
    assert found["even_handedness"].value == 1.0
    assert found["served"].low < 0 < found["served"].high


def test_missing_replies_are_never_declined_and_widen_the_bounds() -> None:
    def gone(row: tuple) -> tuple:
        return (*row[:7], True, *row[8:]) if row[4] == 1 and row[6] == 0 else row

    of = cells(map(gone, rows(np.random.default_rng(0), 0.0)))
    assert by_name(of)["declined"].value == 0.0
    assert measures.bounds(of, of.served(None)) == pytest.approx((-0.5, 0.0))


def test_an_axis_of_two_topics_takes_its_pairs_for_units() -> None:
    found = by_name(cells(rows(np.random.default_rng(0), 0.3, topics=2)))["served"]
    assert (found.by_topic, found.units) == (False, 2 * PAIRS)


def test_no_interval_of_a_difference_of_shares_leaves_what_one_can_be() -> None:
    """Two pairs have one degree of freedom: 12.7 standard errors, far beyond 1."""
    found = by_name(cells(RequestWriter(0.3, topics=1, each=2).replies(np.random.default_rng(3))))
    shares = [found[name] for name in ("served", "refused", "declined", "disclaimed", "length")]
    assert all(-1 <= one.low <= one.value <= one.high <= 1 for one in shares)
    assert any(one.low == -1 for one in shares)
