"""The formulas of `placement.interval`, against numbers worked out by hand and known truths."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from probes.placement.interval import (
    AxisEstimate,
    additive,
    averaging,
    bounds,
    filled,
    interval,
    spread,
)
from probes.placement.joint_region import covariance, crossed, radius

ONE_EACH = np.arange(2)
EVEN = np.ones(2)
unhurried = settings(deadline=None)


def grid(seed: int, statements: int = 6, wordings: int = 4, holes: float = 0.0) -> np.ndarray:
    """Leanings; every statement and wording has a cell."""
    rng = np.random.default_rng(seed)
    cells = np.tanh(rng.normal(size=(statements, wordings)))
    gone = rng.random(cells.shape) < holes
    np.fill_diagonal(gone, val=False)
    gone[:, 0] &= ~gone.all(axis=1)
    return np.where(gone, np.nan, cells)


def test_wordings_that_differ_add_their_variance() -> None:
    """z = (.6 .4 .2), (.2 0 -.2): m = .2, S = 2 x (.25 x .04 x 2) = .04, B = .04 / 3, E = 0."""
    found = spread(np.array([[0.6, 0.4, 0.2], [0.2, 0.0, -0.2]]), EVEN, ONE_EACH)
    assert found.mean == pytest.approx(0.2)
    assert found.wording_means == pytest.approx([0.4, 0.2, 0.0])
    assert found.between_units == pytest.approx(0.04)
    assert found.between_wordings == pytest.approx(0.04 / 3)
    assert found.rest == pytest.approx(0.0)
    v = 0.04 + 0.04 / 3
    assert found.variance == pytest.approx(v)
    # n* = 2: nu = V^2 / (S^2 / 1 + B^2 / 2)
    assert found.dof == pytest.approx(v**2 / (0.04**2 + (0.04 / 3) ** 2 / 2))


def test_noise_between_wordings_is_not_counted_twice() -> None:
    """z = (.3 .1 .2), (-.1 .1 0): the wordings' means are equal, so V = S and nu = n* - 1."""
    found = spread(np.array([[0.3, 0.1, 0.2], [-0.1, 0.1, 0.0]]), EVEN, ONE_EACH)
    assert found.between_wordings == pytest.approx(0.0)
    assert found.rest == pytest.approx(2 * 2 * 0.25 * 0.02 / (2 * 3))
    assert found.variance == pytest.approx(0.01)
    assert found.dof == pytest.approx(1.0)


def test_filled_cells_leave_no_residual() -> None:
    """One of (2 - 1) x (3 - 1) degrees of freedom was filled in: E doubles."""
    cells = np.array([[0.3, 0.1, 0.2], [-0.1, 0.1, 0.0]])
    whole, gappy = (spread(cells, EVEN, ONE_EACH, gaps) for gaps in (0, 1))
    assert gappy.rest == pytest.approx(2 * float(whole.rest))


def test_topics_are_weighted_by_their_statements() -> None:
    """Weights 1, 1, 2 in topics (a, a, b): both have half, and n* = 2."""
    cells = np.array([[0.4] * 3, [0.0] * 3, [0.6] * 3])
    found = spread(cells, np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]))
    assert found.unit_weights == pytest.approx([0.5, 0.5])
    assert found.unit_means == pytest.approx([0.2, 0.6])
    assert found.mean == pytest.approx(0.4)
    assert found.between_units == pytest.approx(2 * 0.25 * (0.04 + 0.04))
    assert found.dof == pytest.approx(1.0)


def test_below_three_wordings_only_statements_count() -> None:
    """B and E are 0, however far two wordings are apart."""
    found = spread(np.array([[0.9, -0.5], [0.8, -0.8]]), EVEN, ONE_EACH)
    assert found.variance == pytest.approx(float(found.between_units))
    assert found.between_wordings == found.rest == 0


def test_the_interval_is_on_fishers_scale() -> None:
    """m = .2, V = .16 / 3, nu = 1.684: tanh(artanh m +- t sqrt(V) / (1 - m^2))."""
    cells = np.array([[0.6, 0.4, 0.2], [0.2, 0.0, -0.2]])
    low, high, found = interval(cells, EVEN, ONE_EACH)
    half = stats.t.ppf(0.975, float(found.dof)) * np.sqrt(0.16 / 3) / 0.96
    assert low == pytest.approx(np.tanh(np.arctanh(0.2) - half))
    assert high == pytest.approx(np.tanh(np.arctanh(0.2) + half))


def test_a_narrower_level_gives_a_narrower_interval() -> None:
    """90 % lies within 95 %, as equivalence needs it."""
    cells = grid(1)
    wide = interval(cells, np.ones(6), np.arange(6))[:2]
    narrow = interval(cells, np.ones(6), np.arange(6), level=0.9)[:2]
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_perfect_agreement_is_no_certainty() -> None:
    """All cells at +1: two statements are added, so n = 40 leaves room down to about 0.85."""
    low, high, found = interval(np.ones((40, 4)), np.ones(40), np.arange(40))
    # mean 40/42; S of the 42: U/(U-1) sum (1/42)^2 (z - 40/42)^2, with t of 41
    values = np.array([1.0] * 41 + [-1.0])
    deviation = np.sqrt(42 / 41 * ((values - values.mean()) ** 2).sum()) / 42
    assert low == pytest.approx(40 / 42 - stats.t.ppf(0.975, 41) * deviation)
    assert high == 1
    assert found.mean == pytest.approx(1)


def test_additive_cells_are_recovered() -> None:
    """Statement + wording leaves nothing to guess where the pattern is exact."""
    exact = np.add.outer([0.1, -0.2, 0.3], [0.0, 0.1, -0.1, 0.2])
    holes = exact.copy()
    holes[0, 1] = holes[2, 3] = holes[1, 0] = np.nan
    assert filled(holes) == pytest.approx(exact)


@unhurried
@given(st.integers(0, 10**6))
def test_filling_is_least_squares(seed: int) -> None:
    """The fit to the cells that are there equals that of a regression on dummies."""
    cells = grid(seed, holes=0.3)
    rows, columns = np.nonzero(np.isfinite(cells))
    design = np.zeros((len(rows), 10))
    design[np.arange(len(rows)), rows] = design[np.arange(len(rows)), 6 + columns] = 1
    answer = np.linalg.lstsq(design, cells[rows, columns], rcond=None)[0]
    assert additive(cells)[rows, columns] == pytest.approx(design @ answer, abs=1e-9)


def test_a_stack_of_trials_is_each_trial() -> None:
    """Simulations run many trials at once: the same numbers as one by one."""
    stack = np.stack([grid(seed, holes=0.2) for seed in range(5)])
    weights, units = np.arange(1.0, 7.0), np.array([0, 0, 1, 1, 2, 2])
    gaps = np.isnan(stack).sum(axis=(1, 2))
    low, high, _ = interval(filled(stack), weights, units, gaps)
    for i, cells in enumerate(stack):
        alone = interval(filled(cells), weights, units, int(gaps[i]))
        assert (low[i], high[i]) == pytest.approx((float(alone[0]), float(alone[1])))


def test_wordings_of_a_lexicon_are_one_column() -> None:
    """From three lexicons on; below, each wording is a column, and the mean is plain."""
    average = averaging(["agree", "yes", "agree", "true"])
    assert average.tolist() == [[0.5, 0, 0], [0, 1, 0], [0.5, 0, 0], [0, 0, 1]]
    assert averaging(["agree", "yes", "agree"]).tolist() == np.eye(3).tolist()


@unhurried
@given(st.integers(0, 10**6), st.floats(0, 3), st.floats(0, 0.4))
def test_interval_and_bounds_hold_the_point(seed: int, lift: float, holes: float) -> None:
    """Within [-1, 1], however extreme, and whatever is missing."""
    cells = np.tanh(np.arctanh(grid(seed, holes=holes)) + lift)
    weights = np.arange(1.0, 7.0)
    low, high, found = interval(filled(cells), weights, np.arange(6), int(np.isnan(cells).sum()))
    assert -1 <= low <= found.mean <= high <= 1
    worst, best = bounds(cells, weights)
    assert -1 <= worst <= float(found.mean) + 1e-12
    assert float(found.mean) <= best + 1e-12 <= 1 + 1e-9


@unhurried
@given(st.integers(0, 10**6), st.permutations(range(6)), st.permutations(range(4)))
def test_order_does_not_matter(seed: int, rows: list[int], columns: list[int]) -> None:
    """Statements and wordings are sets: any order gives the same interval."""
    cells, weights, units = grid(seed), np.arange(1.0, 7.0), np.array([0, 0, 1, 1, 2, 2])
    plain = interval(cells, weights, units)
    turned = interval(cells[np.ix_(rows, columns)], weights[rows], units[rows])
    for a, b in zip(plain[:2], turned[:2], strict=True):
        assert a == pytest.approx(float(b), abs=1e-9)


@unhurried
@given(st.integers(0, 10**6), st.floats(0, 2))
def test_turning_the_axis_turns_the_interval(seed: int, lift: float) -> None:
    """The other pole's low is this pole's high, negated; near the edges too."""
    cells = np.tanh(np.arctanh(grid(seed)) + lift)
    low, high, _ = interval(cells, np.ones(6), np.arange(6))
    other_low, other_high, _ = interval(-cells, np.ones(6), np.arange(6))
    assert (low, high) == pytest.approx((-float(other_high), -float(other_low)), abs=1e-9)


def test_bounds_by_hand() -> None:
    """Weights 1 and 3; one of two cells of the second statement is missing."""
    cells = np.array([[0.5, 0.1], [0.2, np.nan]])
    assert bounds(cells, np.array([1.0, 3.0])) == pytest.approx(
        (0.25 * 0.3 + 0.75 * (0.2 - 1) / 2, 0.25 * 0.3 + 0.75 * (0.2 + 1) / 2)
    )


def test_covariance_comes_from_shared_wordings() -> None:
    """Two axes whose wording means move together, .4 .2 0 and .3 .2 .1: sum of products .04."""
    x = spread(np.array([[0.6, 0.4, 0.2], [0.2, 0.0, -0.2]]), EVEN, ONE_EACH)
    y = spread(np.array([[0.4, 0.3, 0.2], [0.2, 0.1, 0.0]]), EVEN, ONE_EACH)
    assert covariance(x, y, np.zeros(())) == pytest.approx(0.04 / (2 * 3))


def test_covariance_is_no_larger_than_wording_variances_allow() -> None:
    """An axis whose wordings differ by noise alone cannot covary through wordings."""
    x = spread(np.array([[0.6, 0.4, 0.2], [0.2, 0.0, -0.2]]), EVEN, ONE_EACH)
    noise = spread(np.array([[0.9, 0.1, 0.2], [-0.6, 0.1, 0.0]]), EVEN, ONE_EACH)
    assert noise.between_wordings < noise.rest
    assert covariance(x, noise, np.zeros(())) == 0


def test_statements_that_load_on_both_axes_covary() -> None:
    """An axis against itself: the units' cross-product is its own S; against its mirror, -S."""
    x = spread(grid(3), np.arange(1.0, 7.0), np.arange(6))
    y = spread(-grid(3), np.arange(1.0, 7.0), np.arange(6))
    every = np.stack([np.arange(6)] * 2, axis=1)
    assert crossed(x, x, every) == pytest.approx(float(x.between_units))
    assert crossed(x, y, every) == pytest.approx(-float(x.between_units))
    assert crossed(x, y, every[:0]) == 0
    # an ellipse stays one: |cov| is at most the product of the standard deviations
    assert abs(covariance(x, y, 10 * crossed(x, y, every))) <= x.variance + 1e-15


def dof(nu: float) -> AxisEstimate:
    """Of four wordings that differ by more than noise, and twenty units."""
    one, none = np.ones(()), np.zeros(())
    weights = np.full(20, 1 / 20)
    return AxisEstimate(one, np.ones(4), one, weights, one, one, none, one, np.asarray(nu))


def test_the_radius_is_hotellings() -> None:
    """nu = 10: 2 x 10 / 9 x F(2, 9; .95) = 9.459; many degrees of freedom: chi-squared, 5.991."""
    assert radius(dof(10), dof(30)) ** 2 == pytest.approx(20 / 9 * 4.25649, rel=1e-5)
    assert radius(dof(1e7), dof(1e7)) ** 2 == pytest.approx(5.99146, rel=1e-5)
    assert radius(dof(1), dof(1)) == radius(dof(3), dof(5))


def test_noise_in_single_cells_does_not_make_a_joint_region_as_large_as_the_scale() -> None:
    """B just above E may leave nu near 1; the units have 19, until the F test finds wordings."""
    by_chance = replace(dof(1.2), rest=np.asarray(0.9))
    assert radius(by_chance, by_chance) == radius(dof(19), dof(19))
    assert radius(dof(1.2), by_chance) == radius(dof(3), dof(3))
