"""Official scores: what the homes of tests print, by the way of the command."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from probes.files import csv
from probes.placement import official
from probes.types import Axis, Materials, Option
from tests import answer_sheets
from tests.gold_runs import SETS, TEXTS, gold, needs_data, run
from tests.placement.test_table_key import FOUR, filled_in
from tests.respondents import instrument, placed, recipe

FIVE = (*FOUR[:2], Option("n", "neutral", ("neutral",)), *FOUR[2:])


def table(folder: Path, name: str, *index: str) -> pd.DataFrame:
    return csv.read(folder / f"{name}.csv", index).set_index(list(index))


@needs_data
@pytest.mark.parametrize(
    ("name", "count", "within"), [("pct62", 70, 0.01), ("8values", 70, 0.0), ("sapply", 69, 0.0)]
)
def test_every_sheet_comes_out_of_the_command_as_its_site_prints_it(
    name: str, count: int, within: float, gold_runs: Path
) -> None:
    """All axes, exactly; the coordinates of pct62 were made by a scraper that took 0.38 for 3/8."""
    rows, found = gold(name), table(gold_runs / name, "wordings", "model", "axis", "wording")
    assert len(rows) == count
    for row in rows:
        for axis in SETS[name].axes:
            score = found.loc[(row["model"], axis.name, row["run"]), "official"]
            assert abs(score - float(row[axis.name])) <= within + 1e-9


@needs_data
def test_the_coordinates_of_pct62_differ_by_what_their_collector_did() -> None:
    """To the digit with its constants, 0.38 and 2.41, and halves rounded upwards."""
    constants = {"economic": 0.38 - 3 / 8, "social": 2.41 - 47 / 19.5}
    for row in gold("pct62"):
        by_hand = answer_sheets.score(SETS["pct62"], [int(digit) for digit in row["answers"]])
        for axis, (position, *_) in by_hand.items():
            scraped = math.floor((position + constants[axis]) * 100 + 0.5) / 100
            assert scraped == float(row[axis])


@needs_data
@pytest.mark.parametrize("name", TEXTS)
def test_the_sheets_of_a_model_have_a_mean_and_an_interval_over_them(
    name: str, gold_runs: Path
) -> None:
    """Each prompt is a wording; mean and t interval are of what the site prints for each sheet."""
    scores = table(gold_runs / name, "official", "model", "axis")
    beside = table(gold_runs / name, "placements", "model", "axis")["official"]
    pd.testing.assert_series_equal(scores["official"], beside)
    by_model = pd.DataFrame(gold(name)).groupby("model")
    for model, rows in by_model:
        for axis in SETS[name].axes:
            printed, score = rows[axis.name].astype(float), scores.loc[(model, axis.name)]
            half = stats.t.ppf(0.975, len(rows) - 1) * printed.std() / math.sqrt(len(rows))
            ends = [printed.mean(), printed.mean() - half, printed.mean() + half]
            assert score[["official", "low", "high"]].tolist() == pytest.approx(ends, abs=0.02)
            assert score["sheets"] == len(rows)


@needs_data
@pytest.mark.parametrize("name", TEXTS)
def test_one_sheet_a_model_has_an_exact_score_and_no_interval(name: str, tmp_path: Path) -> None:
    """With a gap SapplyValues leaves it out of sum and maximum; the others score no such sheet,
    which is said."""
    row, items = gold(name)[0], len(SETS[name].statements)
    whole = [int(digit) for digit in row["answers"]]
    one, two = [None, *whole[1:]], [None, None, *whole[2:]]
    run(name, {("whole", ""): whole, ("one", ""): one, ("two", ""): two}, tmp_path / "out")
    found = table(tmp_path / "out", "official", "model", "axis")
    for axis in (a.name for a in SETS[name].axes):
        exact = found.loc[("whole", axis)]
        assert exact["official"] == pytest.approx(float(row[axis]), abs=0.0101)
        assert (exact["sheets"], exact["wordings"]) == (1, 1)
        assert math.isnan(exact["low"])
        for missing, model, sheet in ((1, "one", one), (2, "two", two)):
            score = found.loc[(model, axis)]
            if name == "sapply":
                by_hand = answer_sheets.score(SETS[name], sheet)[axis][0]
                assert score["official"] == pytest.approx(by_hand, abs=0.005 + 1e-9)
                assert "the home leaves out the others" in score["reason"]
            else:
                assert math.isnan(score["official"])
                assert f"{items - missing} of {items} statements were answered" in score["reason"]


def scored(
    name: str,
    sheets: Sequence[Sequence[int | None]],
    sure: float = 0.97,
    options: tuple[Option, ...] = FOUR,
    **changes: str,
) -> pd.DataFrame:
    """A model that gives probabilities: `sure` of the answers of a sheet a wording."""
    materials = Materials(SETS[name], recipe(len(sheets), options), **changes)  # type: ignore[arg-type]
    found = placed(materials, {"m": filled_in(materials, sheets, sure)}).official
    assert found is not None
    return found.set_index("axis")


def test_a_models_sheet_is_its_most_probable_answers() -> None:
    """However sure it is of them; each wording is a sheet."""
    rng = np.random.default_rng(0)
    sheets = [rng.integers(0, 4, 62).tolist() for _ in range(4)]
    sure, unsure = scored("pct62", sheets, 0.97), scored("pct62", sheets, 0.3)
    pd.testing.assert_frame_equal(sure, unsure)
    by_hand = [answer_sheets.score(SETS["pct62"], sheet) for sheet in sheets]
    for axis in ("economic", "social"):
        mean = np.mean([one[axis][0] for one in by_hand])
        assert sure.loc[axis, "official"] == pytest.approx(mean, abs=0.006)
        assert sure.loc[axis, "low"] < mean < sure.loc[axis, "high"]


def test_ties_go_to_the_milder_and_are_counted_axis_by_axis() -> None:
    """All four answers alike, everywhere: "disagree" to every item."""
    found = scored("pct62", [[2] * 62] * 3, 0.25)
    assert found["official"].tolist() == pytest.approx([-0.25, -2.41])
    assert found["ties"].tolist() == [3 * 18, 3 * 43]
    assert found["reason"].str.contains("ties between answers went to the milder").all()


def test_a_neutral_answer_counts_where_it_is_offered_and_its_lack_is_said() -> None:
    """8values: neutral to everything is 50; where nobody could be neutral the row says so."""
    items = SETS["8values"].statements
    materials = Materials(SETS["8values"], recipe(1, FIVE))
    lines = filled_in(materials, [[1] * len(items)])
    logs = dict(zip(("sd", "d", "n", "a", "sa"), np.log([0.1, 0.1, 0.4, 0.2, 0.2]), strict=True))
    neutral = placed(materials, {"m": [replace(line, logprobs=logs) for line in lines]}).official
    assert neutral is not None
    assert neutral["official"].tolist() == [50.0] * 4
    assert neutral["reason"].tolist() == [""] * 4
    lacking = scored("8values", [[1] * len(items)])["reason"]
    assert lacking.str.contains("neutral was not among the answers that were offered").all()


def test_a_test_whose_answers_no_wording_offers_has_no_score_and_says_why() -> None:
    """Yes and no are not its answers."""
    materials = Materials(SETS["8values"], recipe(2))
    found = placed(materials, {"m": []}).official
    assert found is not None
    assert found["official"].isna().all()
    assert set(found["reason"]) == {"no wording offers the answers of the test"}


def test_only_complete_sheets_of_several_count() -> None:
    """The mean is over those that the home would score; how many they are is said."""
    found = scored("pct62", [[None, *[3] * 61], *[[3] * 62] * 3])
    assert found["official"].tolist() == [0.0, 4.36]
    assert found["sheets"].tolist() == [3, 3]
    assert found["reason"].str.contains("3 of 4 sheets are complete").all()
    filled = scored("pct62", [[None] * 62, *[[2] * 62] * 3], missing="legacy-agree")
    assert filled["official"].tolist() == pytest.approx([0.38, 2.41])
    assert filled["reason"].str.contains("legacy-agree").all()


def test_an_interval_stays_within_what_a_sheet_can_reach() -> None:
    """Three sheets, two of them at the end of the axis."""
    leftmost = [
        min(range(4), key=s.table.get("economic", (0,) * 4).__getitem__)
        for s in SETS["pct62"].statements
    ]
    found = scored("pct62", [leftmost, leftmost, [1] * 62]).loc["economic"]
    assert found["low"] == -10.0
    assert found["official"] == pytest.approx((-10 - 10 - 0.25) / 3)


def test_an_axis_that_no_item_is_on_has_no_official_score() -> None:
    """Not the constant of its key."""
    axes = (*SETS["pct62"].axes, Axis("empty", "low", "high"))
    statements = replace(SETS["pct62"], axes=axes)
    assert math.isnan(official.sheet_score(statements, "empty", [1] * 62))


def test_a_set_of_no_home_has_no_official_score() -> None:
    """Neither table nor number."""
    statements = instrument([{"economic": 1.0}, {"economic": -1.0}])
    tables = placed(Materials(statements, recipe(4)), {"m": []})
    assert tables.official is None
    assert tables.placements["official"].isna().all()
