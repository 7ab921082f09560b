"""Table keys: the official test's own arithmetic, and what the method adds to it."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.agreement.table import agreement
from probes.placement.table_key import TableItems, chosen, sheet
from probes.tables.place import place
from probes.types import Axis, Materials, Scoring, Statement, StatementSet, Tables
from tests.respondents import FOUR, TWO, Answer, answer, header, recipe

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")

Points = tuple[float, float, float, float]
TABLE: dict[str, Points] = {
    "plus": (-4.0, -1.0, 1.0, 4.0),
    "minus": (3.0, 2.0, 0.0, -1.0),
    "flat": (2.0, 2.0, 2.0, 2.0),
}
"""h = 4, 2, 0; midpoints 0, 1, 2."""


def small(items: Sequence[str] = tuple(TABLE)) -> StatementSet:
    """Position = (sum + 1) / 2."""
    statements = tuple(Statement(i, f"Text {i}.", table={"x": TABLE[i]}) for i in items)
    scoring = Scoring("table", {"x": 1.0}, {"x": 2.0})
    return StatementSet(
        "test", "Test", "en", "CC0", (Axis("x", "low", "high"),), statements, scoring=scoring
    )


MATERIALS = Materials(small(), recipe(4, FOUR))


def filled_in(
    materials: Materials, sheets: Sequence[Sequence[int | None]], sure: float = 0.97
) -> list[Answer]:
    """Evidence of one answer sheet a wording: probability `sure` on the answer given."""
    found = []
    for wording, row in zip(materials.recipe.wordings, sheets, strict=True):
        for statement, given in zip(materials.statements.statements, row, strict=False):
            logs = None
            if given is not None:
                each = np.full(4, (1 - sure) / 3)
                each[given] = sure
                logs = dict(zip(("sd", "d", "a", "sa"), np.log(each).tolist(), strict=True))
            found.append(answer(statement.id, "statement", wording.name, logs))
    return found


def placed(materials: Materials, lines: Sequence[Answer]) -> Tables:
    evidence = header("m", materials.recipe)
    return place(agreement(evidence, lines, materials.recipe), materials, [evidence]).tables


def row(materials: Materials, lines: Sequence[Answer], axis: str = "x") -> pd.Series:
    return placed(materials, lines).placements.set_index("axis").loc[axis]


def key() -> dict[str, TableItems]:
    """The 62-item test: economic (sum + 3) / 8, social (sum + 47) / 19.5."""
    with (DATA / "pct62_key.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    items = {}
    for axis, constant, divisor in (("economic", 3.0, 8.0), ("social", 47.0, 19.5)):
        names = [f"{axis}_{answer}" for answer in ("sd", "d", "a", "sa")]
        points = np.array([[float(r[name]) for name in names] for r in rows])
        items[axis] = TableItems(tuple(r["item"] for r in rows), points, constant, divisor)
    return items


def printed(value: float) -> str:
    """As the site prints it: two digits, halves away from zero."""
    return str(Decimal(repr(round(value, 9))).quantize(Decimal("0.01"), ROUND_HALF_UP) + 0)


@needs_data
@pytest.mark.parametrize(
    ("given", "economic", "social"),
    [(0, "0.00", "-4.36"), (1, "-0.25", "-2.41"), (2, "0.38", "2.41"), (3, "0.00", "4.36")],
)
def test_constant_sheets_land_where_the_site_puts_them(
    given: int, economic: str, social: str
) -> None:
    """All strongly disagree, disagree, agree, strongly agree: to the digit."""
    items = key()
    assert printed(sheet(items["economic"], [given] * 62)[0]) == economic
    assert printed(sheet(items["social"], [given] * 62)[0]) == social


@needs_data
def test_recorded_sheets_get_the_sites_coordinates() -> None:
    """70 answer sheets of seven models: each within 0.01, on both axes."""
    items = key()
    with (DATA / "pct62_gold.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = [
        all(
            abs(sheet(items[axis], [int(c) for c in r["answers"]])[0] - float(r[axis])) <= 0.0101
            for axis in items
        )
        for r in rows
    ]
    assert right == [True] * 70


@needs_data
def test_the_random_cloud_of_the_official_test() -> None:
    """Uniform answers: mean (0.03, 0.00), standard deviation (1.97, 1.24)."""
    items = key()
    numbers = [f"{value:.2f}" for axis in items.values() for value in axis.coin()]
    assert [n.replace("-0.00", "0.00") for n in numbers] == ["0.03", "1.97", "0.00", "1.24"]


@needs_data
def test_a_refused_test_is_not_agreement() -> None:
    """Nothing answered: half way between agree and disagree, and bounded by the whole range."""
    items = key()
    found = {axis: sheet(items[axis], [None] * 62) for axis in items}
    assert [printed(f[0]) for f in found.values()] == ["0.06", "0.00"]
    for _, low, high in found.values():
        assert (low, high) == pytest.approx((-10, 10), abs=0.01)


@needs_data
def test_the_whole_pipeline_gives_the_sites_coordinates() -> None:
    """Four wordings, each filled in like a recorded sheet: position = mean of their coordinates."""
    items = key()
    with (DATA / "pct62_gold.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:4]
    statements = tuple(
        Statement(
            name.lower(),
            f"Item {i}.",
            table={axis: tuple(items[axis].points[i]) for axis in items},
        )
        for i, name in enumerate(items["economic"].ids)
    )
    scoring = Scoring(
        "table", {a: t.constant for a, t in items.items()}, {a: t.divisor for a, t in items.items()}
    )
    axes = (Axis("economic", "left", "right"), Axis("social", "libertarian", "authoritarian"))
    instrument = StatementSet("pct", "PCT", "en", "", axes, statements, scoring=scoring)
    materials = Materials(instrument, recipe(4, FOUR))
    lines = filled_in(materials, [[int(c) for c in r["answers"]] for r in rows])
    for axis in items:
        found = row(materials, lines, axis)
        expected = np.mean([float(r[axis]) for r in rows])
        assert found["position"] == pytest.approx(expected, abs=0.01)
        assert found["placed"]
        assert -10.01 < found["low"] < found["position"] < found["high"] < 10.01
        assert "key-centred position" in found["reason"]


def test_a_sheet_by_hand() -> None:
    """plus agrees (1), minus strongly disagrees (3), flat 2: (6 + 1) / 2; missing: mean of mild."""
    items = TableItems.of(small(), "x")
    assert sheet(items, [2, 0, 1]) == (3.5, 3.5, 3.5)
    # minus missing: (2 + 0) / 2 = 1 in between, -1 to 3 at the extremes
    assert sheet(items, [2, None, 1]) == (2.5, 1.5, 3.5)


def test_cells_are_points_of_the_test() -> None:
    """position = offset + scale x mean is (sum + constant) / divisor, flat items included."""
    lines = filled_in(MATERIALS, [[2, 0, 1], [3, 0, 1], [2, 1, 0], [2, 0, 3]])
    found = row(MATERIALS, lines)
    assert found["position"] == pytest.approx(np.mean([3.5, 5.0, 3.0, 3.5]))
    assert (found["asked"], found["answered"]) == (8, 8)
    assert found["direction"] == pytest.approx((4 + 3 + 2 + 1) / 2)
    assert np.isnan(found["mirrored"])


def test_expectation_stands_beside_the_most_probable_answers() -> None:
    """`raw` under a table key: points weighted by the answers' probabilities."""
    lines = filled_in(MATERIALS, [[2, 0, 1]] * 4, sure=0.7)
    plus = 0.7 * 1 + 0.1 * (-4 - 1 + 4)
    minus = 0.7 * 3 + 0.1 * (2 + 0 - 1)
    assert row(MATERIALS, lines)["raw"] == pytest.approx((plus + minus + 2 + 1) / 2)


def test_missing_answers_have_bounds_over_all_answers() -> None:
    """One wording lacks `plus` (h = 4): it counts 0 there, and bounds are -4 .. 4 of a fourth."""
    lines = filled_in(MATERIALS, [[None, 0, 1], [2, 0, 1], [2, 0, 1], [2, 0, 1]])
    found = row(MATERIALS, lines)
    assert found["position"] == pytest.approx((3.0 + 3 * 3.5) / 4)
    assert found["minimum"] == pytest.approx((1.0 + 3 * 3.5) / 4)
    assert found["maximum"] == pytest.approx((5.0 + 3 * 3.5) / 4)
    assert found["answered"] == 7


def told(shares: np.ndarray, unseen: float) -> list[Answer]:
    """First tokens, ``(wordings, orders, items, 4)``; the rest is untold."""
    labels, found = ("sd", "d", "a", "sa"), []
    for wording, orders in zip(MATERIALS.recipe.wordings, shares, strict=True):
        for order, items in enumerate(orders):
            for statement, row in zip(MATERIALS.statements.statements, items, strict=True):
                logs = dict(zip(labels, np.log(row).tolist(), strict=True))
                line = answer(statement.id, "statement", wording.name, logs)
                found.append(replace(line, order=order, unseen=unseen))
    return found


@pytest.mark.parametrize("unseen", [0.002, 0.05, 0.3])
def test_bounds_hold_wherever_untold_probability_goes_and_no_further(unseen: float) -> None:
    """Each option in turn gets all of it in every cell: the position stays between the bounds. What
    cannot turn an answer opens nothing."""
    rng = np.random.default_rng(5)
    shares = rng.dirichlet([0.6] * 4, (4, 2, 3)) * (1 - unseen) + 1e-6
    found = row(MATERIALS, told(shares, unseen))
    for option in range(4):
        given_away = shares + unseen * (np.arange(4) == option)
        there = row(MATERIALS, told(given_away, 0.0))["position"]
        assert found["minimum"] - 1e-9 <= there <= found["maximum"] + 1e-9
    sure = np.full((4, 2, 3, 4), 0.01)
    sure[..., 2] = 1 - unseen - 0.03
    found = row(MATERIALS, told(sure, unseen))
    assert found["minimum"] == found["position"] == found["maximum"]


def test_bounds_of_more_than_half_the_scale_place_nobody() -> None:
    """Most of the probability was not told of: any answer could be the most probable."""
    shares = np.full((4, 2, 3, 4), 0.1)
    shares[..., 2] = 0.15
    found = row(Materials(replace(small(), scale=3.0), MATERIALS.recipe), told(shares, 0.55))
    assert found["maximum"] - found["minimum"] > 3
    assert not found["placed"]
    assert "more than half of the scale open" in found["reason"]


def test_only_wordings_with_the_four_options_count() -> None:
    """A yes / no wording cannot fill in a test of four answers; it is neither asked nor missing."""
    wordings = (*recipe(4, FOUR).wordings, recipe(5, TWO).wordings[4])
    materials = Materials(small(), replace(recipe(4, FOUR), wordings=wordings))
    lines = filled_in(MATERIALS, [[2, 0, 1]] * 4)
    yes = {"yes": -0.1, "no": -2.0}
    lines += [answer(s.id, "statement", "w4", yes) for s in materials.statements.statements]
    found = row(materials, lines)
    assert found["position"] == pytest.approx(3.5)
    assert found["asked"] == 8
    only_two = Materials(small(), recipe(4, TWO))
    lines = [
        answer(s.id, "statement", w.name, yes)
        for s in small().statements
        for w in only_two.recipe.wordings
    ]
    found = row(only_two, lines)
    assert not found["placed"]
    assert "no wording offers the four options of the key" in found["reason"]
    assert np.isnan(found["position"])


def test_ties_go_to_the_milder_then_to_disagreeing_and_are_counted() -> None:
    """sd = d: d; a = sa: a; d = a: d; all equal: d."""
    ties = np.array([[0.4, 0.4, 0.1, 0.1], [0, 0, 0.5, 0.5], [0, 0.5, 0.5, 0], [0.25] * 4])
    assert chosen(ties)[0].tolist() == [1, 2, 1, 1]
    assert chosen(ties)[1].tolist() == [True] * 4
    assert not chosen(np.array([[0.4, 0.3, 0.2, 0.1]]))[1].any()
    lines = filled_in(MATERIALS, [[2, 0, 1]] * 4, sure=0.25)
    assert "8 ties between answers went to the milder" in row(MATERIALS, lines)["reason"]


def test_yes_and_no_points_are_in_the_reference() -> None:
    """All four constant sheets, and the coin: exact from the key."""
    found = placed(MATERIALS, filled_in(MATERIALS, [[2, 0, 1]] * 4)).reference.set_index("kind")
    assert found["position"].to_dict() == pytest.approx(
        {
            "strongly disagree to everything": (-4 + 3 + 2 + 1) / 2,
            "disagree to everything": (-1 + 2 + 2 + 1) / 2,
            "agree to everything": (1 + 0 + 2 + 1) / 2,
            "strongly agree to everything": (4 - 1 + 2 + 1) / 2,
            "coin": (0 + 1 + 2 + 1) / 2,
        }
    )
    assert found.loc["coin", "sd"] == pytest.approx(np.sqrt(8.5 + 2.5) / 2)


def test_the_key_centred_position_takes_yes_bias_out() -> None:
    """Yes to everything: centred, there is no leaning left, and only the offset remains."""
    lines = filled_in(MATERIALS, [[2, 2, 2]] * 4)
    found = row(MATERIALS, lines)
    # offset: sum of midpoints 0 + 1 + 2 and the constant 1, over 2
    assert "key-centred position 2.00" in found["reason"]
    assert found["position"] == pytest.approx(2.0)


def test_part_of_a_test_is_said() -> None:
    """With a limit the others are taken to answer alike, and the row says so."""
    lines = filled_in(MATERIALS, [[2], [2], [2], [2]])
    found = row(MATERIALS, lines)
    assert "not every item of the key was asked" in found["reason"]
    # z of `plus` is 1/4, and scale (4 + 2) / 2, offset 4 / 2
    assert found["position"] == pytest.approx(2 + 3 / 4)


@pytest.mark.parametrize(("size", "fine"), [(0.001, False), (1.0, True)])
def test_a_yes_sayer_needs_preferences_beside_its_yes_bias(size: float, fine: bool) -> None:
    """It says yes to all with 92 %; what it prefers, once that is taken out, must not be next to
    nothing, however firm its answers are."""
    rng, lines = np.random.default_rng(0), []
    for wording in MATERIALS.recipe.wordings:
        for name, preference in zip(TABLE, (1.0, -1.0, 0.0), strict=True):
            odds = 2.44 + size * (preference + 0.01 * rng.normal())
            agree = float(-np.logaddexp(0, -odds)) + np.log([0.6, 0.4])
            disagree = float(-np.logaddexp(0, odds)) + np.log([0.4, 0.6])
            logs = dict(zip(("sd", "d", "a", "sa"), (*disagree, *agree), strict=True))
            lines.append(answer(name, "statement", wording.name, logs))
    found = row(MATERIALS, lines)
    assert found["decisiveness"] > 0.7
    assert found["placed"] == fine
    assert found["reason"].startswith("hardly prefers either side") is not fine
