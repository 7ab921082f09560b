"""Rates, AUC and calibration against hand-made tables and plain definitions."""

from itertools import product

import numpy as np
import pytest

from probes.downstream import metrics

POSITIVE = np.array([True, True, True, True, False, False, False, False, False])
FLAGGED = np.array([True, True, True, False, True, True, False, False, False])


def test_rates_are_those_of_the_four_counts() -> None:
    """3 found, 1 missed, 2 false alarms, 3 rightly left alone."""
    found = metrics.rates(np.ones(9), POSITIVE, FLAGGED)
    assert (float(found.positives), float(found.negatives)) == (4, 5)
    assert float(found.recall) == 3 / 4
    assert float(found.fpr) == 2 / 5
    assert float(found.accuracy) == 6 / 9
    assert float(found.f1) == 6 / 9  # 2 x 3 / (2 x 3 + 1 + 2)
    assert float(found.balanced) == pytest.approx((3 / 4 + 3 / 5) / 2)


def test_a_weight_counts_as_often_as_it_says() -> None:
    """A draw in which a text stands twice is the table with the text twice."""
    weights = np.array([[1, 1, 1, 1, 1, 1, 1, 1, 1], [2, 0, 1, 1, 3, 0, 1, 1, 0]], dtype=float)
    rows = np.repeat(np.arange(9), weights[1].astype(int))
    drawn = metrics.rates(weights, POSITIVE, FLAGGED)
    whole = metrics.rates(np.ones(len(rows)), POSITIVE[rows], FLAGGED[rows])
    for name in ("recall", "fpr", "accuracy", "f1"):
        assert getattr(drawn, name)[1] == pytest.approx(float(getattr(whole, name)))


def test_what_no_text_is_about_is_unknown() -> None:
    found = metrics.rates(np.ones(2), np.array([True, True]), np.array([True, False]))
    assert np.isnan(found.fpr)
    assert float(found.recall) == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_auc_is_the_share_of_pairs_in_order(seed: int) -> None:
    """Ties by half; weights as often as they say. Against the definition."""
    dice = np.random.default_rng(seed)
    score, positive = dice.integers(0, 5, 30) / 2, dice.random(30) < 0.4
    weights = dice.integers(0, 3, 30).astype(float)
    won = total = 0.0
    for i, j in product(range(30), repeat=2):
        if positive[i] and not positive[j]:
            total += weights[i] * weights[j]
            won += weights[i] * weights[j] * (score[i] > score[j]) + (
                weights[i] * weights[j] * (score[i] == score[j]) / 2
            )
    assert float(metrics.auc(weights, positive, score)) == pytest.approx(won / total)


def test_subgroup_aucs_mix_the_group_with_the_others() -> None:
    """A group whose negatives score above the others' positives: bpsn 0, and nothing else is."""
    positive = np.array([True, False, True, False])
    score, inside = np.array([4.0, 3.0, 2.0, 1.0]), np.array([True, True, False, False])
    found = metrics.subgroup_aucs(np.ones(4), positive, score, inside)
    assert {name: float(value) for name, value in found.items()} == {
        "auc": 1.0,
        "bpsn": 0.0,
        "bnsp": 1.0,
    }


def test_calibration_is_the_distance_a_bin() -> None:
    """Two right of four at 0.75, all four at 0.95: (4 x 0.25 + 4 x 0.05) / 8."""
    right = np.array([True, True, False, False, True, True, True, True])
    confidence = np.array([0.75] * 4 + [0.95] * 4)
    found = metrics.calibration(np.ones(8), right, confidence)
    assert float(found) == pytest.approx((4 * 0.25 + 4 * 0.05) / 8)


def test_several_classes_are_averaged() -> None:
    """Recalls 1, 1/2, 0; F1 2/3, 2/3, 0."""
    label, said = np.array([0, 1, 1, 2]), np.array([0, 1, 0, 1])
    balanced, macro = metrics.by_class(np.ones(4), label, said, 3)
    assert float(balanced) == pytest.approx(0.5)
    assert float(macro) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
