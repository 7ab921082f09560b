"""Models among people: what was planted comes back, and intervals cover what they promise."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from probes.referents import chance, crowds
from probes.referents.crowds import Crowd
from probes.referents.extremity import CANCELS, MODERATE, ONE_SIDE
from probes.referents.groups import LeftOut
from probes.referents.layer import still_true
from probes.referents.standing import NO_PEOPLE, ONE_WAY
from probes.referents.whose import together, told_by, whose
from probes.types import Tables
from tests.pictures import changed
from tests.referents.people import beside as with_people
from tests.referents.people import made_set, people_of, run_at


def normal(mean: float, sd: float, n: int) -> list[float]:
    """The quantiles of a normal group, in random order."""
    return list(
        np.random.default_rng(n).permutation(stats.norm.ppf((np.arange(n) + 0.5) / n, mean, sd))
    )


CROWD = {
    "economic": [*normal(-4, 2, 300), *normal(4, 2, 200), *normal(0.1, 4, 5)],
    "social": [*normal(-2, 2, 299), -2.0, *normal(3, 2, 199), 3.0, *normal(0.1, 4, 5)],
}
GROUPS = ["reds"] * 300 + ["blues"] * 200 + ["few"] * 5


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Three models at known places among two groups."""
    run = run_at({"red": (-4.0, -2.0), "blue": (4.0, 3.0), "between": (0.0, 0.5)})
    folder = tmp_path_factory.mktemp("set")
    return with_people(run, made_set(folder), people_of(CROWD, GROUPS), seed=1)


def row(tables: Tables, model: str, axis: str, group: str) -> pd.Series:
    table = tables.people
    assert table is not None
    found = table[(table["model"] == model) & (table["axis"] == axis) & (table["group"] == group)]
    assert len(found) == 1
    return found.iloc[0]


def test_a_model_at_a_groups_mean_is_at_its_middle_and_nearest_to_it(beside: Tables) -> None:
    """A normal group of 300 of mean -4: percentile 50, and 100 Phi(4) among those of mean 4."""
    own, other = (row(beside, "red", "economic", group) for group in ("reds", "blues"))
    assert own["percentile"] == pytest.approx(50, abs=0.5)
    assert own["percentile_low"] < 50 < own["percentile_high"]
    assert other["percentile"] == 1  # a step from the end: who stands beyond is not told
    assert own["nearest"] > 0.99
    assert row(beside, "blue", "", "blues")["nearest"] > 0.99


def test_the_percentile_is_the_share_below_it_among_all_and_in_each_group(beside: Tables) -> None:
    at = np.array(CROWD["economic"])
    for group in ("", "reds", "blues"):
        inside = at[[name == group or (not group and name != "few") for name in GROUPS]]
        share = 100 * (inside < 0).mean()
        found = row(beside, "between", "economic", group)["percentile"]
        assert found == pytest.approx(share, abs=0.51)  # in steps of 1 or less


def test_shares_of_the_nearest_group_add_up_and_one_between_is_unsure(beside: Tables) -> None:
    shares = [row(beside, "between", "economic", group)["nearest"] for group in ("reds", "blues")]
    assert sum(shares) == pytest.approx(1)
    assert max(shares) < 0.95


def test_groups_of_a_few_people_are_left_out_uncounted_by_name(beside: Tables) -> None:
    """A group of five is in no row of its own, and not named: it may be a person. If nobody else is
    outside of groups, it is not in all people either, or it could be reckoned."""
    for table in (beside.people, beside.people_spread, beside.people_outlines):
        assert table is not None
        assert "few" not in set(table["group"])
    assert row(beside, "red", "economic", "")["n"] == 500
    assert beside.people_caption == (
        "Made-up people, 2024; n = 505, no weights; answers.csv; 1 group of fewer than 10 left "
        "out; the few people outside of the groups shown are not counted; economic and social "
        "correlate at 0.67 among them"
    )


@pytest.mark.parametrize(
    ("names", "rs", "said"),
    [
        ("ab", [0.806], ["a and b correlate at 0.81 among them"]),
        ("ab", [None], ["how a and b correlate among them is unknown"]),
        ("ab", ["<b>"], ["how a and b correlate among them is unknown"]),
        ("a", [], []),
        ("abcd", [0.1, -0.25, None, 0.7, 0.3, 0.4],
         ["the axes correlate at -0.25 to 0.70 among them"]),
    ],
)  # fmt: skip
def test_how_the_axes_go_together_is_said_in_one_sentence(
    names: str, rs: list[object], said: list[str]
) -> None:
    """Of all people; rows about those who left nothing out, or about another axis, are not."""
    rows = [
        {"first": first, "second": second, "people": "all", "r": r}
        for (first, second), r in zip(combinations(names, 2), rs, strict=True)
    ]
    others = [
        {"first": "a", "second": "b", "people": "complete", "r": 0.99},
        {"first": "a", "second": "<script>", "people": "all", "r": 0.99},
    ]
    about = replace(people_of(CROWD, GROUPS).about, correlations=(*rows, *others))
    caption = whose(about, told_by(about, list(names)), LeftOut(0, 0), uncounted=False)
    assert [*map(str, together(caption.together))] == said


@pytest.mark.parametrize(
    ("alone", "nowhere", "n"), [(1, 0, 40), (0, 1, 40), (4, 5, 40), (5, 5, 50), (0, 0, 40)]
)
def test_nobody_outside_the_groups_can_be_reckoned(
    alone: int, nowhere: int, n: int, tmp_path: Path
) -> None:
    """What all people and the groups differ by is said of ten people or more, or of none: a person
    moves no number of any table."""
    groups = ["reds"] * 20 + ["blues"] * 20 + ["loners"] * alone + [""] * nowhere
    at = np.random.default_rng(4).normal(0, 3, len(groups))
    run = run_at({"m": (0.5, 0.5)})
    found = []
    for moved in (0.0, 4.0):
        places = [*at[:40], *(at[40:] + moved)]
        people = people_of({"economic": places, "social": places[::-1]}, groups)
        topics = topics_of({f"p{k}": [place, -place] for k, place in enumerate(places)})
        people = replace(people, topics=topics)
        beside = with_people(run, made_set(tmp_path), people, seed=0)
        assert row(beside, "m", "economic", "")["n"] == n
        spread, outlines = beside.people_spread, beside.people_outlines
        assert spread is not None
        assert outlines is not None
        economic = spread[spread["axis"] == "economic"]
        assert set(economic["group"]) == {"", "reds", "blues"}
        found.append((row(beside, "m", "economic", "").drop("shape"), economic))
    same = found[0][0].equals(found[1][0]) and found[0][1].equals(found[1][1])
    assert same == (n == 40)


def test_the_same_seed_gives_the_same_table_and_another_model_moves_no_number(
    beside: Tables, tmp_path: Path
) -> None:
    people = people_of(CROWD, GROUPS)
    alone = with_people(run_at({"red": (-4.0, -2.0)}), made_set(tmp_path), people, seed=1)
    assert alone.people is not None
    assert beside.people is not None
    same = beside.people[beside.people["model"] == "red"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.people, same)
    other = with_people(run_at({"red": (-4.0, -2.0)}), made_set(tmp_path), people, seed=2)
    assert not other.people.equals(alone.people)  # type: ignore[union-attr]


def test_weights_count(tmp_path: Path) -> None:
    """A hundred who stand above with weight 1, a hundred below with weight 3: percentile 75."""
    people = people_of(
        {"economic": [1.0] * 100 + [-1.0] * 100}, ["all"] * 200, [1.0] * 100 + [3.0] * 100
    )
    run = with_people(run_at({"m": (0.0, 0.0)}), made_set(tmp_path), people, seed=0)
    assert row(run, "m", "economic", "")["percentile"] == pytest.approx(75, abs=1)
    assert "weighted" in run.people_caption


@pytest.mark.slow
@pytest.mark.parametrize(("n", "weights"), [(30, False), (100, True)])
def test_the_percentiles_interval_covers_in_nineteen_of_twenty(
    n: int, weights: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People and the model's position both drawn anew: 92 to 99 % of 150 intervals hold the share
    of the population below where the model truly stands; without its own interval fewer would."""
    for module in (chance, crowds):
        monkeypatch.setattr(module, "DRAWS", 400)
    rng, error, held = np.random.default_rng(n), 1.2, np.zeros(2)
    for trial in range(150):
        truth = rng.uniform(-5, 5)
        weight = rng.gamma(2, size=n) if weights else np.ones(n)
        crowd = crowds.Crowd.of("", rng.normal(0, 3, n), weight)
        at, share = rng.normal(truth, error), 100 * stats.norm.cdf(truth / 3)
        for which, half in enumerate((1.96 * error, 0.0)):
            ends = {"position": [at], "low": [at - half], "high": [at + half], "direction": [at]}
            draws = chance.ModelDraws(["m"], pd.DataFrame(ends), {"": crowd}, trial)
            found = draws.percentiles("")
            held[which] += found["percentile_low"][0] <= share <= found["percentile_high"][0]
    assert 0.92 <= held[0] / 150 <= 0.99
    assert held[1] / 150 < 0.85


def test_people_at_one_place_together_vary_as_they_do_one_by_one() -> None:
    """Bootstrap by places of equal weights is that by people: the same spread of a mean."""
    at = np.repeat([-3.0, 1.0, 4.0], [40, 30, 30])
    apart = Crowd.of("a", at + np.linspace(0, 1e-4, 100), np.ones(100))
    together = Crowd.of("a", at, np.ones(100))
    assert (len(apart.at), len(together.at)) == (100, 3)
    expected = at.std() / np.sqrt(101)
    for crowd in (apart, together):
        assert crowd.mean_draws(3).std() == pytest.approx(expected, rel=0.06)


def test_who_is_not_placed_has_no_percentile_and_the_row_says_why(tmp_path: Path) -> None:
    run = run_at({"red": (-4.0, -2.0), "lost": (4.0, 3.0)})
    run = changed(run, 1, placed=False, reason="hardly prefers either side")
    placed = with_people(run, made_set(tmp_path), people_of(CROWD, GROUPS), seed=1)
    found = row(placed, "lost", "economic", "")
    assert np.isnan(found["percentile"])
    assert found["reason"] == "not placed; hardly prefers either side"
    assert placed.people is not None
    assert set(placed.people["group"][placed.people["model"] == "lost"]) == {""}


def test_an_axis_that_people_lack_is_said(tmp_path: Path) -> None:
    people = people_of({"economic": CROWD["economic"]}, GROUPS)
    run = with_people(run_at({"red": (-4.0, -2.0)}), made_set(tmp_path), people, seed=1)
    assert row(run, "red", "social", "")["reason"] == NO_PEOPLE
    assert row(run, "red", "economic", "")["percentile"] > 0


@pytest.mark.parametrize(("mirrors", "people", "reason"), [
    (False, 30, ONE_WAY),
    (False, 5, NO_PEOPLE),
    (True, 30, ""),
])  # fmt: skip
def test_a_key_that_goes_one_way_is_said_to(
    mirrors: bool, people: int, reason: str, tmp_path: Path
) -> None:
    """Enough people answered, but where they stand cannot be told from their yes-bias."""
    of = made_set(tmp_path)
    of = replace(of, statements=tuple(replace(s, effects={"economic": 1.0}) for s in of.statements))
    support = [("e0", "mirror" if mirrors else "statement", "", people, 0.5, 0.0)]
    made = people_of({"economic": [1.0] * people}, ["all"] * people, support=support)
    positions = made.positions.assign(centred=np.nan)
    run = with_people(run_at({"m": (0.0, 0.0)}), of, replace(made, positions=positions), seed=0)
    found = str(row(run, "m", "economic", "")["reason"])
    assert found.startswith(reason) if reason else not found.startswith((ONE_WAY, NO_PEOPLE))


# --- extremity and majorities ------------------------------------------------------------------


def topics_of(people: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (name, "economic", f"topic {n}", at)
        for name, places in people.items()
        for n, at in enumerate(places)
    ]
    return pd.DataFrame(rows, columns=["person", "axis", "topic", "position"])


@pytest.mark.parametrize(
    ("at", "shape"),
    [
        ([-9.0, 9.0, -8.0, 8.0], CANCELS),
        ([-1.0, 1.0, 0.5, -0.5], MODERATE),
        ([6.0, 7.0, 5.0, 6.0], ONE_SIDE),
    ],
)
def test_a_moderate_mean_of_extreme_topics_is_told_apart(
    at: list[float], shape: str, tmp_path: Path
) -> None:
    """Beside people whose topics and means lie around 3."""
    rng = np.random.default_rng(5)
    own = {f"p{n}": list(rng.normal(rng.choice([-3, 3]), 1.5, 4)) for n in range(200)}
    people = people_of(
        {"economic": [float(np.mean(places)) for places in own.values()]},
        ["all"] * 200,
        topics=topics_of(own),
    )
    run = run_at({"m": (float(np.mean(at)), 0.0)})
    topics = topics_of({"m": at}).rename(columns={"person": "model"})
    found = row(
        with_people(replace(run, topics=topics), made_set(tmp_path), people, seed=0),
        *("m", "economic", ""),
    )
    assert found["shape"] == shape
    assert found["extremity"] == pytest.approx(np.mean(np.abs(at)))


def test_agreement_with_a_majority_counts_statements_where_it_is_clear(tmp_path: Path) -> None:
    """Clear: 90 and 20 % of a hundred; not 55 %, nor 4 of 6; a neutral half is half a statement."""
    support = [
        ("e0", "statement", "reds", 100, 0.9, 0.0),
        ("e1", "statement", "reds", 100, 0.2, 0.0),
        ("e2", "statement", "reds", 100, 0.55, 0.0),
        ("e3", "statement", "reds", 6, 4 / 6, 0.0),
        ("e4", "mirror", "reds", 100, 0.9, 0.0),
        ("s0", "statement", "reds", 100, 0.45, 0.5),
    ]
    people = people_of(CROWD, GROUPS, support=support)
    own = pd.DataFrame(
        {"model": "red", "statement": ["e0", "e1", "e2", "s0"], "agreement": [0.5, 0.1, -1.0, 0.0]}
    )
    run = replace(run_at({"red": (-4.0, -2.0)}), statements=own)
    run = with_people(run, made_set(tmp_path), people, seed=0)
    found = row(run, "red", "economic", "reds")
    assert (found["agreement"], found["statements"]) == (0.5, 2)
    assert row(run, "red", "", "reds")["agreement"] == pytest.approx(0.5)
    assert row(run, "red", "", "reds")["statements"] == 3
    assert np.isnan(row(run, "red", "economic", "blues")["agreement"])


@pytest.mark.parametrize("outside", [5, 10])
def test_what_all_people_share_is_not_said_where_few_are_outside_the_groups(
    outside: int, tmp_path: Path
) -> None:
    """What all agree with is of those few, too, and tells of them; how the axes correlate is said
    of the people who are counted."""
    support = [("e0", "statement", group, 100, 0.9, 0.0) for group in ("", "reds")]
    at = np.random.default_rng(4).normal(0, 3, 100 + outside)
    groups = ["reds"] * 100 + [""] * outside
    people = people_of({"economic": at, "social": at[::-1]}, groups, support=support)
    known = ({"first": "economic", "second": "social", "people": "all", "r": 0.3},)
    people = replace(people, about=replace(people.about, correlations=known))
    own = pd.DataFrame({"model": ["red"], "statement": ["e0"], "agreement": [0.5]})
    run = replace(run_at({"red": (-4.0, -2.0)}), statements=own)
    beside = with_people(run, made_set(tmp_path), people, seed=0)
    assert row(beside, "red", "economic", "reds")["agreement"] == 1
    assert np.isnan(row(beside, "red", "economic", "")["agreement"]) == (outside < 10)
    r = 0.3 if outside >= 10 else np.corrcoef(at[:100], at[::-1][:100])[0, 1]
    assert f"economic and social correlate at {r:.2f} among them" in beside.people_caption


def test_rows_of_models_that_have_moved_are_not_kept(beside: Tables) -> None:
    assert beside.people is not None
    moved = beside.placements.copy()
    moved.loc[(moved["model"] == "red") & (moved["axis"] == "social"), "position"] = 1.0
    assert len(still_true(beside.people, beside.placements)) == len(beside.people)
    assert set(still_true(beside.people, moved)["model"]) == {"blue", "between"}


def test_an_outline_holds_its_share_of_a_group(beside: Tables) -> None:
    """Half of the reds, within the smoothing, lie inside the line round half of them."""
    from matplotlib.path import Path as Line

    table = beside.people_outlines
    assert table is not None
    at = np.array([CROWD["economic"], CROWD["social"]]).T[:300]
    lines = table[table["group"] == "reds"].groupby("part")
    inside = np.any([Line(line[["x", "y"]].to_numpy()).contains_points(at) for _, line in lines], 0)
    assert inside.mean() == pytest.approx(0.55, abs=0.1)
