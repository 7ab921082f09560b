"""Do the intervals keep their promise, and does the method find what was planted?

The world that is sampled is that of `benchmarks.validity`; its whole grid is for `pytest -m soak`.
"""

import numpy as np
import pytest

from benchmarks.validity import __main__ as validity
from benchmarks.validity import ellipse, intervals, paired
from benchmarks.validity.world import COMPASS, World, analysed, covered, held
from probes.placement import gates
from probes.placement.interval import additive, filled, interval

DAILY = 1500
"""Trials of a condition: a percentage near 95 is then within 1.2 of the truth, 19 times of 20."""


@pytest.mark.soak
@pytest.mark.parametrize("part", ["intervals", "ellipse", "paired", "populations"])
def test_every_promise_is_kept(part: str) -> None:
    """The whole grid, 4,000 trials a number."""
    assert validity.main(["--dry", "--part", part]) == 0


@pytest.mark.parametrize(
    "condition", [(3.5, 4, 0.0, 0.0, 3.0), (2.0, 8, 0.5, 0.1, 1.0), (3.5, 8, 0.5, 0.0, 1.0)]
)
def test_intervals_cover(condition: tuple[float, ...]) -> None:
    """92.5 to 97.5 % of 95 % intervals hold a truth up to 6, and at least 92.5 % one beyond."""
    rows = list(intervals.grid(DAILY, 7, [condition]))
    assert len(rows) == 6
    assert all(row.kept for row in rows), rows


@pytest.mark.parametrize("topics", [(10,) * 3, (4,) * 5], ids=["three", "five"])
def test_topics_are_units_from_three_on(topics: tuple[int, ...]) -> None:
    """With statements as units far too few hold the truth."""
    world = World(topics=topics)
    assert 92.5 <= covered(world, 0.0, (1,), DAILY) <= 97.5
    cells, weights = world.trials(0.0, (1,), DAILY)
    low, high, _ = interval(cells, weights, np.arange(len(weights)))
    assert held(low, high, 0.0) < 85


def test_wordings_of_one_lexicon_are_averaged_first() -> None:
    """What words do to a model is in every wording that has them: counted apart, too few hold."""
    world = World(lexicons=(0, 1, 2, 3, 0, 0, 0, 0), lexicon=1.0)
    assert covered(world, 0.0, (2,), DAILY) > 93
    cells, weights = world.trials(0.0, (2,), DAILY)
    low, high, _ = interval(cells, weights, world.units)
    assert held(low, high, 0.0) < 90


@pytest.mark.parametrize("name", ["SD 3.5", "noise in single cells", "3 topics x 10"])
def test_joint_regions_cover(name: str) -> None:
    """Also in the corner, and without becoming as large as the scale."""
    world, _ = ellipse.WORLDS[name]
    for pair in ((0.0, 0.0), (8.0, 8.0)):
        inside, radii = ellipse.joint(world, pair, DAILY, 3)
        assert inside >= 91.5, pair
        assert radii.max() < 7.6


def test_differences_cover_and_equal_models_seldom_move() -> None:
    """Near the ends, where they are flagged, up to one true difference of four is missed."""
    kin = paired.KIN["opinions correlate 0.7"]
    for pair, least in (((0.0, 3.0), 92.5), ((7.0, 7.0), 92.5), ((9.0, 9.7), 75.0)):
        low, high = paired.compared(kin, pair, (4,), DAILY).interval()
        truth = (pair[1] - pair[0]) / 10
        assert 100 * np.mean((low <= truth) & (truth <= high)) >= least, pair
    world = World(topics=(4,) * 5)
    assert paired.false_moves(paired.Kin(world), 2, (DAILY, 5), world.units) < 7
    assert paired.false_moves(paired.Kin(world), 2, (DAILY, 5), np.arange(20)) > 10


def test_bounds_with_interval_cover_refusals_of_one_side() -> None:
    """Where only answers to one side are refused, the point is off, yet minimum and maximum
    widened by the interval's half-width hold the truth in 95 % of the trials at least (98)."""
    rows = list(intervals.refusals(600, 5))
    assert [row.unit for row in rows] == ["points", "%", "points", "%"]
    assert all(row.kept for row in rows), rows


def test_a_promise_that_is_not_kept_is_said(monkeypatch, capsys) -> None:
    """In the table, and by the exit status."""
    broken = [validity.Row("ten topics", "0", 80.0, 92.5, 97.5)]
    monkeypatch.setattr(intervals, "rows", lambda *_: iter(broken))
    assert validity.main(["--dry", "--part", "intervals"]) == 1
    assert "80.0 %" in (printed := capsys.readouterr().out)
    assert "not within 92.5 to 97.5" in printed


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
    rng, world = np.random.default_rng(8), World(topics=COMPASS)
    cells, _ = world.trials(4.0, (8,), 2000)
    gaps = np.where(rng.random(cells.shape) < 0.1, np.nan, cells)
    full, missing = analysed(gaps, world.lexicons)
    assert abs(float((full - cells).mean())) < 0.001
    assert missing.mean() == pytest.approx(32, abs=0.5)
    assert np.isfinite(additive(gaps)).all()
    assert filled(gaps).shape == cells.shape
