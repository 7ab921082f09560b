"""Answers -> agreement, every column by hand."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.agreement.table import COLUMNS, agreement
from probes.types import MIRRORED, Answer, Header, ModelInfo, Option, Recipe, Wording

TWO = (Option("yes", "agree", ("yes",)), Option("no", "disagree", ("no",)))
FOUR = (
    Option("sd", "disagree", ("strongly disagree",), strong=True),
    Option("d", "disagree", ("disagree",)),
    Option("a", "agree", ("agree",)),
    Option("sa", "agree", ("strongly agree",), strong=True),
)
THREE = (*TWO, Option("unsure", "neutral", ("unsure",)))
WORDINGS = {"two": TWO, "four": FOUR, "three": THREE}
RECIPE = Recipe("p", "P", "choice", tuple(Wording(n, "", "", o) for n, o in WORDINGS.items()))
HEADER = Header(
    model=ModelInfo("m", "planted", "m"),
    set="s",
    set_sha256="",
    protocol="p",
    protocol_sha256="",
    seed=0,
    limit=None,
    plan="",
    cells=0,
    wordings=WORDINGS,
)


def answer(
    statement: str,
    role: str = "statement",
    odds: float | Mapping[str, float] | None = 0.0,
    **changes: object,
) -> Answer:
    """An answer in wording `two` with log-odds `odds`, or with the probabilities given."""
    if isinstance(odds, float):
        yes = 1 / (1 + math.exp(-odds))
        odds = {"yes": yes, "no": 1 - yes}
    fields: dict[str, object] = {
        "statement": statement,
        "role": role,
        "wording": "two",
        "order": 0,
        "seed": 0,
        "before": "",
        "after": "",
        "logprobs": odds and {label: math.log(p) for label, p in odds.items()},
        "mass": 0.5,
        "status": "refused" if odds is None else "ok",
        "key": "",
    }
    return Answer(**{**fields, **changes})  # type: ignore[arg-type]


def table(answers: Sequence[Answer]) -> pd.DataFrame:
    return agreement(HEADER, answers, RECIPE)


def row(*answers: Answer) -> pd.Series:
    found = table(answers)
    assert len(found) == 1
    return found.iloc[0]


def test_a_pair_by_hand() -> None:
    """L(s) = 3, L(m) = 1: lambda 1, leaning tanh(1/2), yes-bias tanh(1); all columns in place."""
    found = row(answer("s", odds=3.0, mass=0.2), answer("s", "mirror", 1.0, mass=0.4))
    assert list(found.index) == list(COLUMNS)
    assert (found["model"], found["role"], found["statement"]) == ("m", "statement", "s")
    assert (found["wording"], found["status"]) == ("two", "ok")
    expected = {
        "log_odds": 3.0,
        "log_odds_mirror": 1.0,
        "lam": 1.0,
        "leaning": math.tanh(0.5),
        "yes_bias": math.tanh(1.0),
        "raw": math.tanh(1.5),
        "mirrored": (math.tanh(1.5) - math.tanh(0.5)) / 2,
        "mass": 0.3,
    }
    assert found[list(expected)].to_dict() == pytest.approx(expected)
    assert found[["blank_corrected", "strength", "neutral", "p_sd", "p_sa"]].isna().all()


def test_sides_sum_over_options_whatever_the_total() -> None:
    """Four options .1 .2 .3 .1 of .7: L = ln(.4 / .3); the four sum to 1; a quarter is strong."""
    odds = {"sd": 0.1, "d": 0.2, "a": 0.3, "sa": 0.1}
    found = row(answer("s", odds=odds, wording="four"))
    assert found["log_odds"] == pytest.approx(math.log(0.4 / 0.3))
    assert found["strength"] == pytest.approx(0.25)
    assert found[["p_sd", "p_d", "p_a", "p_sa"]].tolist() == pytest.approx(
        [1 / 7, 2 / 7, 3 / 7, 1 / 7]
    )
    against = {"sd": 0.3, "d": 0.2, "a": 0.1, "sa": 0.1}
    assert row(answer("s", odds=against, wording="four"))["strength"] == pytest.approx(0.6)


def test_neutral_is_a_column_of_its_own() -> None:
    """It takes part in neither side."""
    found = row(answer("s", odds={"yes": 0.4, "no": 0.1, "unsure": 0.3}, wording="three"))
    assert found["neutral"] == pytest.approx(3 / 8)
    assert found["log_odds"] == pytest.approx(math.log(4))


def test_repetitions_count_within_their_order() -> None:
    """Order 0 asked twice (1, 3), order 1 once (4): (2 + 4) / 2."""
    found = row(
        answer("s", odds=1.0),
        answer("s", odds=3.0, seed=1),
        answer("s", odds=4.0, order=1),
    )
    assert found["log_odds"] == pytest.approx(3.0)


def test_a_pair_is_compared_in_the_orders_that_it_shares() -> None:
    """The second order favours yes by 6; only the statement answered there: it does not count."""
    found = row(
        answer("s", odds=1.0),
        answer("s", odds=7.0, order=1),
        answer("s", "mirror", -1.0),
        answer("s", "mirror", None, order=1),
    )
    assert found["lam"] == pytest.approx(1.0)
    assert found["log_odds"] == pytest.approx(1.0)
    assert found["status"] == "ok"


def test_a_pair_without_a_shared_order_is_missing() -> None:
    """Statement in one order, mirror in the other: an order's bias would pass for leaning."""
    found = row(
        answer("s", odds=1.0),
        answer("s", odds=None, order=1),
        answer("s", "mirror", None),
        answer("s", "mirror", -1.0, order=1),
    )
    assert math.isnan(found["lam"])
    assert found["status"] == "refused"
    assert (found["log_odds"], found["log_odds_mirror"]) == pytest.approx((1.0, -1.0))


def test_without_a_mirror_every_order_is_needed() -> None:
    """Nothing would cancel the bias of the order that is left."""
    found = row(answer("s", odds=1.0), answer("s", odds=None, order=1))
    assert math.isnan(found["log_odds"])
    assert math.isnan(found["raw"])
    assert found["status"] == "refused"


@pytest.mark.parametrize("status", ["refused", "unparsed", "failed"])
def test_missing_is_not_neutral(status: str) -> None:
    """A pair with one side unanswered is missing, never 0; what was answered is kept."""
    found = row(answer("s", odds=2.0), answer("s", "mirror", None, status=status))
    assert found["status"] == status
    assert found["raw"] == pytest.approx(math.tanh(1))
    missing = ["lam", "leaning", "yes_bias", "mirrored", "log_odds_mirror"]
    assert found[missing].isna().all()


def test_the_gravest_status_is_told() -> None:
    """One refused and one failed: failed."""
    found = row(answer("s", odds=None), answer("s", "mirror", None, status="failed"))
    assert found["status"] == "failed"


@pytest.mark.parametrize("odds", [{"yes": 0.5}, {"yes": 0.5, "no": math.nan}])
def test_a_side_that_is_not_finite_failed(odds: dict[str, float]) -> None:
    """A label without a score, or with nan, whatever the status says."""
    found = row(answer("s", odds=odds))
    assert found["status"] == "failed"
    assert math.isnan(found["log_odds"])


def test_an_impossible_side_failed() -> None:
    """A probability of 0 has no finite log-odds."""
    logs = {"yes": 0.0, "no": -math.inf}
    assert row(answer("s", logprobs=logs))["status"] == "failed"


def test_controls_are_told_by_their_name() -> None:
    """A control's mirror is its id with a mark; both make one row in role control."""
    found = row(answer("c", "control", 2.0), answer(f"c{MIRRORED}", "control", -2.0))
    assert (found["role"], found["statement"]) == ("control", "c")
    assert found["lam"] == pytest.approx(2.0)


def test_rows_stand_in_order_of_appearance() -> None:
    """Blanks make no row of their own."""
    found = table(
        [
            answer("b", odds=1.0),
            answer("blank-1", "blank", 0.0),
            answer("a", odds=1.0),
            answer("c", "control", 1.0),
            answer("b", "mirror", 1.0),
        ]
    )
    assert found["statement"].tolist() == ["b", "a", "c"]


def blanks(*odds: float, order: int = 0) -> list[Answer]:
    return [answer(f"blank-{i}", "blank", o, order=order) for i, o in enumerate(odds)]


def test_blanks_are_subtracted_per_order() -> None:
    """Fillers say yes by 1 in one order and by 3 in the other; L = 2 and 4: both exceed by 1."""
    found = row(
        answer("s", odds=2.0),
        answer("s", odds=4.0, order=1),
        *blanks(0.5, 1.5),
        *blanks(2.5, 3.5, order=1),
    )
    assert found["blank_spread"] == pytest.approx(math.sqrt(0.5))
    assert found["blank_corrected"] == pytest.approx(math.tanh(0.5))
    assert found["raw"] == pytest.approx(math.tanh(1.5))


def test_fillers_that_differ_correct_nothing() -> None:
    """A spread above 1 leaves the column empty, and is printed; so does a single filler."""
    found = row(answer("s", odds=2.0), *blanks(-1.0, 1.0))
    assert found["blank_spread"] == pytest.approx(math.sqrt(2))
    assert math.isnan(found["blank_corrected"])
    alone = row(answer("s", odds=2.0), *blanks(1.0))
    assert alone[["blank_spread", "blank_corrected"]].isna().all()


def test_blank_correction_is_of_log_probabilities() -> None:
    """Four options: each is divided by the fillers' geometric mean before the sides are summed."""
    statement = {"sd": 0.1, "d": 0.2, "a": 0.4, "sa": 0.3}
    filler = {"sd": 0.4, "d": 0.1, "a": 0.4, "sa": 0.1}
    found = row(
        answer("s", odds=statement, wording="four"),
        *[answer(f"blank-{i}", "blank", filler, wording="four") for i in range(2)],
    )
    odds = math.log((0.4 / 0.4 + 0.3 / 0.1) / (0.1 / 0.4 + 0.2 / 0.1))
    assert found["blank_corrected"] == pytest.approx(math.tanh(odds / 2))


@settings(max_examples=25, deadline=None)
@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-6, 6))
def test_an_additive_yes_bias_leaves_leaning_alone(s: float, m: float, bias: float) -> None:
    """It moves yes_bias, not lambda: not by 1e-9."""
    plain = row(answer("s", odds=s), answer("s", "mirror", m))
    biased = row(answer("s", odds=s + bias), answer("s", "mirror", m + bias))
    assert biased["lam"] == pytest.approx(plain["lam"], abs=1e-9)
    assert biased["yes_bias"] == pytest.approx(math.tanh((s + m + 2 * bias) / 4), abs=1e-9)


def test_in_probability_space_a_yes_bias_hides_a_leaning() -> None:
    """Of a lambda of 1, `mirrored` keeps 48 % under a bias of 2 and 9 % under 4; `leaning` all."""
    for bias, kept in ((2.0, 0.48), (4.0, 0.09)):
        found = row(answer("s", odds=bias + 1), answer("s", "mirror", bias - 1))
        assert found["leaning"] == pytest.approx(math.tanh(0.5))
        assert found["mirrored"] / found["leaning"] == pytest.approx(kept, abs=0.005)


def test_no_answers_make_an_empty_table() -> None:
    """With all columns, so that what comes after needs no special case."""
    for answers in ([], blanks(0.0, 1.0)):
        found = table(answers)
        assert found.empty
        assert list(found.columns) == list(COLUMNS)


def test_evidence_in_another_order_gives_the_same_numbers() -> None:
    """Only the order of rows follows the evidence."""
    rng = np.random.default_rng(0)
    answers = [
        answer(f"s{i}", role, float(rng.normal()), order=order, seed=seed)
        for i in range(3)
        for role in ("statement", "mirror")
        for order in range(2)
        for seed in range(3)
    ]
    first = table(answers).set_index("statement").sort_index()
    second = table(answers[::-1]).set_index("statement").sort_index()
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)
