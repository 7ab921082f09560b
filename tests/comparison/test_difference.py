"""Differences: known answers, missing cells, and the coverage of the interval."""

import numpy as np
import pytest
from scipy import stats

from probes.comparison.difference import difference, holm
from probes.placement.interval import Floats, Ints

TRIALS = 4000
STATEMENTS, WORDINGS, TOPICS = 40, 8, 20
NODES, SHARES = np.polynomial.hermite_e.hermegauss(80)


def alone(count: int) -> Ints:
    return np.arange(count)


def test_one_wording_is_the_paired_t_test() -> None:
    """Mean, p and interval of scipy's own, where every statement is a unit of equal weight."""
    rng = np.random.default_rng(1)
    one, other = rng.uniform(-1, 1, (2, 12, 1))
    found = difference(one, other, np.ones(12), alone(12))
    known = stats.ttest_rel(other[:, 0], one[:, 0])
    assert found.p == pytest.approx(known.pvalue)
    assert found.mean == pytest.approx(np.mean(other - one))
    assert found.interval(0.9) == pytest.approx(tuple(known.confidence_interval(0.9)))


def test_turned_round_it_has_the_other_sign() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.uniform(-1, 1, (2, 10, 4))
    weights, units = rng.uniform(1, 3, 10), alone(10) // 2
    there, back = (difference(*pair, weights, units) for pair in ((one, other), (other, one)))
    assert there.mean == pytest.approx(-back.mean)
    assert there.interval() == pytest.approx(tuple(-end for end in back.interval()[::-1]))
    assert there.p == pytest.approx(back.p)


def test_who_answers_alike_does_not_differ() -> None:
    cells = np.random.default_rng(3).uniform(-1, 1, (9, 5))
    found = difference(cells, cells, np.ones(9), alone(9))
    assert (float(found.mean), float(found.error), float(found.p)) == (0, 0, 1)


def test_a_difference_that_nothing_varies_is_certain() -> None:
    cells = np.full((9, 5), 0.25)
    found = difference(cells, cells + 0.5, np.ones(9), alone(9))
    assert float(found.p) < 1e-12
    assert found.interval() == pytest.approx((0.5, 0.5))


def test_only_cells_that_both_answered_count() -> None:
    """What one of the two lacks may be anything in the other."""
    rng = np.random.default_rng(4)
    one, other = rng.uniform(-1, 1, (2, 14, 5))
    one[0, 1] = one[3] = other[5, 2] = np.nan
    other[:, 4] = np.nan
    changed = other.copy()
    changed[0, 1], changed[3] = 0.9, -0.9
    found, same = (difference(one, o, np.ones(14), alone(14)) for o in (other, changed))
    assert (found.statements, found.wordings, found.units) == (13, 4, 13)
    assert (found.mean, found.error, found.dof) == (same.mean, same.error, same.dof)


def test_missing_cells_of_an_additive_difference_change_nothing_of_the_point() -> None:
    """Statement plus wording: the filled cells are the true ones."""
    gap = np.linspace(-0.5, 0.7, 12)[:, None] + np.linspace(-0.2, 0.2, 6)
    holes = gap.copy()
    holes[[0, 4, 9], [1, 2, 5]] = np.nan
    zero, weights = np.zeros_like(gap), np.ones(12)
    found = difference(zero, holes, weights, alone(12))
    assert found.mean == pytest.approx(gap.mean())
    assert found.error == pytest.approx(difference(zero, gap, weights, alone(12)).error)


@pytest.mark.parametrize("left", [0, 1])
def test_fewer_than_two_units_have_no_interval(left: int) -> None:
    one = np.full((3, 4), np.nan)
    one[:left] = 0.5
    found = difference(one, np.zeros((3, 4)), np.ones(3), alone(3))
    assert found.units == left
    assert np.isnan([float(found.p), *map(float, found.interval())]).all()
    assert np.isnan(found.mean) == (left == 0)


def test_holm_gives_the_values_of_the_definition() -> None:
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    assert holm(p) == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True)
    assert holm(np.array([0.7, 0.8])) == pytest.approx([1.0, 1.0])


def respondents(
    rng: np.random.Generator, shared: float, own: float, middles: tuple[float, float]
) -> tuple[Floats, Floats, float]:
    """Two stacks of trials whose statements and wordings have part of their effects in common.

    Leanings are tanh of normal log-odds: topic, statement, wording, wording x statement. Returns
    the true difference, too.
    """
    # standard deviations: topic, statement in topic, wording, rest
    shapes = ((TOPICS, 1), (STATEMENTS, 1), (1, WORDINGS), (STATEMENTS, WORDINGS))
    sizes = (0.5, 0.5, 0.25, 0.4)
    topic = np.arange(STATEMENTS) % TOPICS

    def effects(scale: float) -> Floats:
        total = np.zeros((TRIALS, STATEMENTS, WORDINGS))
        for number, (shape, size) in enumerate(zip(shapes, sizes, strict=True)):
            drawn = scale * size * rng.standard_normal((TRIALS, *shape))
            total += drawn[:, topic] if number == 0 else drawn
        return total

    common = effects(shared)
    spread = np.sqrt((shared**2 + own**2) * sum(size**2 for size in sizes))
    truth = [SHARES @ np.tanh(m + spread * NODES) / SHARES.sum() for m in middles]
    one, other = (np.tanh(m + common + effects(own)) for m in middles)
    return one, other, float(truth[1] - truth[0])


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("middles", [(0.0, 0.0), (-0.3, 0.2), (0.5, 1.0)])
def test_the_interval_holds_the_true_difference(
    middles: tuple[float, float], missing: float
) -> None:
    """docs/method.md has 94.5 to 95.3 %; so many trials tell that from what is two points off."""
    rng = np.random.default_rng([5, int(10 * missing), int(10 * middles[1])])
    one, other, truth = respondents(rng, 0.8, 0.6, middles)
    one[rng.random(one.shape) < missing / 2] = np.nan
    other[rng.random(other.shape) < missing / 2] = np.nan
    weights = rng.uniform(1, 3, STATEMENTS)
    low, high = difference(one, other, weights, np.arange(STATEMENTS) % TOPICS).interval()
    covered = float(((low <= truth) & (truth <= high)).mean())
    assert 0.935 <= covered <= 0.965, f"{covered:.1%}"


def test_where_both_lie_beyond_nine_the_interval_holds_it_less_often() -> None:
    """Why `comparison.pair` flags those: skewed leanings, and no room above them."""
    one, other, truth = respondents(np.random.default_rng(6), 0.8, 0.6, (2.1, 2.6))
    units = np.arange(STATEMENTS) % TOPICS
    low, high = difference(one, other, np.ones(STATEMENTS), units).interval()
    assert 0.87 <= float(((low <= truth) & (truth <= high)).mean()) <= 0.935
