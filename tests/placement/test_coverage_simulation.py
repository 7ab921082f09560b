"""Do the intervals keep their promise, and does the method find what was planted?

The world that is sampled. A cell is `tanh(lambda / 2)` with, in log-odds along the key,
`lambda = opinion + topic + statement + wording + rest`, all Gaussian: ten topics of four
statements, opinions that differ between statements with standard deviation 3.5 (a share
`correlation` of the variance is topic), wordings with 0.5, statement x wording with 1. The truth is
the expectation over all of these, by Gauss-Hermite quadrature: other statements on other topics,
other wordings. docs/method.md asks for 4,000 trials; here that is 4,000 a condition and truth, with
one seed a condition.

How far opinions differ is not in docs/method.md. Standard deviations of 1 to 4 were measured: up to
|truth| = 6 coverage is 93.3 to 96.8 % whatever it is; at 7.2, where the widening for edges sets in,
it falls from at most 98.5 % (1: wider than need be) to at least 92.9 % (4). 3.5 gives what
docs/method.md reports, 93.3 to 97.2 %; a test of its own says what holds for narrow spreads.
"""

from itertools import product

import numpy as np
import pytest
from scipy import optimize, stats

from probes.placement import gates
from probes.placement.interval import (
    Floats,
    additive,
    bounds,
    covariance,
    filled,
    interval,
    radius,
    spread,
)

TRIALS = 4000
TOPICS, EACH = 10, 4
UNITS = np.repeat(np.arange(TOPICS), EACH)
OPINION, WORDING, REST = 3.5, 0.5, 1.0
NARROW = 1.5
CONDITIONS = list(product((4, 8), (0.0, 0.5), (0.0, 0.1), (False, True)))
DAILY = ((4, 0.0, 0.0, True), (4, 0.5, 0.1, False), (8, 0.0, 0.1, True), (8, 0.5, 0.0, False))
"""Each value of each factor twice; the whole grid is for `pytest -m soak`."""


def grid(*conditions: tuple[int, float, float, bool]) -> pytest.MarkDecorator:
    """A test a condition, of which only the daily ones are always run."""
    return pytest.mark.parametrize(
        "condition",
        [pytest.param(c, marks=() if c in DAILY else pytest.mark.soak) for c in conditions],
    )


def opinion(truth: float, deviation: float) -> float:
    """The mean log-odds whose expected leaning, over everything that varies, is `truth` / 10."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    total = np.sqrt(deviation**2 + WORDING**2 + REST**2)

    def miss(mean: float) -> float:
        leaning = np.tanh((mean + total * nodes) / 2)
        return 10 * float(weights @ leaning) / float(weights.sum()) - truth

    return float(optimize.brentq(miss, -40, 40))


def sample(
    rng: np.random.Generator,
    truth: float,
    correlation: float,
    effect: Floats,
    deviation: float = OPINION,
) -> Floats:
    """Leanings ``(TRIALS, statements, wordings)``; `effect` of the wordings, a row a trial."""
    topic = rng.normal(size=(TRIALS, TOPICS))[:, UNITS] * np.sqrt(correlation)
    own = rng.normal(size=(TRIALS, len(UNITS))) * np.sqrt(1 - correlation)
    rest = rng.normal(size=(TRIALS, len(UNITS), effect.shape[1])) * REST
    statement = opinion(truth, deviation) + deviation * (topic + own)
    return np.tanh((statement[..., None] + effect[:, None, :] + rest) / 2)


def punched(rng: np.random.Generator, cells: Floats, missing: float) -> Floats:
    """`cells` with a share missing at random, never all of a statement."""
    gone = rng.random(cells.shape) < missing
    gone[..., 0] &= ~gone.all(axis=-1)
    return np.where(gone, np.nan, cells)


def trials(
    truth: float, condition: tuple[int, float, float, bool], deviation: float = OPINION
) -> tuple[Floats, Floats]:
    """Cells of every trial under a condition, some of them missing, and statement weights."""
    wordings, correlation, missing, weighted = condition
    rng = np.random.default_rng(CONDITIONS.index(condition))
    effect = rng.normal(size=(TRIALS, wordings)) * WORDING
    cells = sample(rng, truth, correlation, effect, deviation)
    weights = rng.uniform(1, 3, len(UNITS)) if weighted else np.ones(len(UNITS))
    return punched(rng, cells, missing), weights


def covered(cells: Floats, weights: Floats, truth: float, units: np.ndarray = UNITS) -> float:
    """Percent of trials whose 95 % interval holds the truth."""
    missing = np.isnan(cells).sum(axis=(-1, -2))
    low, high, _ = interval(filled(cells), weights, units, missing)
    return 100 * float(np.mean((10 * low <= truth) & (truth <= 10 * high)))


@grid(*CONDITIONS)
def test_intervals_cover(condition: tuple[int, float, float, bool]) -> None:
    """92.5 to 97.5 % of 95 % intervals hold a truth up to 7.2, and at least 92.5 % one beyond."""
    for truth in (0.0, -3.0, 6.0, 7.2):
        assert 92.5 <= covered(*trials(truth, condition), truth) <= 97.5, truth
    for truth in (8.0, -9.0):
        assert covered(*trials(truth, condition), truth) >= 92.5, truth


@grid(*CONDITIONS[::3], DAILY[0])
def test_intervals_of_narrow_opinions_err_to_the_wide_side(
    condition: tuple[int, float, float, bool],
) -> None:
    """Opinions closer together: as promised up to 6; near 7 they cover up to 98.5 %, never less."""
    for truth, most in ((0.0, 97.5), (6.0, 97.5), (7.2, 98.5)):
        assert 92.5 <= covered(*trials(truth, condition, NARROW), truth) <= most, truth


def test_statements_of_a_topic_are_not_independent() -> None:
    """With topics correlated 0.5, statements as units cover far too little; topics do."""
    cells, weights = trials(3.0, (8, 0.5, 0.0, False))
    assert covered(cells, weights, 3.0, np.arange(len(UNITS))) < 88
    assert covered(cells, weights, 3.0) > 92.5


def joint(pair: tuple[float, float], condition: tuple[int, float, float, bool]) -> list[float]:
    """Percent of joint 95 % ellipses that hold the truth; and with t^2 for the radius."""
    wordings, correlation, missing, _ = condition
    rng = np.random.default_rng(100 + CONDITIONS.index(condition))
    # a wording pulls both axes: its effects on them correlate by one half
    shared, *own = rng.normal(size=(3, TRIALS, wordings)) * WORDING * np.sqrt(0.5)
    found = []
    for truth, effect in zip(pair, own, strict=True):
        cells = sample(rng, truth, correlation, shared + effect)
        cells = punched(rng, cells, missing)
        gaps = np.isnan(cells).sum(axis=(-1, -2))
        found.append(spread(filled(cells), np.ones(len(UNITS)), UNITS, gaps))
    x, y = found
    cov = covariance(x, y, np.zeros(TRIALS))
    dx, dy = x.mean - pair[0] / 10, y.mean - pair[1] / 10
    squared = dx**2 * y.variance - 2 * dx * dy * cov + dy**2 * x.variance
    squared /= x.variance * y.variance - cov**2
    naive = stats.t.ppf(0.975, np.minimum(x.dof, y.dof))
    return [100 * float(np.mean(squared <= r**2)) for r in (radius(x, y), naive)]


@grid(*(c for c in CONDITIONS if not c[3]))
def test_ellipses_cover(condition: tuple[int, float, float, bool]) -> None:
    """94 to 97.5 % of joint ellipses hold truths up to 4; with t^2 far fewer would."""
    for pair in ((0.0, 0.0), (2.0, -4.0)):
        ellipse, naive = joint(pair, condition)
        assert 94 <= ellipse <= 97.5, pair
        assert naive < 90, pair


def test_ellipses_near_an_edge_fall_short() -> None:
    """What is known to be weak: an ellipse is symmetric where leanings are skewed, so that at
    (6, 7.2) it holds the truth in 88 to 95 % only. The intervals allow for it."""
    shares = [joint((6.0, 7.2), c)[0] for c in CONDITIONS if not c[3]]
    assert 86 < min(shares) < 94 < max(shares)


def test_bounds_with_interval_cover_refusals_of_one_side() -> None:
    """Where only answers to one side are refused, the point is off, yet minimum and maximum
    widened by the interval's half-width hold the truth in 95 % of the trials at least (98)."""
    truth, condition = 2.0, (4, 0.0, 0.0, False)  # about a sixth of the answers is refused
    cells, weights = trials(truth, condition)
    rng = np.random.default_rng(5)
    refused = (cells > 0.5) & (rng.random(cells.shape) < 0.35)
    refused[..., 0] &= ~refused.all(axis=-1)
    cells = np.where(refused, np.nan, cells)
    low, high, found = interval(filled(cells), weights, UNITS, np.isnan(cells).sum(axis=(-1, -2)))
    ends = np.array([bounds(trial, weights) for trial in cells])
    half = (high - low) / 2
    inside = (10 * (ends[:, 0] - half) <= truth) & (truth <= 10 * (ends[:, 1] + half))
    assert abs(10 * float(found.mean.mean()) - truth) > 0.2
    assert inside.mean() >= 0.95


def test_a_content_blind_model_is_not_placed() -> None:
    """Noise that does not depend on the statement passes the F-test of content in 1 % of models,
    and a statement's own answer that outweighs the noise passes it; with mirrors or without."""
    rng = np.random.default_rng(6)
    none, noise = np.empty((0, 6)), rng.normal(size=(1000, 40, 6))
    biased = noise + rng.normal(size=(1000, 1, 6))
    pairs, bare = [gates.content(c, none) for c in noise], [gates.content(none, c) for c in biased]
    for blind in (pairs, bare):
        assert 3 <= sum(c.p <= 0.01 for c in blind) <= 20
        assert -0.2 < np.median([c.value for c in blind]) < 0.2
    honest = gates.content(2 * rng.normal(size=(40, 1)) + rng.normal(size=(40, 6)), none)
    assert honest.value > 0.9
    assert honest.p < 0.01


def test_a_yes_sayer_with_a_leaning_is_found_in_log_odds_only() -> None:
    """A yes-bias of 4 hides a true leaning in probability space; in log-odds it cancels."""
    rng = np.random.default_rng(7)
    true = 1.0 + 0.5 * rng.normal(size=(40, 6))
    statement, mirror = 4 + true, 4 - true
    lam = (statement - mirror) / 2
    low, high, found = interval(np.tanh(lam / 2), np.ones(40), np.arange(40))
    expected = np.tanh(true / 2).mean()
    assert found.mean == pytest.approx(expected)
    assert 0 < low < expected < high
    mirrored = (np.tanh(statement / 2) - np.tanh(mirror / 2)).mean() / 2
    assert mirrored < 0.15 * expected


def test_missing_at_random_is_filled_without_bias() -> None:
    """The point of a grid with a tenth of its cells missing is the full grid's, on average."""
    cells, weights = trials(4.0, (8, 0.5, 0.0, False))
    gaps = punched(np.random.default_rng(8), cells, 0.1)
    shift = filled(gaps).mean(axis=(1, 2)) - cells.mean(axis=(1, 2))
    assert abs(float(shift.mean())) < 0.001
    assert np.isfinite(additive(gaps)).all()
    assert weights.sum() == len(UNITS)
