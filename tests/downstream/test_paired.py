"""Differences by groups: closed forms, known gaps found, names permuted."""

import numpy as np
import pytest
from scipy import stats

from probes.comparison.difference import difference
from probes.downstream import draws, paired, shuffles
from probes.downstream.predictions import Truth
from probes.placement.interval import Floats


def truth(member: "np.ndarray", units: "np.ndarray", positive: "np.ndarray") -> Truth:
    """Texts of these groups and units."""
    return Truth(
        tuple(f"t{n}" for n in range(len(units))),
        units,
        tuple("ABCDEFGHIJ"[: member.shape[1]]),
        member.astype(bool),
        np.where(positive, 0, 1),
        ("bad", "fine"),
    )


def test_one_group_is_the_paired_difference_of_the_project() -> None:
    """The same mean, error and degrees of freedom as `comparison.difference` on its texts."""
    dice = np.random.default_rng(0)
    cells, units = dice.integers(-1, 2, (60, 4)).astype(float), np.repeat(np.arange(20), 3)
    member = np.zeros((60, 2))
    member[:45, 0], member[45:, 1] = 1, 1
    found = paired.contrast(paired.Marked(cells, member, units), np.array([1.0, 0.0]))
    plain = difference(np.zeros((45, 4)), cells[:45], np.ones(45), units[:45])
    assert float(found.mean) == pytest.approx(float(plain.mean))
    assert float(found.error) == pytest.approx(float(plain.error))
    assert float(found.dof) == pytest.approx(float(plain.dof))


def test_the_trail_is_the_difference_in_differences() -> None:
    """By hand: A changes by -1/2, B by -1/4, C by 0: D of A is -1/2 + 1/8."""
    change = np.array([[-1.0], [0.0], [-1.0], [0.0], [0.0], [0.0], [0.0], [0.0]])
    member = np.zeros((8, 3))
    member[[0, 1], 0], member[[2, 3, 4, 5], 1], member[[6, 7], 2] = 1, 1, 1
    of = paired.Marked(change, member, np.arange(8))
    found = paired.contrast(of, paired.against_others(3, np.array([True, False, False])))
    assert float(found.mean) == pytest.approx(-0.5 + 0.25 / 2)


def test_a_shift_of_every_group_leaves_no_trail_and_no_width() -> None:
    """A child that flags less of everything: the difference moves, `did` does not."""
    of = paired.Marked(np.full((12, 3), -1.0), np.eye(3)[np.arange(12) % 3], np.arange(12) // 3)
    found = paired.contrast(of, paired.against_others(3, np.array([True, False, False])))
    assert float(found.mean) == pytest.approx(0)
    assert float(found.error) == pytest.approx(0)


def test_pairing_by_template_narrows_what_rows_would_say() -> None:
    """What is common to a template cancels between its groups."""
    dice = np.random.default_rng(5)
    hard = (dice.random((50, 1)) < 0.5).astype(float)  # of a template, for both groups
    cells, member = np.repeat(hard, 2, axis=0), np.tile(np.eye(2), (50, 1))
    both = np.array([1.0, -1.0])
    by_template = paired.contrast(paired.Marked(cells, member, np.repeat(np.arange(50), 2)), both)
    by_row = paired.contrast(paired.Marked(cells, member, np.arange(100)), both)
    assert float(by_template.error) == pytest.approx(0)
    assert float(by_row.error) == pytest.approx(0.1, abs=0.02)


def test_a_text_about_two_groups_counts_in_each() -> None:
    cells = np.array([[1.0], [0.0], [1.0]])
    member = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    of = paired.Marked(cells, member, np.arange(3))
    assert float(paired.contrast(of, np.array([1.0, 0.0])).mean) == 0.5
    assert float(paired.contrast(of, np.array([0.0, 1.0])).mean) == 0.5


def test_mcnemar_is_the_exact_sign_test_of_one_seed() -> None:
    change = np.array([1.0] * 2 + [-1.0] * 9 + [0.0] * 20)[:, None]
    of = paired.Marked(change, np.ones((31, 1)), np.arange(31))
    assert paired.mcnemar(of, 0) == pytest.approx(stats.binomtest(2, 11).pvalue)
    twice = paired.Marked(np.tile(change, 2), np.ones((31, 1)), np.arange(31))
    assert np.isnan(paired.mcnemar(twice, 0))


def coverage(dice: np.random.Generator, units: int, seeds: int, trials: int) -> float:
    """Share of intervals that hold the true `did` of A, -0.2, of templates over three groups."""
    member, unit = np.tile(np.eye(3), (units, 1)), np.repeat(np.arange(units), 3)
    held = 0
    for _ in range(trials):
        own = dice.normal(0, 0.5, (units, 1, 1)) + dice.normal(0, 0.3, (1, 1, seeds))
        uniform = stats.norm.cdf((own + dice.normal(0, 1, (units, 3, seeds))) / np.sqrt(1.34))
        base = (uniform < 0.8).astype(float)
        fresh = stats.norm.cdf(own + dice.normal(0, 1, (units, 3, seeds)), scale=np.sqrt(1.34))
        child = (fresh < np.array([0.6, 0.8, 0.8])[:, None]).astype(float)
        of = paired.Marked((child - base).reshape(-1, seeds), member, unit)
        found = paired.contrast(of, paired.against_others(3, np.array([True, False, False])))
        low, high = found.interval()
        held += bool(low <= -0.2 <= high)
    return held / trials


@pytest.mark.parametrize(("units", "seeds"), [(50, 5), (60, 3), (60, 1)])
def test_intervals_hold_a_planted_trail(units: int, seeds: int) -> None:
    """95 % within simulation: 200 trials, so at least 91 %."""
    assert coverage(np.random.default_rng(units + seeds), units, seeds, 200) >= 0.91


def equal_groups(dice: np.random.Generator, chance: Floats) -> tuple[Truth, Floats]:
    """Ten groups of 60 texts, each its own unit, found with these chances."""
    member = np.repeat(np.eye(10), 60, axis=0)
    of = truth(member, np.arange(600), np.ones(600, dtype=bool))
    return of, (dice.random(600) < np.repeat(chance, 60)).astype(float)


def test_ten_equal_groups_show_a_gap_and_no_spread() -> None:
    """Of 60 texts each at a recall of 0.85: 0.14 on average, 0.22 at the 95th percentile; tau,
    with the noise taken out, 0.01."""
    gaps, taus = [], []
    dice = np.random.default_rng(1)
    for trial in range(300):
        of, cells = equal_groups(dice, np.full(10, 0.85))
        means = cells.reshape(10, 60).mean(axis=1)
        gaps.append(float(draws.widest(means)))
        if trial < 40:
            member = of.member.astype(float)
            taus.append(paired.between(paired.Marked(cells[:, None], member, of.units)))
    assert np.mean(gaps) == pytest.approx(0.14, abs=0.01)
    assert np.quantile(gaps, 0.95) == pytest.approx(0.22, abs=0.02)
    assert np.mean(taus) == pytest.approx(0.010, abs=0.006)


@pytest.mark.slow
def test_the_null_of_the_largest_gap_holds_its_level_and_finds_a_group() -> None:
    """Equal groups are called unequal in at most 1 of 10 of 40 trials; 25 points lower is found."""
    dice = np.random.default_rng(2)
    p_values = {True: list[float](), False: list[float]()}
    for is_equal in (True, False):
        chance = np.full(10, 0.8)
        chance[3] -= 0.0 if is_equal else 0.25
        for _ in range(40):
            of, cells = equal_groups(dice, chance)
            found, null = shuffles.largest(of, of.positive, cells[:, None], draws.widest, 99)
            p_values[is_equal].append(float(shuffles.p_value(found, null)[0]))
    assert np.mean(np.array(p_values[True]) <= 0.05) <= 0.1
    assert np.mean(np.array(p_values[False]) <= 0.05) >= 0.7


def test_names_are_permuted_within_templates_and_classes() -> None:
    """No text gets the groups of another template's, or of the other class's."""
    member, units = np.tile(np.eye(3), (8, 1)), np.repeat(np.arange(8), 3)
    of = truth(member, units, np.arange(24) % 2 == 0)
    drawn = np.concatenate(list(shuffles.orders(of, 120)))
    # two texts of each unit are of one class and change places half of the time; the third is alone
    assert (drawn == np.arange(24)).mean() == pytest.approx(2 / 3, abs=0.05)
    for order in drawn:
        assert (units[order] == units).all()
        assert (of.positive[order] == of.positive).all()
        assert sorted(order) == list(range(24))


def test_units_of_one_group_exchange_their_names_as_a_whole() -> None:
    """Speakers of one party each: all texts of a speaker get the party of one other speaker."""
    member = np.repeat(np.eye(2)[[0, 1, 0, 1]], 3, axis=0)
    of = truth(member, np.repeat(np.arange(4), 3), np.ones(12, dtype=bool))
    for order in np.concatenate(list(shuffles.orders(of, 120))):
        assert all(len(set(part)) == 1 for part in of.units[order].reshape(4, 3).tolist())
