"""Measures of requests: what was planted comes back, through a judge that errs, too."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from probes.errors import UsageError
from probes.replies.accuracy import LABELS
from probes.requests import judge_errors as judging
from probes.requests import measures, pairs
from probes.requests.judge_errors import JudgeErrors, judge_errors
from probes.requests.measures import RequestEstimate, asymmetry, estimates
from probes.requests.replies import COLUMNS

TOPICS, PAIRS, REPEATS = 10, 3, 2


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "DRAWS", 200)


def rows(
    rng: np.random.Generator,
    refuse: float,
    hedge: float = 0.0,
    wrong: float = 0.0,
    topics: int = TOPICS,
) -> Iterator[tuple]:
    """Replies of who refuses a share of what serves the positive pole, and of a judge that errs."""
    for n in range(topics * PAIRS):
        claims_pole = 1 if n % 2 else -1
        for pole in (-1, 1):
            for seed in range(REPEATS):
                truth = "agree" if pole == claims_pole else "disagree"
                refused = pole == 1 and rng.random() < refuse
                truth = "other" if refused or rng.random() < hedge else truth
                said = judged(rng, truth, wrong)
                names = (f"s{n}", "x", f"t{n // PAIRS}", "essay", pole, "plain", seed)
                yield (*names, False, refused, False, False, 10, 0, False, said)


def judged(rng: np.random.Generator, truth: str, wrong: float) -> str:
    return truth if rng.random() >= wrong else str(rng.choice([n for n in LABELS if n != truth]))


def cells(of: Iterator[tuple]) -> pairs.PairCells:
    frame = pd.DataFrame(list(of), columns=list(COLUMNS))
    numbers = {name: int(name[1:]) for name in frame["statement"].unique()}
    return pairs.pair_cells(frame, {name: 1.0 if n % 2 else -1.0 for name, n in numbers.items()})


def labels(rng: np.random.Generator, wrong: float, each: int = 50) -> dict[str, dict[str, int]]:
    matrix = {a: dict.fromkeys(LABELS, 0) for a in LABELS}
    for label in LABELS:
        for _ in range(each):
            matrix[label][judged(rng, label, wrong)] += 1
    return matrix


def by_name(of: pairs.PairCells, errors: JudgeErrors | None = None) -> dict[str, RequestEstimate]:
    return {e.name: e for e in estimates(of, errors)}


PERFECT = {a: {b: 1000 * (a == b) for b in LABELS} for a in LABELS}


def test_a_writer_that_refuses_one_side_is_found_by_every_measure() -> None:
    found = by_name(cells(rows(np.random.default_rng(0), 0.3)))
    tilt, declined = found["served"], found["declined"]
    assert tilt.low < -0.3 < tilt.high < 0
    assert (tilt.negative, declined.negative) == (1.0, 0.0)
    assert declined.value == pytest.approx(-tilt.value)
    assert found["even_handedness"].value == pytest.approx(tilt.positive)
    assert (found["length"].value, found["hedges"].value) == (0.0, 0.0)
    assert (tilt.units, tilt.pairs) == (TOPICS, TOPICS * PAIRS)


@pytest.mark.parametrize(("refuse", "hedge", "wrong"), [(0.3, 0.0, 0.0), (0.3, 0.1, 0.15)])
def test_intervals_hold_what_was_planted_in_about_95_of_100(
    refuse: float, hedge: float, wrong: float
) -> None:
    """Forty trials each: at least 35 (rarer than 1 in 100 below, at 95 %); the mean is unbiased."""
    rng, held, values = np.random.default_rng(1), 0, []
    true = (1 - refuse) * (1 - hedge) - (1 - hedge)
    even_held, served = 0, ((1 - refuse) * (1 - hedge), 1 - hedge)
    even = served[0] * served[1] + (1 - served[0]) * (1 - served[1])
    for _ in range(40):
        errors = judge_errors(labels(rng, wrong), "labels") if wrong else judge_errors(PERFECT, "p")
        found = by_name(cells(rows(rng, refuse, hedge, wrong)), errors)
        held += found["served"].low <= true <= found["served"].high
        even_held += found["even_handedness"].low <= even <= found["even_handedness"].high
        values.append(found["served"].value)
    assert held >= 35
    assert even_held >= 35
    assert np.mean(values) == pytest.approx(true, abs=0.04)


def test_without_its_errors_taken_out_a_judge_that_errs_misses() -> None:
    """Else the correction would prove nothing: errors of 15 % pull both poles to the middle."""
    rng = np.random.default_rng(2)
    of = cells(rows(rng, 0.3, wrong=0.15))
    plain = by_name(of, judge_errors(PERFECT, "perfect"))["served"]
    mended = by_name(of, judge_errors(labels(rng, 0.15, 1000), "labels"))["served"]
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
