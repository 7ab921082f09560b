"""No single person can be read off what is written of a group, however little it takes to try."""

from collections import defaultdict
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.referents.crowds import Crowd
from probes.referents.disclosure import (
    may_be_shown,
    place_step,
    told_ends,
    told_percentiles,
)
from probes.referents.groups import groups_table
from probes.referents.outlines import outlines
from probes.referents.standing import HIDDEN
from probes.types import Tables
from tests.referents.people import beside, made_set, people_of, run_at

SCALE = 10.0
TEN = [-7.5, -5.0, -5.0, -2.5, 0.0, 0.0, 2.5, 2.5, 5.0, 10.0]
"""Positions of ten people on eight statements."""
MANY = list(np.random.default_rng(1).normal(0, 4, 100).round(1))


def told(at: list[float], weight: list[float] | None = None) -> pd.Series:
    """The row of a group in `people_spread.csv`."""
    weights = np.ones(len(at)) if weight is None else np.array(weight)
    return groups_table({"x": {"g": Crowd.of("g", np.array(at), weights)}}, SCALE).iloc[0]


@pytest.mark.slow
def test_ten_positions_cannot_be_reckoned_from_what_is_written() -> None:
    """Of ten people on four statements: every row fits many tens of people, and of the ten in order
    at most a few are the same in all of these."""
    fit = defaultdict(list)
    for at in combinations_with_replacement(np.linspace(-10, 10, 5), 10):
        if may_be_shown(np.array(at), np.ones(10), SCALE):
            fit[str(told(list(at)).to_dict())].append(at)
    assert min(map(len, fit.values())) >= 8
    alike = [np.ptp(np.array(tens), axis=0) == 0 for tens in fit.values()]
    assert max(same.sum() for same in alike) <= 4


@pytest.mark.parametrize(
    ("people", "columns"),
    [
        (10, []),
        (19, []),
        (20, ["p50"]),
        (39, ["p50"]),
        (40, ["sd", "p25", "p50", "p75"]),
        (199, ["sd", "p25", "p50", "p75"]),
        (200, ["sd", "p5", "p25", "p50", "p75", "p95"]),
    ],
)
def test_a_quantile_has_ten_people_on_either_side(people: int, columns: list[str]) -> None:
    row = told(list(np.linspace(-9, 9, people)))
    assert [name for name in row.index if name[0] in "sp" and np.isfinite(row[name])] == columns


def test_a_quantile_counts_what_weights_are_worth() -> None:
    """Two hundred people of whom a few weigh most are worth a few."""
    row = told(list(np.linspace(-9, 9, 200)), [20.0] * 10 + [0.5] * 190)
    assert np.isnan(row[["sd", "p25", "p75", "p5", "p95"]].astype(float)).all()
    assert row["n"] == 200


@pytest.mark.parametrize("people", [10, 17, 45, 100, 333, 5000])
def test_one_person_moves_a_mean_by_one_step_at_most(people: int) -> None:
    """From one end to the other; and a step is no coarser than five times as much."""
    at = np.random.default_rng(people).uniform(-10, 10, people).round(2)
    moved = at.copy()
    moved[0] = -np.sign(at[0]) * 10
    step = place_step(people, SCALE)
    assert abs(told(list(at))["mean"] - told(list(moved))["mean"]) <= step * (1 + 1e-9)
    assert 20 / people <= step * (1 + 1e-9)
    assert step <= max(0.01, 5 * 20 / people)


@pytest.mark.parametrize("people", [10, 30, 100, 1000])
def test_whether_anybody_stands_beyond_a_model_is_not_told(people: int) -> None:
    """Nobody, and one or two people, are the same percentile; an interval is never narrower."""
    counts = np.arange(3.0)
    below, above = 100 * counts / people, 100 - 100 * counts / people
    for told_of in (told_percentiles(below, people), told_percentiles(above, people)):
        assert len(set(told_of.tolist())) == 1
        assert 0 < told_of[0] < 100
    low, high = told_ends(below, above, people)
    assert (low == 0).all()
    assert (high == 100).all()
    shares = np.linspace(0, 100, 401)
    low, high = told_ends(shares, shares, people)
    assert ((low <= shares) & (shares <= high)).all()


@pytest.mark.parametrize(
    ("at", "weight", "shown"),
    [
        (TEN, [1.0] * 10, True),
        (TEN, [0.1] * 10, True),
        (TEN[:9], [1.0] * 9, False),
        ([*TEN[:9], np.nan], [1.0] * 10, False),
        (TEN, [1.0] * 9 + [0.0], False),
        (TEN, [1.0] * 9 + [3.0], False),  # worth 8 people
        (MANY[:50], [1.0] * 49 + [15.0], False),  # worth 15, of whom one is a quarter
        (MANY[:50], [1.0] * 49 + [9.0], True),
        ([5.0] * 300, [1.0] * 300, False),
        ([5.0] * 9 + [-5.0], [1.0] * 10, False),
        ([5.0] * 8 + [-5.0] * 2, [1.0] * 10, True),
        (list(np.linspace(4.1, 5.9, 10)), [1.0] * 10, False),  # within a step of each other
    ],
)
def test_who_is_a_group_of_which_something_is_told(
    at: list[float], weight: list[float], *, shown: bool
) -> None:
    """Ten by heads and by weights, none of whom outweighs the others, and not all at one place."""
    assert may_be_shown(np.array(at), np.array(weight), SCALE) == shown


def _beside(groups: dict[str, tuple[list[float], list[float]]], folder: Path) -> Tables:
    """A model beside groups of people: positions and weights."""
    at = [x for places, _ in groups.values() for x in places]
    names = [name for name, (places, _) in groups.items() for _ in places]
    weights = [w for _, own in groups.values() for w in own]
    people = people_of({"economic": at, "social": at}, names, weights)
    return beside(run_at({"m": (0.5, 0.5)}), made_set(folder), people, seed=0)


@pytest.mark.parametrize(
    "odd",
    [
        ([5.0] * 300, [1.0] * 300),
        (MANY[:50], [1.0] * 49 + [40.0]),
    ],
)
def test_groups_in_which_single_people_would_show_are_in_no_table(
    odd: tuple[list[float], list[float]], tmp_path: Path
) -> None:
    """Nor can they be reckoned by taking the groups from all; the caption counts them."""
    tables = _beside({"reds": (MANY, [1.0] * 100), "odd": odd}, tmp_path)
    for table in (tables.people, tables.people_spread, tables.people_outlines):
        assert table is not None
        assert "odd" not in set(table["group"])
    assert tables.people is not None
    economic = tables.people[tables.people["axis"] == "economic"]
    assert set(economic["n"]) == {100}
    assert "1 group left out in which single people would show" in tables.people_caption
    assert "the few people outside of the groups shown are not counted" in tables.people_caption


def test_where_all_people_are_alike_nothing_is_told_and_the_row_says_why(tmp_path: Path) -> None:
    tables = _beside({"": ([5.0] * 50, [1.0] * 50)}, tmp_path)
    assert tables.people is not None
    assert set(tables.people["reason"]) == {HIDDEN}
    assert tables.people["percentile"].isna().all()


def test_an_outline_holds_ten_people_and_leaves_out_ten() -> None:
    """None of half of 39; none round a few who stand apart; corners are made of rounded ones."""
    rng = np.random.default_rng(3)
    for count, lines in ((39, 0), (40, 1)):
        people = people_of(
            {"a": rng.normal(0, 2, count), "b": rng.normal(0, 2, count)}, ["g"] * count
        )
        shown = {axis: {"g": Crowd.of("g", np.zeros(1), np.ones(1))} for axis in "ab"}
        table = outlines(people, shown, SCALE)
        assert table.loc[table["group"] == "g", "part"].nunique() == lines
        corners = 4 * table[["x", "y"]].to_numpy(float) / place_step(count, SCALE)
        np.testing.assert_allclose(corners, np.round(corners), atol=1e-6)
    apart = np.concatenate([rng.normal(-6, 0.5, 150), [9.0] * 9])
    people = people_of({"a": apart, "b": apart}, ["g"] * len(apart))
    table = outlines(people, {"a": {}, "b": {}}, SCALE)
    assert len(table)
    assert table["x"].max() < 0


def test_people_on_all_axes_are_those_with_a_position_on_each(tmp_path: Path) -> None:
    """Thirty on one axis and thirty on the other are twenty on both; nine on both are none."""
    for both, expected in ((20, {20}), (9, set())):
        places = np.random.default_rng(2).normal(0, 3, 60 - both)
        one, other = places.copy(), places.copy()
        one[30:], other[: 30 - both] = np.nan, np.nan
        people = people_of({"economic": one, "social": other}, ["reds"] * len(places))
        tables = beside(run_at({"m": (0.5, 0.5)}), made_set(tmp_path), people, seed=0)
        assert tables.people is not None
        assert set(tables.people.loc[tables.people["axis"] == "", "n"]) == expected
        assert set(tables.people.loc[tables.people["axis"] != "", "n"]) == {30}


def test_the_caption_counts_groups_that_are_small_and_no_others(tmp_path: Path) -> None:
    """Where a key goes one way nobody has a position, which the row says; no group is small."""
    of = made_set(tmp_path)
    of = replace(of, statements=tuple(replace(s, effects={"economic": 1.0}) for s in of.statements))
    made = people_of({"economic": MANY}, ["reds"] * 50 + ["blues"] * 50)
    blank = replace(made, positions=made.positions.assign(centred=np.nan))
    tables = beside(run_at({"m": (0.0, 0.0)}), of, blank, seed=0)
    assert "left out" not in tables.people_caption
