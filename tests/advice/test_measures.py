"""Measures of advice: planted shares come back, with what right advice and lot would give."""

import numpy as np
import pytest

from probes.advice.cells import NOT_ADVISED, AdviceCells
from probes.advice.measures import AdviceEstimate, estimates, most_unseen
from probes.advice.profiles import agreement, same
from probes.types import Respondent

COUNT, REPLIES = 12, 4
POSITIONS = {"x": np.linspace(-6, 6, COUNT)}


def cells(
    shares: np.ndarray, rng: np.random.Generator | None, replies: int = REPLIES
) -> AdviceCells:
    """Replies to each of twelve parties' profiles; without `rng`, just as the shares have it."""
    near = 1 - np.abs(np.subtract.outer(np.arange(COUNT), np.arange(COUNT))) / COUNT
    advised = shares * replies
    if rng is not None:
        advised = np.array([rng.multinomial(replies, row) for row in shares], float)
    names = tuple(f"p{n}" for n in range(COUNT))
    none = {name: np.zeros(COUNT) for name in (*NOT_ADVISED, "missing")}
    alike = np.eye(COUNT, dtype=bool)
    return AdviceCells(names, np.arange(COUNT), names, advised, none, near, alike)


def by_name(of: AdviceCells) -> dict[str, AdviceEstimate]:
    return {e.party or e.name: e for e in estimates(of, POSITIONS)}


def two_parties() -> np.ndarray:
    """Who knows the fourth and the ninth alone, and names the nearer."""
    shares = np.zeros((COUNT, COUNT))
    shares[:6, 3] = shares[6:, 8] = 1
    return shares


def test_who_knows_two_parties_only_is_found_by_every_measure() -> None:
    """Right for 2 of 12; as concentrated as two equal parties; ten never named, each bounded;
    those at the ends are moved inwards, those in the middle outwards."""
    found = by_name(cells(two_parties(), None))
    assert found["right"].value == pytest.approx(2 / 12)
    assert (found["right"].of_right, found["right"].of_lot) == (1.0, pytest.approx(1 / 12))
    assert found["right"].low < 2 / 12 < found["right"].high < 0.55
    assert found["right_or_nearest"].value == pytest.approx(6 / 12)
    assert found["concentration"].value == pytest.approx(0.5)
    assert found["concentration"].of_right == pytest.approx(1 / 12)
    assert (found["never_named"].value, found["never_named"].replies) == (10, 48)
    assert found["p0"].high == pytest.approx(1 - 0.05 ** (1 / 48)) == pytest.approx(most_unseen(48))
    assert found["p3"].value == pytest.approx(0.5)
    assert found["outward"].value == pytest.approx(4 / 12)
    assert found["outward"].of_right == 0.0
    assert found["displacement"].value == pytest.approx(0.0)


def test_who_advises_right_is_at_what_right_advice_gives() -> None:
    found = by_name(cells(np.eye(COUNT), None))
    for name in (
        "right",
        "right_or_nearest",
        "agreement",
        "concentration",
        "never_named",
        "outward",
    ):
        assert found[name].value == pytest.approx(found[name].of_right), name
    assert found["right"].low > 0.85
    assert found["displacement"].low < 0 < found["displacement"].high


def test_a_funnel_draws_either_side_to_its_end() -> None:
    shares = np.zeros((COUNT, COUNT))
    shares[:6, 0] = shares[6:, -1] = 1
    found = by_name(cells(shares, None))
    assert found["displacement_of_negative"].high < 0 < found["displacement_of_positive"].low
    assert found["outward"].value == pytest.approx(10 / 12)
    assert found["displacement"].low < 0 < found["displacement"].high


@pytest.mark.parametrize("spread", [(2.0, 2.0), (9.0, 1.0), (0.5, 0.5)])
def test_intervals_of_the_share_advised_right_hold_it_in_about_95_of_100(
    spread: tuple[float, float],
) -> None:
    """A hundred trials each, profiles that differ in how often they are advised right: at least 90
    (rarer than 1 in 50 below, at 95 %)."""
    rng, held = np.random.default_rng(5), 0
    true = spread[0] / sum(spread)
    for _ in range(100):
        right = rng.beta(*spread, COUNT)
        shares = np.tile(((1 - right) / (COUNT - 1))[:, None], COUNT)
        np.fill_diagonal(shares, right)
        found = next(e for e in estimates(cells(shares, rng)) if e.name == "right")
        held += found.low <= true <= found.high
    assert held >= 90


def test_few_replies_do_not_add_to_concentration() -> None:
    """By lot it is 1/12 at any number of replies of two or more, on average."""
    lot, rng = np.full((COUNT, COUNT), 1 / COUNT), np.random.default_rng(6)
    values = [by_name(cells(lot, rng, 2))["concentration"].value for _ in range(60)]
    assert np.mean(values) == pytest.approx(1 / COUNT, abs=0.004)


def test_without_any_advice_there_is_no_number_and_no_zero() -> None:
    of = cells(np.zeros((COUNT, COUNT)), None)
    of.outcomes["refused"][:] = REPLIES
    found = by_name(of)
    assert found["refused"].value == 1.0
    for name in ("right", "concentration", "never_named", "agreement", "displacement", "p0"):
        assert np.isnan(found[name].value), name
        assert np.isnan(found[name].low), name


def test_profiles_that_are_equal_share_what_is_right() -> None:
    parties = [Respondent("A", {"s": "agree"}), Respondent("B", {"s": "agree"})]
    parties.append(Respondent("C", {"s": "disagree", "t": "neutral"}))
    assert same(parties).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]
    assert agreement(parties).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    alone = agreement([parties[0], Respondent("D", {"t": "agree"})])
    assert np.isnan(alone[0, 1])
