"""Gates: content, controls and consistency, by hand."""

import numpy as np
import pandas as pd
import pytest

from probes.placement import gates
from probes.types import Axis, Statement, StatementSet


def test_content_is_hoyts_reliability() -> None:
    """Means 1, 3, 5: MS_statement = 3 x 8 / 2 = 12, MS_rest = 2 / 4, so F(2, 4) = 24."""
    lam = np.array([[0.0, 1.0, 2.0], [2.0, 4.0, 3.0], [5.0, 5.0, 5.0]])
    found = gates.content(lam)
    assert found.value == pytest.approx(1 - 0.5 / 12)
    assert found.p == pytest.approx(1 / 169)  # with two degrees of freedom, (1 + 2 F / 4)^-2


def test_content_ignores_bias_of_a_wording() -> None:
    """A wording that shifts every answer alike changes nothing."""
    lam = np.random.default_rng(0).normal(size=(8, 4))
    shifted = lam + np.array([3.0, -1.0, 0.0, 9.0])
    assert gates.content(shifted).value == pytest.approx(gates.content(lam).value)


def test_content_with_missing_cells_tests_statements_after_wordings() -> None:
    """A wording that only some statements answered does not pass for content."""
    lam = np.array([[0.0, 0.1, 5.0], [0.1, 0.0, 5.1], [0.0, 0.1, np.nan], [0.1, 0.0, np.nan]])
    assert gates.content(lam).p > 0.5


def test_the_same_answer_to_everything_has_no_content() -> None:
    """Not a division of rounding by rounding: 0, with p = 1."""
    assert gates.content(np.full((5, 4), 0.3)) == gates.Content(0.0, 1.0)
    assert gates.content(np.repeat([[0.1], [0.9]], 3, axis=1)) == gates.Content(1.0, 0.0)


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (0, 0)])
def test_content_that_cannot_be_told_is_empty(shape: tuple[int, int]) -> None:
    """One wording, or one statement, says nothing about the other."""
    assert not gates.content(np.ones(shape)).known


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
    assert not found.blind
    assert gates.control(*controls([1.0] * 14 + [-1.0] * 6)).blind
    assert gates.control(*controls([1.0] * 20)).high == 1
    assert gates.control(*controls([-1.0] * 20)).low == 0


def test_controls_without_answers_are_empty() -> None:
    """No controls asked, or none answered: no share, and no verdict of blindness."""
    rows, statements = controls([np.nan] * 3)
    for found in (gates.control(rows, statements), gates.control(rows, None)):
        assert np.isnan(found.share)
        assert not found.blind
