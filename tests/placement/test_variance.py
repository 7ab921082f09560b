"""Variance shares and generalisability, against worlds whose components are known."""

import numpy as np
import pytest

from probes.placement import variance

ONE_MISSING = np.array([[True, True], [True, False]])


def test_planted_components_are_recovered() -> None:
    """Topic 4, statement 2, wording 3, rest 1, on a large grid: shares .4, .2, .3, .1."""
    rng = np.random.default_rng(0)
    topic = np.repeat(rng.normal(size=400) * 2, 3)
    statement = rng.normal(size=1200) * np.sqrt(2)
    wording = rng.normal(size=300) * np.sqrt(3)
    z = (topic + statement)[:, None] + wording + rng.normal(size=(1200, 300))
    found = variance.shares(z, [str(i // 3) for i in range(1200)])
    assert list(found) == list(variance.SOURCES)
    assert list(found.values()) == pytest.approx([0.4, 0.2, 0.3, 0.1], abs=0.03)


def test_negative_components_are_shown_as_none() -> None:
    """Statements that differ less than their noise have a share of 0, and all sum to 1."""
    z = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.5, -0.5, 0.0], [-0.5, 0.5, 0.0]])
    found = variance.shares(z, ["a", "a", "b", "b"])
    assert list(found.values()) == pytest.approx([0, 0, 0, 1])


def test_without_topics_there_is_no_topic_share() -> None:
    """Empty, not 0; the others still sum to 1. One topic, or one statement each, is no factor."""
    z = np.random.default_rng(1).normal(size=(4, 3))
    for topics in ([None] * 4, list("abcd"), ["a"] * 4):
        found = variance.shares(z, topics)
        assert np.isnan(found["topic"])
        assert np.nansum(list(found.values())) == pytest.approx(1)


def test_what_cannot_be_told_apart_is_empty() -> None:
    """One wording; or so many cells filled in that no degree of freedom is left."""
    assert all(np.isnan(list(variance.shares(np.ones((4, 1)), [None] * 4).values())))
    assert all(np.isnan(list(variance.shares(np.ones((2, 2)), [None] * 2, ONE_MISSING).values())))
    assert np.isnan(variance.reliability(np.ones((4, 1))))
    assert np.isnan(variance.reliability(np.ones((4, 3))))


def test_reliability_is_that_of_the_mean_over_wordings() -> None:
    """1 - MS_rest / MS_statement, where that is positive; else 0."""
    lam = np.array([[0.0, 1.0, 2.0], [2.0, 4.0, 3.0], [5.0, 5.0, 5.0]])
    assert variance.reliability(lam) == pytest.approx(1 - 0.5 / 12)
    noise = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]])
    assert variance.reliability(noise) == 0


@pytest.mark.parametrize("missing", [0.0, 0.2, 0.4])
def test_missing_cells_make_nothing_more_reliable(missing: float) -> None:
    """Pure noise has 0 in at least half of the tables, and a true half stays one half."""
    rng = np.random.default_rng(3)

    def found(own: float) -> float:
        grids = own * rng.normal(size=(100, 40, 1)) + rng.normal(size=(100, 40, 8))
        grids = np.where(rng.random(grids.shape) < missing, np.nan, grids)
        return float(np.median([variance.reliability(lam) for lam in grids]))

    assert found(0.0) < 0.1
    assert found(np.sqrt(1 / 8)) == pytest.approx(0.5, abs=0.06)


def test_models_that_wordings_rank_otherwise() -> None:
    """The same order everywhere: no interaction. Orders turned about: nothing else."""
    same = np.add.outer([0.1, 0.2, 0.5, 0.7, 0.9], [0.0, 0.1, -0.1])
    assert variance.model_shares(same)["model x wording"] == pytest.approx(0)
    crossed = np.array([[0.5, -0.5], [-0.5, 0.5], [0.2, -0.2], [-0.2, 0.2], [0.0, 0.0]])
    assert variance.model_shares(crossed)["model x wording"] == pytest.approx(1)
    assert all(np.isnan(list(variance.model_shares(np.zeros((5, 0))).values())))


def nested(rng: np.random.Generator, spread: dict[str, float]) -> tuple[np.ndarray, list[str]]:
    """``(60 statements, 3 variants, 8 wordings)`` of six topics, and each statement's topic."""
    topics = [f"t{n % 6}" for n in range(60)]
    z = spread["topic"] * rng.standard_normal(6)[np.arange(60) % 6][:, None, None]
    shapes = {"statement": (60, 1, 1), "variant": (60, 3, 1), "wording": (1, 1, 8)}
    shapes |= {"statement x wording": (60, 1, 8), "variant x wording": (60, 3, 8)}
    for name, shape in shapes.items():
        z = z + spread[name] * rng.standard_normal(shape)
    return z, topics


@pytest.mark.parametrize("several", [60, 20])
def test_shares_of_variants_come_back_as_they_were_drawn(several: int) -> None:
    """Whether all statements have variants or a third: of the rest only the first text is asked."""
    spread = {"topic": 0.3, "statement": 0.4, "variant": 0.3, "wording": 0.2}
    spread |= {"statement x wording": 0.2, "variant x wording": 0.1}
    rng, found = np.random.default_rng(5), []
    for _ in range(150):
        z, topics = nested(rng, spread)
        means = np.where(np.arange(60)[:, None] < several, z.mean(axis=1), z[:, 0])
        apart = variance.variants([*z[:several]], 60)
        found.append(variance.shares(means, topics, None, apart))
    total = sum(sd**2 for sd in spread.values())
    shares = {name: float(np.mean([f[name] for f in found])) for name in found[0]}
    rest = spread["statement x wording"] ** 2 + spread["variant x wording"] ** 2
    assert shares["variant"] == pytest.approx(0.3**2 / total, abs=0.02)
    assert shares["statement"] == pytest.approx(0.4**2 / total, abs=0.03)
    assert shares["topic"] == pytest.approx(0.3**2 / total, abs=0.05)
    assert shares["statement x wording with the rest"] == pytest.approx(rest / total, abs=0.02)
    assert list(shares) == ["topic", "statement", "variant", *variance.SOURCES[2:]]


def test_one_variant_or_one_wording_tells_nothing_of_variants() -> None:
    gap = np.array([[0.1, np.nan], [0.2, 0.3]])
    assert variance.variants([np.ones((1, 4)), np.ones((3, 1)), gap], 5) is None


def test_what_rounding_leaves_is_no_variance() -> None:
    """Answers that differ in their last digits alone have no shares, and are not reliable."""
    rng = np.random.default_rng(9)
    near = 0.6 + 1e-16 * rng.integers(-2, 3, (6, 3, 4))
    apart = variance.variants([*near], 6)
    assert apart is not None
    assert (apart.variant, apart.rest) == (0, 0)
    found = variance.shares(near.mean(axis=1), list("aabbcc"), None, apart)
    assert np.isnan(list(found.values())).all()
    assert np.isnan(list(variance.model_shares(near[:, 0]).values())).all()
    assert np.isnan(variance.reliability(near[:, 0]))
    some = variance.shares(near.mean(axis=1) + np.array([0, 1, 0, 0]), list("aabbcc"), None, apart)
    assert some["wording"] == pytest.approx(1)
    assert some["variant"] == some["statement"] == 0
