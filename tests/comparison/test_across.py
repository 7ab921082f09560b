"""The same models on several instruments: known traits, formulas by hand, and what is refused."""

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import probes
from probes.comparison.across import across, icc
from probes.comparison.traits import Instrument
from probes.errors import RunError, UsageError
from probes.files import csv
from probes.types import Across, Axis
from tests.gold_runs import needs_data

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]
Shares = Mapping[str, Sequence[float]]
"""Axis -> a share a model."""


def instrument(name: str, shares: Shares, *, half: float = 0.1, scale: float = 10.0) -> Instrument:
    """A run whose models m0, m1 ... stand at these shares, with intervals of this half-width."""
    rows = [
        (f"m{i}", axis, at, at - half, at + 2 * half, at - 0.01, at + 0.02)
        for axis, values in shares.items()
        for i, at in enumerate(values)
    ]
    numbers = ["position", "low", "high", "minimum", "maximum"]
    table = pd.DataFrame(rows, columns=["model", "axis", *numbers])
    table[numbers] *= scale
    axes = tuple(Axis(axis, f"{axis} -", f"{axis} +") for axis in shares)
    return Instrument(name, f"runs/{name}", axes, scale, table.assign(placed=True, reason=""))


def trait(found: Across, name: str) -> pd.Series:
    return found.traits.set_index("trait").loc[name]


# --- known truth -------------------------------------------------------------------------------


@pytest.mark.slow
@needs_data
def test_of_seven_real_models_the_economic_trait_is_one_and_the_social_one_is_not(
    gold_runs: Path, tmp_path: Path, command: Command
) -> None:
    """Ten prompts, three official tests; by the command, with the traits that the sets name."""
    runs = [str(gold_runs / name) for name in ("pct62", "8values", "sapply")]
    status, said, err = command("across", *runs, "--out", str(tmp_path / "out"))
    assert status == 0, err
    traits = csv.read(tmp_path / "out" / "across_traits.csv").set_index("trait")
    economic, social = traits.loc["economic"], traits.loc["social"]
    ends = ["r_least", "r_most", "icc_absolute", "icc_consistency"]
    assert economic[ends].tolist() == pytest.approx([0.91, 0.94, 0.80, 0.91], abs=0.006)
    assert social[ends].tolist() == pytest.approx([0.07, 0.60, 0.03, 0.29], abs=0.006)
    assert economic["verdict"] == "across these instruments"
    assert social["verdict"] == "for the instrument only"
    assert (economic["models"], economic["apart"], economic["differences"]) == (7, 0, 21)
    assert social["apart"] >= 1
    assert "social: pct62 and sapply do not rank models alike: r 0.07" in said
    names = {".lock", *(f"across{suffix}" for suffix in (".csv", ".html", ".png", ".svg"))}
    names |= {f"across_{table}.csv" for table in ("differences", "matrix", "traits")}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    page = (tmp_path / "out" / "across.html").read_text("utf-8")
    assert "<strong>social</strong>: for the instrument only" in page
    assert "<script" not in page
    mapped = probes.across(runs, {"economic": ["economic", "-econ", "right"]})
    assert trait(mapped, "economic")[ends].tolist() == economic[ends].tolist()


# --- formulas ----------------------------------------------------------------------------------


def test_intraclass_correlations_are_those_of_a_published_example() -> None:
    """Six targets, four judges: ICC(2,1) .29 and ICC(3,1) .71 in Shrout & Fleiss (1979)."""
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
    )
    assert icc(ratings) == pytest.approx((0.29, 0.71), abs=0.005)
    assert all(map(math.isnan, icc(ratings[:1])))


def test_a_position_is_a_share_of_its_scale_and_a_minus_turns_the_axis() -> None:
    """Its interval and bounds, too."""
    one = instrument("one", {"x": [0.5]}, scale=10)
    other = instrument("other", {"y": [0.2]}, scale=50)
    rows = across([one, other], {"t": ["x", "-y"]}).positions.to_dict("records")
    ends = ("share", "low", "high", "minimum", "maximum")
    assert [rows[0][n] for n in ends] == pytest.approx([0.5, 0.4, 0.7, 0.49, 0.52])
    assert [rows[1][n] for n in ends] == pytest.approx([-0.2, -0.4, -0.1, -0.22, -0.19])
    assert [row["turned"] for row in rows] == [False, True]


def test_differences_are_added_in_squares() -> None:
    """Second less first, 0.2 - 0.5; the side towards 0 is made of the longer halves."""
    one, other = instrument("one", {"x": [0.5]}), instrument("other", {"x": [0.2]}, half=0.05)
    (row,) = across([one, other], {}).differences.to_dict("records")
    assert row["difference"] == pytest.approx(-0.3)
    assert row["low"] == pytest.approx(-0.3 - math.hypot(0.05, 0.2))
    assert row["high"] == pytest.approx(-0.3 + math.hypot(0.1, 0.1))
    assert row["apart"]
    assert (row["instrument"], row["against"]) == ("other", "one")


RANKS = [-0.8, -0.5, -0.1, 0.2, 0.4, 0.9]


def test_an_instrument_with_a_level_of_its_own_agrees_in_ranks_but_not_in_values() -> None:
    """r and consistency 1, agreement less."""
    one, other = (
        instrument("one", {"x": RANKS}),
        instrument("other", {"x": [r - 0.4 for r in RANKS]}),
    )
    found = trait(across([one, other], {}), "x")
    assert found[["r_least", "spearman_least", "icc_consistency"]].tolist() == pytest.approx(
        [1] * 3
    )
    assert found["icc_absolute"] < 0.9
    assert found["verdict"] == "across these instruments"


def test_a_trait_that_another_one_tracks_as_closely_is_no_trait_of_its_own() -> None:
    """x agrees over instruments; but on one of them y is nearly x, and closer to it."""
    one = instrument("one", {"x": RANKS, "y": [0.3, -0.2, 0.1, -0.3, 0.2, 0.0]})
    noisy = [-0.7, -0.6, 0.1, 0.0, 0.5, 0.7]
    other = instrument("other", {"x": noisy, "y": [0.98 * at for at in noisy]})
    found = trait(across([one, other], {}), "x")
    assert found["r_least"] > 0.9
    assert found["rival"] == pytest.approx(1)
    assert found["verdict"] == "for the instrument only"
    assert "another trait goes with it as closely" in found["reason"]


def test_the_matrix_has_every_pair_of_traits_and_instruments_once() -> None:
    """Two traits on two instruments: six correlations, each of its kind."""
    sets = [instrument(name, {"x": RANKS, "y": RANKS[::-1]}) for name in ("one", "other")]
    matrix = across(sets, {}).matrix
    assert matrix["kind"].value_counts().to_dict() == {
        "convergent": 2, "same instrument": 2, "other": 2,
    }  # fmt: skip
    convergent = matrix[matrix["kind"] == "convergent"]
    assert convergent["r"].tolist() == pytest.approx([1, 1])
    assert (matrix["models"] == 6).all()


def test_models_that_are_not_placed_count_nowhere() -> None:
    """In no correlation, no ICC, and no difference that is apart; the rows stay."""
    one, other = instrument("one", {"x": RANKS}), instrument("other", {"x": [*RANKS[:5], -0.9]})
    other.placements.loc[5, "placed"] = False
    found = across([one, other], {})
    assert trait(found, "x")[["models", "r_least"]].tolist() == pytest.approx([5, 1])
    last = found.differences.set_index("model").loc["m5"]
    assert not last["apart"]
    assert not last["placed"]
    assert len(found.positions) == 12


def test_with_few_models_in_common_nothing_is_said_and_why() -> None:
    """Three models have no interval of a correlation."""
    sets = [instrument(name, {"x": RANKS[:3]}) for name in ("one", "other")]
    found = trait(across(sets, {}), "x")
    assert found["verdict"] == "cannot be told"
    assert found["reason"] == "3 models are placed by one and other: at least 4 are needed"
    assert math.isnan(found["r_least"])
    sets[1] = instrument("other", {"x": [0.2] * 6})
    sets[0] = instrument("one", {"x": RANKS})
    found = trait(across(sets, {}), "x")
    assert found["reason"] == "models do not differ on one of one and other"


# --- what is refused ---------------------------------------------------------------------------

TWO = [instrument("one", {"economic": RANKS, "z": RANKS}), instrument("other", {"econ": RANKS})]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({}, r"share no axis \(one has economic, z; other has econ\); .* --trait economic"),
        ({"t": ["economics", "econ"]}, "no run has an axis 'economics'; did you mean 'economic'"),
        ({"t": ["economic", "z", "econ"]}, "economic and z are both axes of one; name one"),
        ({"t": ["econ", "-econ", "z"]}, "--trait t=econ,-econ,z: names an axis twice"),
        ({"t": ["economic"]}, "only one has such an axis; name one of another run, too"),
    ],
)
def test_traits_that_runs_cannot_have_are_one_sentence(
    chosen: Mapping[str, Sequence[str]], sentence: str
) -> None:
    """Which trait, which axis, what would be right."""
    with pytest.raises(UsageError, match=sentence):
        across(TWO, chosen)


def test_two_axes_of_a_set_cannot_both_be_the_trait_that_it_names() -> None:
    """Neither of them is taken silently."""
    one, other = TWO
    twice = tuple(replace(axis, trait="economic") for axis in one.axes)
    with pytest.raises(UsageError, match="the set one: economic and z are both of the trait"):
        across([replace(one, axes=twice), other], {})


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of `compass`."""
    out = tmp_path_factory.mktemp("across") / "run"
    spec = probes.ModelSpec("m", "economic=2,noise=1", "planted")
    probes.probe(probes.Request([spec], set="compass", limit=8), out)
    return out


@pytest.mark.parametrize("change", [{"position": "x"}, {"low": None}])
def test_a_damaged_table_of_a_run_is_one_sentence(
    change: Mapping[str, str | None], one_run: Path, tmp_path: Path
) -> None:
    """A cell that is no number, or a column that is gone; and how it is mended."""
    folder = tmp_path / "run"
    shutil.copytree(one_run, folder)
    table = csv.read(folder / "placements.csv")
    for name, value in change.items():
        table = table.drop(columns=name) if value is None else table.assign(**{name: value})
    csv.save(table, folder / "placements.csv")
    with pytest.raises(RunError, match=r"placements\.csv: .*; `probes place .* mends it"):
        probes.across([folder, one_run])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("{run}",), "give at least two runs"),
        (("{run}", "{run}"), "are runs of one set, compass"),
        (("{run}", "nowhere"), "not the folder of a run"),
        (("{run}", "{run}", "--trait", "economic"), "--trait economic: must be NAME=AXIS,-AXIS"),
        (("{run}", "{run}", "--trait", "a=b,"), "--trait a=b,: must be NAME=AXIS,-AXIS"),
        (("{run}", "{run}", "--trait", "a=b", "--trait", "a=c"), "--trait a is given twice"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    words: Sequence[str],
    sentence: str,
    one_run: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit status 2, and no folder."""
    monkeypatch.chdir(tmp_path)
    status, _, err = command("across", *(word.format(run=one_run) for word in words))
    assert status == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
