"""Gates: opposition, sides, content, controls and consistency, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from probes.placement import gates
from probes.types import Axis, Statement, StatementSet

NONE = np.empty((0, 0))
RNG = np.random.default_rng


def of(text: list[float], mirror: list[float]) -> gates.Variation:
    """Opposition of these answers in one wording."""
    a, b = np.array(text)[:, None], np.array(mirror)[:, None]
    return gates.opposition((a - b) / 2, (a + b) / 2)


def test_opposition_is_minus_the_intraclass_correlation() -> None:
    """d = 1, -1, 2 and m = 0, 1, -1: D = 6 / 3, B = 2 / 2; F(3, 2) = 2."""
    found = of([1.0, 0.0, 1.0], [-1.0, 2.0, -3.0])
    assert found.value == pytest.approx((2 - 1) / (2 + 1))
    assert found.p == pytest.approx(float(stats.f.sf(2, 3, 2)))


def test_the_opposite_the_same_and_the_same_to_everything() -> None:
    """The ends of the scale; who says the same to everything opposes nothing."""
    assert of([1.0, -2.0, 0.5], [-1.0, 2.0, -0.5]) == gates.Variation(1.0, 0.0)
    assert of([1.0, -2.0, 0.5], [1.0, -2.0, 0.5]) == gates.Variation(-1.0, 1.0)
    assert of([3.0, 3.0, 3.0], [3.0, 3.0, 3.0]) == gates.Variation(0.0, 1.0)
    assert not of([3.0], [-3.0]).known


def test_gates_do_not_ask_which_text_is_called_the_statement() -> None:
    """Any pairs may be turned, and all: one who is keyed one way is judged alike."""
    rng = RNG(3)
    difference, mean = 1 + rng.normal(size=(2, 12, 4))
    difference[0, 1] = mean[0, 1] = np.nan
    turned = np.where(rng.random(12) < 0.5, -1.0, 1.0)[:, None] * difference
    for judge in (
        lambda d: gates.opposition(d, mean),
        lambda d: gates.content(d, NONE),
        lambda d: gates.sided(d, mean),
    ):
        assert judge(turned) == judge(difference)


def test_yes_bias_of_a_wording_does_not_move_opposition() -> None:
    """Also where cells are missing: not every pair was answered in the wording that says yes."""
    rng = RNG(0)
    difference, mean = rng.normal(size=(30, 4)), 0.3 * rng.normal(size=(30, 4))
    biased = mean + np.array([9.0, -9.0, 0.0, 3.0])
    exact = gates.opposition(difference, mean)
    assert gates.opposition(difference, biased).value == pytest.approx(exact.value)
    missing = rng.random((30, 4)) < 0.1
    difference[missing] = biased[missing] = np.nan
    assert gates.opposition(difference, biased).value > 0.6


def test_readers_of_unrelated_texts_pass_one_time_in_a_hundred() -> None:
    """The exact null: a random number a text, 80 pairs."""
    text, mirror = RNG(5).normal(size=(2, 2000, 80, 1))
    p = np.array(
        [gates.opposition((a - b) / 2, (a + b) / 2).p for a, b in zip(text, mirror, strict=True)]
    )
    assert 0.004 < (p <= 0.01).mean() < 0.017
    assert 0.46 < (p <= 0.5).mean() < 0.54


def test_sided_is_the_share_of_opposite_answers() -> None:
    """Both yes, yes and no, and one side missing."""
    text, mirror = np.array([[2.0, 1.0, 1.0]]), np.array([[1.0, -3.0, np.nan]])
    assert gates.sided((text - mirror) / 2, (text + mirror) / 2) == 0.5
    assert np.isnan(gates.sided(NONE, NONE))


def test_content_of_pairs_is_about_zero() -> None:
    """Means 1, -2, 3 in three wordings, each with a rest of -1, 0, 1: 42 / 3 and 6 / 6."""
    lam = np.array([[1.0], [-2.0], [3.0]]) + np.array([-1.0, 0.0, 1.0])
    found = gates.content(lam, NONE)
    assert found.value == pytest.approx(1 - 1 / 14)
    assert found.p == pytest.approx(float(stats.f.sf(14, 3, 6)))


def test_content_without_mirrors_is_hoyts_reliability() -> None:
    """Means 1, 3, 5: MS_statement = 3 x 8 / 2 = 12, MS_rest = 2 / 4, so F(2, 4) = 24."""
    answers = np.array([[0.0, 1.0, 2.0], [2.0, 4.0, 3.0], [5.0, 5.0, 5.0]])
    found = gates.content(NONE, answers)
    assert found.value == pytest.approx(1 - 0.5 / 12)
    assert found.p == pytest.approx(1 / 169)  # with two degrees of freedom, (1 + 2 F / 4)^-2


def test_content_without_mirrors_ignores_bias_of_a_wording() -> None:
    """A wording that shifts every answer alike changes nothing."""
    answers = RNG(0).normal(size=(8, 4))
    shifted = answers + np.array([3.0, -1.0, 0.0, 9.0])
    exact = gates.content(NONE, answers)
    assert gates.content(NONE, shifted).value == pytest.approx(exact.value)


def test_content_with_missing_cells_tests_statements_after_wordings() -> None:
    """A wording that only some statements answered does not pass for content."""
    lam = np.array([[0.0, 0.1, 5.0], [0.1, 0.0, 5.1], [0.0, 0.1, np.nan], [0.1, 0.0, np.nan]])
    assert gates.content(NONE, lam).p > 0.5


def test_the_same_answer_to_everything_has_no_content() -> None:
    """Not a division of rounding by rounding: 0, with p = 1."""
    assert gates.content(NONE, np.full((5, 4), 0.3)) == gates.Variation(0.0, 1.0)
    assert gates.content(np.zeros((5, 4)), NONE) == gates.Variation(0.0, 1.0)
    two = np.repeat([[0.1], [0.9]], 3, axis=1)
    assert gates.content(two, NONE) == gates.content(NONE, two) == gates.Variation(1.0, 0.0)


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (0, 0)])
def test_content_that_cannot_be_told_is_empty(shape: tuple[int, int]) -> None:
    """One wording says nothing about the other; nor does one statement, if it has no mirror."""
    assert not gates.content(NONE, np.ones(shape)).known
    assert gates.content(np.ones(shape), NONE).known == (shape == (1, 5))


def test_consistency_leaves_the_wording_itself_out() -> None:
    """(1, 1, -5): the first two have others below 0, the third has others above: none agrees."""
    assert gates.consistency(np.array([[1.0, 1.0, -5.0]])) == 0
    assert gates.consistency(np.array([[1.0, 1.0, -1.5], [2.0, 1.0, 3.0]])) == pytest.approx(0.5)
    assert np.isnan(gates.consistency(np.ones((4, 2))))


def controls(means: list[float]) -> tuple[pd.DataFrame, StatementSet]:
    """A pair each, agreeing with which is right in half of them; `means` along the truth."""
    truth = [1.0 if i % 2 else -1.0 for i in range(len(means))]
    statements = tuple(
        Statement(f"c{i}", "text", {"truth": t}, mirror="mirror") for i, t in enumerate(truth)
    )
    rows = pd.DataFrame(
        {
            "role": "control",
            "statement": [s.id for s in statements for _ in range(2)],
            "lam": [m * t + d for m, t in zip(means, truth, strict=True) for d in (-0.1, 0.1)],
        }
    )
    axes = (Axis("truth", "false", "true"),)
    return rows, StatementSet("controls", "Controls", "en", "CC0", axes, statements)


def test_control_is_the_share_of_right_signs() -> None:
    """15 of 20: exact interval 0.509 to 0.913, so it can tell; 14 of 20 cannot be sure."""
    found = gates.control(*controls([1.0] * 15 + [-1.0] * 5))
    assert (found.share, found.low, found.high) == pytest.approx((0.75, 0.50895, 0.91343), abs=1e-5)
    assert found.tells
    assert not gates.control(*controls([1.0] * 14 + [-1.0] * 6)).tells
    assert gates.control(*controls([1.0] * 20)).high == 1
    lost = gates.control(*controls([-1.0] * 20))
    assert lost.low == 0
    assert lost.reversed
    assert not gates.control(*controls([1.0] * 6 + [-1.0] * 14)).reversed


def test_few_controls_cannot_tell_and_none_are_no_gate() -> None:
    """Six right ones are the fewest that exclude guessing; those without answers do not count."""
    assert gates.control(*controls([1.0] * 6)).tells
    for means in ([1.0] * 5, [np.nan] * 20):
        found = gates.control(*controls(means))
        assert found.few
        assert not found.tells
    rows, statements = controls([1.0] * 20)
    for unasked in (gates.control(rows, None), gates.control(rows.iloc[:0], statements)):
        assert np.isnan(unasked.share)
        assert unasked.tells
