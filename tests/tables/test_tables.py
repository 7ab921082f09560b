"""Agreement -> placements: every column by hand, every gate, and what must be true of all."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from probes.agreement.table import agreement
from probes.placement.interval import interval
from probes.tables.place import PLACEMENTS, place
from probes.types import Materials, Scoring, Tables
from probes.types.reasons import UNSIDED, claims, sentences
from tests.respondents import (
    answers,
    balanced,
    control_answers,
    controls,
    header,
    instrument,
    keyed,
    opinionated,
    placed,
    recipe,
)

RECIPE = recipe(4)
EIGHT = Materials(instrument(balanced(8)), RECIPE)
quick = settings(max_examples=20, deadline=None)


def only(tables: Tables, axis: str = "economic") -> pd.Series:
    rows = tables.placements[tables.placements["axis"] == axis]
    assert len(rows) == 1
    return rows.iloc[0]


def leanings(seed: int, materials: Materials = EIGHT, lift: float = 0.5) -> np.ndarray:
    """Keyed leanings with content: statements differ more than wordings do."""
    rng = np.random.default_rng(seed)
    shape = len(materials.statements.statements), len(materials.recipe.wordings)
    lam = lift + rng.normal(size=(shape[0], 1)) + 0.2 * rng.normal(size=shape)
    return np.tanh(lam / 2)


def test_columns_stand_in_their_order() -> None:
    """The format of placements.csv, a row a model and axis in their orders."""
    both = instrument([*balanced(4), *balanced(4, "social")])
    materials = Materials(both, recipe(4))
    evidence = {name: answers(materials, np.ones((8, 4)), -np.ones((8, 4))) for name in "ba"}
    found = placed(materials, evidence).placements
    assert tuple(found.columns) == PLACEMENTS
    assert found[["model", "axis"]].to_numpy().tolist() == [
        [m, a] for m in "ba" for a in ("economic", "social")
    ]
    assert set(found["set"]) == set(found["protocol"]) == {"toy"}


def test_every_number_of_a_small_model_by_hand() -> None:
    """Weights 1 and 3, keyed + and -; L(s), L(m) = (2, 0), (3, 1) and (1, 3), (-1, 3)."""
    materials = Materials(instrument([{"economic": 1.0}, {"economic": -3.0}]), recipe(2))
    text, mirror = np.array([[2.0, 3.0], [1.0, -1.0]]), np.array([[0.0, 1.0], [3.0, 3.0]])
    found = only(placed(materials, {"m": answers(materials, text, mirror)}))
    z = np.tanh([0.5, 0.5, 0.5, 1.0])  # lambda / 2 = 1/2, 1/2; -1/2, -1, turned by the key
    assert found["position"] == pytest.approx(
        10 * (0.25 * (z[0] + z[1]) / 2 + 0.75 * (z[2] + z[3]) / 2)
    )
    assert found["minimum"] == found["maximum"] == found["position"]
    assert found["direction"] == pytest.approx(10.0)
    assert found["decisiveness"] == pytest.approx(found["position"] / 10)
    a, b = np.tanh(text / 2).mean(axis=1)
    assert found["raw"] == pytest.approx(10 * (0.25 * a - 0.75 * b))
    half = (np.tanh(text / 2) - np.tanh(mirror / 2)).mean(axis=1) / 2
    assert found["mirrored"] == pytest.approx(10 * (0.25 * half[0] - 0.75 * half[1]))
    bias = np.tanh((text + mirror) / 4).mean(axis=1)
    assert found["yes_bias"] == pytest.approx(0.25 * bias[0] + 0.75 * bias[1])
    assert (found["asked"], found["answered"], found["mass"]) == (4, 4, 0.5)
    assert np.isnan(found["blank_corrected"])
    assert np.isnan(found["control"])
    assert np.isnan(found["consistency"])
    # two wordings: S alone, statements as units
    low, high, _ = interval(np.array([z[:2], z[2:]]), np.array([1.0, 3.0]), np.arange(2))
    assert (found["low"], found["high"]) == pytest.approx((10 * float(low), 10 * float(high)))
    assert "these wordings only" in found["reason"]
    assert "at least so wide" in found["reason"]


def test_a_set_may_have_its_own_scale() -> None:
    """[-1, 1] instead of [-10, 10]: every position shrinks alike."""
    z = leanings(0)
    wide = only(opinionated(EIGHT, keyed(EIGHT, z)))
    small = Materials(instrument(balanced(8), scale=1.0), EIGHT.recipe)
    narrow = only(opinionated(small, keyed(small, z)))
    for column in ("position", "low", "high", "minimum", "maximum", "direction", "raw"):
        assert narrow[column] == pytest.approx(wide[column] / 10)


def test_topics_are_units_where_there_are_eight() -> None:
    """Eight topics of two: units are topics, so the interval is that of eight, not sixteen."""
    z = np.repeat(leanings(1), 2, axis=0)
    sixteen = [{"economic": 1.0}] * 16
    by_topic = instrument(sixteen, topics=8)
    order = [i % 8 * 2 + i // 8 for i in range(16)]
    topics = Materials(by_topic, recipe(4))
    found = only(opinionated(topics, keyed(topics, z[order])))
    low, high, _ = interval(leanings(1), np.ones(8), np.arange(8))
    assert (found["low"], found["high"]) == pytest.approx((10 * float(low), 10 * float(high)))
    assert "units" not in found["reason"]
    without = Materials(instrument(sixteen), recipe(4))
    narrower = only(opinionated(without, keyed(without, z)))
    assert narrower["high"] - narrower["low"] < found["high"] - found["low"]


def test_same_opinions_at_two_strengths_have_one_direction() -> None:
    """Opinions N(1, 1) at log-odds scale 0.3 and 4: positions about 1.5 and 6.3, direction 6.7."""
    from scipy.stats import norm

    many = Materials(instrument(balanced(100)), recipe(3))
    opinions = np.tile(1 + norm.ppf((np.arange(100) + 0.5) / 100)[:, None], (1, 3))
    mild, firm = (
        only(opinionated(many, keyed(many, np.tanh(scale * opinions / 2)))) for scale in (0.3, 4)
    )
    assert mild["position"] == pytest.approx(1.5, abs=0.1)
    assert firm["position"] == pytest.approx(6.3, abs=0.1)
    assert mild["direction"] == firm["direction"] == pytest.approx(6.8, abs=0.1)
    assert mild["decisiveness"] < firm["decisiveness"]


# --- yes-bias ----------------------------------------------------------------------------------


@pytest.mark.slow
@quick
@given(st.integers(0, 999), st.floats(-4, 4), st.booleans())
def test_a_constant_yes_bias_moves_nothing(seed: int, bias: float, mirrors: bool) -> None:
    """Position and interval stay, to 1e-9; with mirrors, and with a set keyed both ways."""
    materials = Materials(instrument(balanced(8), mirrors=mirrors), recipe(4))
    lam = keyed(materials, leanings(seed))
    plain, biased = (only(opinionated(materials, lam, b)) for b in (0.0, bias))
    for column in ("position", "low", "high", "direction", "content", "consistency"):
        assert biased[column] == pytest.approx(plain[column], abs=1e-9, nan_ok=True)


def test_a_yes_sayer_with_opinions_is_placed_where_they_are() -> None:
    """A yes-bias of 4: the leaning is found, raw reads nearly nothing, yes_bias says why."""
    z = leanings(2, lift=1.5)
    found = only(opinionated(EIGHT, keyed(EIGHT, z), bias=4.0))
    assert found["position"] == pytest.approx(10 * z.mean())
    assert found["placed"]
    assert abs(found["raw"]) < 0.2 * found["position"]
    assert found["yes_bias"] == pytest.approx(np.tanh(2.0))


def test_key_centring_gives_each_direction_half() -> None:
    """No mirrors, six keyed + and two keyed -: b is half way between them, weights are even."""
    materials = Materials(
        instrument([{"economic": 1.0}] * 6 + [{"economic": -1.0}] * 2, mirrors=False), recipe(3)
    )
    text = np.array([[3.0] * 3] * 6 + [[1.0] * 3] * 2)
    text[::2] += 0.5  # half of each group
    found = only(placed(materials, {"m": answers(materials, text)}))
    # means 3.25 and 1.25, so b = 2.25: L - b = 1.25, 0.75 and -0.75, -1.25
    each = (np.tanh(1.25 / 2) + np.tanh(0.75 / 2)) / 2
    assert found["position"] == pytest.approx(10 * each)
    assert found["yes_bias"] == pytest.approx(np.tanh(2.25 / 2))
    assert np.isnan(found["mirrored"])
    raw = (6 * np.tanh([1.75, 1.5]).mean() - 2 * np.tanh([0.75, 0.5]).mean()) / 8
    assert found["raw"] == pytest.approx(10 * raw)
    assert "equally extreme" in found["reason"]


def test_keyed_one_way_without_mirrors_is_not_placed() -> None:
    """Leaning and yes-bias are one number there: no position, and raw is still shown."""
    materials = Materials(instrument([{"economic": 1.0}] * 8, mirrors=False), recipe(4))
    found = only(opinionated(materials, keyed(materials, leanings(3))))
    assert not found["placed"]
    assert found["reason"].startswith("keyed one way without mirrors")
    assert np.isnan(found["position"])
    assert np.isfinite(found["raw"])
    assert found["asked"] == found["answered"] == 32


def test_unmirrored_statements_keyed_one_way_are_left_out_of_a_mixed_set() -> None:
    """Those with mirrors carry the axis; the row says so."""
    mixed = instrument(balanced(8))
    bare = tuple(replace(s, mirror=None) if s.id in ("s0", "s2") else s for s in mixed.statements)
    materials = Materials(replace(mixed, statements=bare), recipe(4))
    z = leanings(4)
    found = only(
        placed(materials, {"m": answers(materials, keyed(materials, z), -keyed(materials, z))})
    )
    assert found["position"] == pytest.approx(10 * np.delete(z, [0, 2], axis=0).mean())
    assert "left out" in found["reason"]
    assert found["asked"] == 24


# --- missing -----------------------------------------------------------------------------------


def test_bounds_put_missing_pairs_at_their_worst() -> None:
    """Two of 32 pairs refused: minimum and maximum are 2 / 32 of the scale's width apart."""
    z = leanings(5)
    lam = keyed(EIGHT, z)
    lam[0, 1] = lam[3, 2] = np.nan
    found = only(opinionated(EIGHT, lam))
    known = np.where(np.isnan(lam), 0.0, z).sum()
    assert found["minimum"] == pytest.approx(10 * (known - 2) / 32)
    assert found["maximum"] == pytest.approx(10 * (known + 2) / 32)
    assert (found["asked"], found["answered"]) == (32, 30)
    assert found["placed"]


def test_a_statement_or_wording_never_answered_counts_in_the_bounds_only() -> None:
    """The point is that of the others."""
    z = leanings(6, lift=0.2)
    lam = keyed(EIGHT, z)
    lam[2, :] = np.nan
    found = only(opinionated(EIGHT, lam))
    assert found["position"] == pytest.approx(10 * np.delete(z, 2, axis=0).mean())
    assert found["maximum"] - found["minimum"] == pytest.approx(20 / 8)
    assert "missing answers could move it by more than 2 points" in found["reason"]
    lam = keyed(EIGHT, z)
    lam[:, 3] = np.nan
    refused = only(opinionated(EIGHT, lam))
    assert refused["position"] == pytest.approx(10 * z[:, :3].mean())
    assert refused["answered"] == 24
    assert not refused["placed"]


@quick
@given(st.integers(0, 999), st.floats(0, 0.5))
def test_bounds_hold_the_point_and_the_interval_too(seed: int, share: float) -> None:
    """Whatever is missing: minimum <= position <= maximum, low <= position <= high, in scale."""
    rng = np.random.default_rng(seed)
    lam = keyed(EIGHT, leanings(seed, lift=float(rng.normal())))
    lam[rng.random(lam.shape) < share] = np.nan
    lam[0, 0] = 1.0
    found = only(opinionated(EIGHT, lam))
    assert -10 <= found["minimum"] <= found["position"] <= found["maximum"] <= 10
    if not np.isnan(found["low"]):
        assert -10 <= found["low"] <= found["position"] <= found["high"] <= 10


def test_nothing_answered_is_empty_not_zero() -> None:
    """No number is made up, nothing is placed."""
    tables = opinionated(EIGHT, np.full((8, 4), np.nan))
    found = only(tables)
    empty = ["position", "low", "high", "minimum", "maximum", "direction", "raw", "yes_bias"]
    assert found[empty].isna().all()
    assert not found["placed"]
    assert found["answered"] == 0
    assert tables.ellipses.empty
    assert tables.topics.empty


def test_a_model_without_rows_is_not_placed() -> None:
    """Not even asked: a row of its own that says so."""
    tables = placed(EIGHT, {"m": answers(EIGHT, np.ones((8, 4)), -np.ones((8, 4))), "n": []})
    found = tables.placements.set_index("model").loc["n"]
    assert not found["placed"]
    assert found["reason"] == "nothing was asked"
    assert found["asked"] == 0


def test_one_statement_has_no_interval() -> None:
    """Empty, and the row says why."""
    found = only(opinionated(EIGHT, np.array([[1.0, 1.2, 0.9, 1.1]])))
    assert found[["low", "high", "sign_stability"]].isna().all()
    assert np.isfinite(found["position"])
    assert "no interval" in found["reason"]
    assert not found["placed"]


# --- gates -------------------------------------------------------------------------------------


def test_too_few_answers() -> None:
    """Below 80 % of the pairs: not placed, and every number is kept."""
    lam = keyed(EIGHT, leanings(7))
    lam[:7, 0] = np.nan
    found = only(opinionated(EIGHT, lam))
    assert not found["placed"]
    assert "25 of 32 pairs were answered, fewer than 80 %" in found["reason"]
    assert np.isfinite(found["position"])
    lam[0, 0] = 1.0
    assert only(opinionated(EIGHT, lam))["placed"]


@pytest.mark.parametrize(("scorable", "fine"), [(4, True), (3, False)])
def test_too_few_wordings(scorable: int, fine: bool) -> None:
    """A wording in which every answer failed cannot be scored: it is not missing evidence."""
    eight = Materials(EIGHT.statements, recipe(8))
    lam = keyed(eight, leanings(8, eight))
    evidence = [
        replace(a, status="failed", logprobs=None) if int(a.wording[1:]) >= scorable else a
        for a in answers(eight, lam, -lam)
    ]
    found = only(placed(eight, {"m": evidence}))
    assert found["asked"] == found["answered"] == 8 * scorable
    assert found["placed"] == fine
    assert (f"only {scorable} of 8 wordings" in found["reason"]) is not fine


def test_content_blind() -> None:
    """Opposed within each wording, and by chance another way in the next: not placed."""
    found = only(opinionated(EIGHT, np.random.default_rng(1).normal(size=(8, 4))))
    assert not found["placed"]
    assert found["reason"].startswith("answers do not depend on the statement")
    assert found["content"] < 0.5
    assert np.isfinite(found["position"])


@pytest.mark.parametrize(
    ("mirror", "said"),
    [
        (-0.1, "too few pairs to tell whether it opposes claim and counterclaim"),
        (0.1, "does not oppose claim and counterclaim"),
    ],
)
def test_few_pairs_cannot_tell_whether_they_are_opposed(mirror: float, said: str) -> None:
    """Eight that are a little opposed may be so by chance; eight that are not, are not."""
    text, noise = np.random.default_rng(2).normal(size=(2, 8, 1)) @ np.ones((2, 1, 4))
    found = only(placed(EIGHT, {"m": answers(EIGHT, text, 2 * mirror * text + noise)}))
    assert not found["placed"]
    assert (found["opposition"] > 0) == (mirror < 0)
    assert sentences(found["reason"])[0] == said


def test_a_pure_yes_sayer_is_not_placed() -> None:
    """Yes to everything, mirrors too: at the centre, hollow, with its yes-bias in the row."""
    found = only(opinionated(EIGHT, np.zeros((8, 4)), bias=6.0))
    assert not found["placed"]
    assert found["position"] == found["low"] == found["high"] == 0
    assert (found["content"], found["yes_bias"]) == (0, pytest.approx(np.tanh(3)))


@pytest.mark.parametrize(
    ("bias", "size", "first", "claim"),
    [
        (2.44, 0.002, "hardly prefers either side", False),
        (30.0, 1.0, UNSIDED.text, False),
        (0.0, 1.0, "", True),
    ],
)
def test_a_yes_sayer_makes_no_claim(bias: float, size: float, first: str, claim: bool) -> None:
    """Who prefers next to nothing is not placed; whose preferences never show is drawn hollow."""
    tables = opinionated(EIGHT, size * keyed(EIGHT, leanings(10)), bias=bias)
    found = only(tables)
    assert found["placed"] == (size == 1.0)
    assert str(found["reason"]).startswith(first)
    assert found["sided"] == (bias == 0)
    assert claims(tables) == {("m", "economic"): claim}


def test_yes_biases_of_opposite_sign_show_their_range() -> None:
    """Their mean is near 0, which no wording has."""
    bias = np.array([-2.0, -2.0, 2.0, 2.0])
    lam = keyed(EIGHT, leanings(10))
    found = placed(EIGHT, {"m": answers(EIGHT, bias + lam, bias - lam)})
    for row in (only(found), found.models.iloc[0]):
        assert row["yes_bias"] == pytest.approx(0, abs=1e-9)
        assert (row["yes_bias_min"], row["yes_bias_max"]) == pytest.approx(
            (np.tanh(-1), np.tanh(1))
        )
    assert found.wordings is not None
    assert found.wordings["yes_bias"].to_numpy() == pytest.approx(np.tanh(bias / 2))


@pytest.mark.parametrize(("improbable", "hollow"), [(2, False), (3, True)])
def test_options_that_are_improbable_in_most_wordings_make_a_dot_hollow(
    improbable: int, hollow: bool
) -> None:
    """And no wording is left out for it; each says how much its options held."""
    lam = keyed(EIGHT, leanings(10))
    mass = [0.001 if i < improbable else 0.5 for i in range(4)]
    evidence = [replace(a, mass=mass[int(a.wording[1:])]) for a in answers(EIGHT, lam, -lam)]
    found = placed(EIGHT, {"m": evidence})
    assert only(found)["placed"]
    assert only(found)["asked"] == 32
    assert claims(found) == {("m", "economic"): not hollow}
    reason = f"the options are improbable in {improbable} of 4 wordings"
    assert (reason in only(found)["reason"]) == hollow
    assert found.wordings is not None
    assert found.wordings["mass"].tolist() == mass


def test_without_mirrors_words_cannot_be_told_from_claims() -> None:
    """The row says so, and has neither opposition nor sides; what it can tell, it still tells."""
    bare = Materials(instrument(balanced(20), mirrors=False), recipe(4))
    lam = keyed(bare, leanings(11, bare))
    rows = {size: only(opinionated(bare, size * lam, bias=2.44)) for size in (1.0, 0.001)}
    for row in rows.values():
        assert "no mirrors: reading claims cannot be told from reading words" in row["reason"]
        assert np.isnan([row["opposition"], row["sided"]]).all()
    assert rows[1.0]["placed"]
    assert rows[0.001]["reason"].startswith("hardly prefers either side")
    noise = only(opinionated(bare, np.random.default_rng(1).normal(size=(20, 4))))
    assert noise["reason"].startswith("answers do not depend on the statement")


def test_one_answer_sheet_needs_no_content() -> None:
    """One wording cannot show content, so it is no gate; the interval says what it is about."""
    sheet = Materials(EIGHT.statements, recipe(1))
    found = only(opinionated(sheet, keyed(sheet, leanings(9, sheet))))
    assert found["placed"]
    assert np.isnan(found["content"])
    assert "these wordings only" in found["reason"]


def test_an_axis_without_asked_statements() -> None:
    """With a limit, an axis may come out empty."""
    materials = Materials(instrument([*balanced(4), *balanced(4, "social")]), recipe(4))
    tables = opinionated(materials, np.random.default_rng(1).normal(size=(4, 1)) * np.ones((4, 4)))
    found = only(tables, "social")
    assert not found["placed"]
    assert found["reason"] == "no statement of this axis was asked"
    assert found["asked"] == 0
    assert only(tables)["placed"]


def test_who_may_be_guessing_at_controls_is_not_placed() -> None:
    """Nor who takes truths for lies, or answered too few; without controls none is judged."""
    materials = Materials(EIGHT.statements, EIGHT.recipe, controls())
    lam = keyed(materials, leanings(10))
    spoken = answers(materials, lam, -lam)
    wise, lost = control_answers(materials, 2.0), control_answers(materials, -2.0)
    half = len(wise) // 2
    evidence = {
        "wise": [*spoken, *wise],
        "guessing": [*spoken, *wise[:half], *lost[half:]],
        "lost": [*spoken, *lost],
        "few": [*spoken, *wise[: half // 2]],
        "unasked": spoken,
    }
    tables = placed(materials, evidence)
    rows = tables.placements.set_index("model")
    assert rows["control"].tolist()[:4] == [1.0, 0.5, 0.0, 1.0]
    assert rows["placed"].to_dict() == {name: name in {"wise", "unasked"} for name in evidence}
    first = {name: sentences(rows.loc[name, "reason"])[:1] for name in evidence}
    assert first["guessing"] == ["does not tell true from false"]
    assert first["lost"] == ["takes false for true"]
    assert first["few"] == ["too few control pairs to tell whether it tells true from false"]
    models = tables.models.set_index("model")
    assert models.loc["wise", "control_low"] == pytest.approx(0.025 ** (1 / 20))
    assert models.loc["lost", "warnings"] == "takes false for true"


def test_low_mass_is_a_warning() -> None:
    """Judged apart where options are shown; no cell is dropped."""
    shown = tuple(
        replace(w, orders=((0, 1),)) if w.name == "w0" else w for w in EIGHT.recipe.wordings
    )
    materials = Materials(EIGHT.statements, replace(EIGHT.recipe, wordings=shown))
    lam = keyed(materials, leanings(11))
    evidence = [replace(a, mass=0.05) for a in answers(materials, lam, -lam)]
    found = only(placed(materials, {"m": evidence}))
    assert found["placed"]
    assert found["mass"] == 0.05
    assert "low mass: the median is below 0.1 where options are shown" in found["reason"]
    assert "completed" not in found["reason"]


# --- beside the position -----------------------------------------------------------------------


def test_sign_stability_is_empty_where_the_interval_holds_zero() -> None:
    """Else the share of wordings with the position's sign: four of four; seven of eight."""
    lift = np.array([0.9, 0.8, 1.0, 0.7])
    z = np.tanh(np.random.default_rng(2).normal(0, 0.1, size=(8, 1)) + lift)
    assert only(opinionated(EIGHT, keyed(EIGHT, z)))["sign_stability"] == 1
    z = np.tanh(np.random.default_rng(2).normal(0, 1, size=(8, 4)))
    found = only(opinionated(EIGHT, keyed(EIGHT, z)))
    assert found["low"] < 0 < found["high"]
    assert np.isnan(found["sign_stability"])
    many = Materials(EIGHT.statements, recipe(8))
    z = np.tanh(
        np.random.default_rng(3).normal(0, 0.05, size=(8, 1)) + np.array([1.0] * 7 + [-0.1])
    )
    assert only(opinionated(many, keyed(many, z)))["sign_stability"] == pytest.approx(7 / 8)


@pytest.mark.slow
@quick
@given(st.integers(0, 999))
def test_turning_the_key_turns_the_position(seed: int) -> None:
    """All effects negated: position, interval, bounds and raw change sign; judgements stay."""
    turned = Materials(
        instrument([{"economic": -e["economic"]} for e in balanced(8)]), EIGHT.recipe
    )
    lam = keyed(EIGHT, leanings(seed))
    one, other = only(opinionated(EIGHT, lam, 1.0)), only(opinionated(turned, lam, 1.0))
    for a, b in (("position",) * 2, ("low", "high"), ("minimum", "maximum"), ("raw",) * 2):
        assert one[a] == pytest.approx(-other[b], abs=1e-9)
    assert one["direction"] == pytest.approx(-other["direction"])
    for column in ("content", "consistency", "reliability", "decisiveness"):
        assert one[column] == pytest.approx(other[column], nan_ok=True)


@pytest.mark.slow
@quick
@given(st.integers(0, 999), st.permutations(range(8)), st.permutations(range(4)))
def test_order_of_statements_and_wordings_does_not_matter(
    seed: int, rows: list[int], columns: list[int]
) -> None:
    """Both are sets: no number depends on how they are listed, but for `split_half`: a set's author
    lists statements such that its halves are parallel."""
    statements = tuple(EIGHT.statements.statements[i] for i in rows)
    wordings = tuple(EIGHT.recipe.wordings[j] for j in columns)
    shuffled = Materials(
        replace(EIGHT.statements, statements=statements), replace(EIGHT.recipe, wordings=wordings)
    )
    lam = keyed(EIGHT, leanings(seed))
    lam[1, 2] = np.nan
    one = only(opinionated(EIGHT, lam, 1.0))
    other = only(opinionated(shuffled, lam[np.ix_(rows, columns)], 1.0))
    for column in (name for name in PLACEMENTS[4:-2] if name != "split_half"):
        assert one[column] == pytest.approx(other[column], abs=1e-9, nan_ok=True), column


@pytest.mark.slow
@quick
@given(st.integers(0, 999), st.floats(0, 2))
def test_position_grows_with_opinion(seed: int, step: float) -> None:
    """More of one pole in every answer is never less of it in the position."""
    lam = 2 * np.arctanh(leanings(seed))
    one, other = (
        only(opinionated(EIGHT, keyed(EIGHT, np.tanh((lam + s) / 2)))) for s in (0.0, step)
    )
    assert other["position"] >= one["position"] - 1e-12


def test_rows_of_agreement_stand_in_set_order() -> None:
    """Whatever the order of the evidence; wordings in the protocol's, models in theirs."""
    lam = keyed(EIGHT, leanings(12))
    evidence = {name: answers(EIGHT, lam, -lam)[::-1] for name in ("b", "a")}
    found = placed(EIGHT, evidence).agreement
    assert found["model"].tolist() == ["b"] * 32 + ["a"] * 32
    assert found["statement"].tolist()[:32] == [f"s{i}" for i in range(8) for _ in range(4)]
    assert found["wording"].tolist()[:4] == ["w0", "w1", "w2", "w3"]


# --- the other tables --------------------------------------------------------------------------


def crossed() -> Materials:
    """Economic and social; every fourth statement loads on both."""
    effects: list[dict[str, float]] = []
    for i in range(16):
        effect = {"economic": 1.0} if i % 4 < 2 else {"social": -1.0 if i % 2 else 1.0}
        effects.append(effect | ({"social": 1.0} if i % 4 == 0 else {}))
    return Materials(instrument(effects), recipe(4))


@pytest.mark.parametrize(
    ("topics", "bare", "wide"), [(3, 0, ""), (2, 0, "at least"), (3, 1, "at least")]
)
def test_intervals_rest_on_three_topics_or_are_said_to_be_too_narrow(
    topics: int, bare: int, wide: str
) -> None:
    """Beside the number and below a figure; also for the sake of one statement without a topic."""
    of = instrument(balanced(12), topics=topics)
    untagged = tuple(replace(s, topic=None) for s in of.statements[:bare])
    of = replace(of, statements=(*untagged, *of.statements[bare:]))
    materials = Materials(of, recipe(4))
    tables = opinionated(materials, keyed(materials, leanings(3, materials)))
    assert ("at least" in only(tables)["reason"]) == bool(wide)
    assert wide in tables.intervals
    assert tables.intervals.startswith("95\N{NO-BREAK SPACE}% intervals") == (not wide)


def test_each_model_and_axis_has_the_reliability_of_its_parallel_forms() -> None:
    """Opinions by topic and key repeat from half to half; noise does not."""
    materials = Materials(instrument(balanced(40), topics=5), recipe(4))
    rng = np.random.default_rng(1)
    opinion = np.repeat(rng.normal(size=(1, 10)), 4, axis=0).reshape(40, 1)  # topic x key
    alike = only(opinionated(materials, opinion * np.ones((40, 4))))
    random = only(opinionated(materials, rng.normal(size=(40, 1)) * np.ones((40, 4))))
    assert alike["split_half"] == pytest.approx(1)
    assert random["split_half"] < 0.8
    assert np.isnan(
        only(opinionated(Materials(instrument(balanced(2)), recipe(4)), np.ones((2, 4))))[
            "split_half"
        ]
    )


def test_an_ellipse_for_each_pair_of_axes() -> None:
    """At the placement, with the interval's variances, wide enough to be joint."""
    materials = crossed()
    lam = np.random.default_rng(4).normal(0.4, 1, size=(16, 1)) * np.ones((16, 4))
    lam = lam + np.random.default_rng(5).normal(0, 0.2, size=(16, 4))
    tables = opinionated(materials, lam)
    (found,) = tables.ellipses.itertuples(index=False)
    assert (found.x_axis, found.y_axis) == ("economic", "social")
    assert found.x == only(tables)["position"]
    assert found.y == only(tables, "social")["position"]
    assert found.var_x > 0
    assert found.cov > 0  # a quarter of the statements pulls both the same way
    assert found.cov**2 < found.var_x * found.var_y
    assert found.radius > np.sqrt(5.991)
    assert (found.x_from, found.x_to, found.y_from, found.y_to) == (-10, 10, -10, 10)


def test_topics_have_positions_of_their_own() -> None:
    """Means of their statements; one statement has no interval."""
    materials = Materials(instrument(balanced(7), topics=4), recipe(4))
    z = leanings(13, materials)
    found = opinionated(materials, keyed(materials, z)).topics
    assert found["topic"].tolist() == ["t0", "t1", "t2", "t3"]
    assert found["statements"].tolist() == [2, 2, 2, 1]
    assert found["position"].to_numpy() == pytest.approx([10 * z[i::4].mean() for i in range(4)])
    assert found["low"].isna().tolist() == [False, False, False, True]
    inside = found[:3]
    assert ((inside["low"] <= inside["position"]) & (inside["position"] <= inside["high"])).all()


def test_variance_is_shared_out() -> None:
    """Each model's shares sum to 1; model x wording comes with the fifth model."""
    materials = Materials(instrument(balanced(16), topics=8), recipe(4))
    evidence = {}
    for number in range(5):
        lam = keyed(materials, leanings(number, materials, lift=number - 2.0))
        evidence[f"m{number}"] = answers(materials, lam, -lam)
    found = placed(materials, evidence).variance
    sums = found.groupby("model")["share"].sum()
    assert sums.tolist() == pytest.approx([1.0] * 6)
    between = found[found["model"] == "all"].set_index("source")["share"]
    assert list(between.index) == ["model", "wording", "model x wording"]
    assert between["model"] > 0.9
    few = {name: lines for name, lines in evidence.items() if name != "m4"}
    assert "all" not in set(placed(materials, few).variance["model"])


def test_reference_points_with_mirrors() -> None:
    """Constant responders cancel; raw, they land where the key is unbalanced; coins are exact."""
    effects = [{"economic": 1.0}] * 3 + [{"economic": -2.0}]
    materials = Materials(instrument(effects), recipe(4))
    found = opinionated(materials, np.ones((4, 4))).reference.set_index("kind")
    assert found.loc["agree to everything", "position"] == 0
    assert found.loc["agree to everything, raw", "position"] == pytest.approx(10 * (3 - 2) / 5)
    assert found.loc["disagree to everything, raw", "position"] == pytest.approx(-2)
    # weights .2 .2 .2 .4: sum of squares .28; a pair has variance 1/2
    assert found.loc["coin", "sd"] == pytest.approx(10 * np.sqrt(0.28 / 2))
    assert found.loc["coin, raw", "sd"] == pytest.approx(10 * np.sqrt(0.28))


@pytest.mark.slow
def test_reference_points_agree_with_respondents() -> None:
    """The cloud is where coin tossers land, and yes-sayers land on theirs: with and without
    mirrors, the sample agrees with the exact numbers."""
    rng = np.random.default_rng(6)
    for mirrors in (True, False):
        materials = Materials(instrument(balanced(10), mirrors=mirrors), recipe(1))
        sure = 40.0
        evidence = {}
        for i in range(100):
            text, mirror = sure * rng.choice([-1.0, 1.0], size=(2, 10, 1))
            evidence[f"coin{i}"] = answers(materials, text, mirror if mirrors else None)
        tables = placed(materials, evidence)
        reference = tables.reference.set_index("kind")
        positions, raw = tables.placements["position"], tables.placements["raw"]
        assert positions.std() == pytest.approx(reference.loc["coin", "sd"], rel=0.2)
        assert raw.std() == pytest.approx(reference.loc["coin, raw", "sd"], rel=0.2)
        assert abs(positions.mean()) < 0.6
        yes = only(opinionated(materials, np.zeros((10, 1)), bias=sure))
        assert yes["position"] == pytest.approx(
            reference.loc["agree to everything", "position"], abs=1e-9
        )
        assert yes["raw"] == pytest.approx(
            reference.loc["agree to everything, raw", "position"], abs=1e-9
        )


def test_the_caption_says_what_it_is_about() -> None:
    """Set, protocol, n; what intervals cover is said where intervals are shown."""
    caption = opinionated(EIGHT, np.ones((8, 4))).caption
    for words in ("Toy", "protocol toy", "8 statements x 4 wordings", "untested on people"):
        assert words in caption
    assert "interval" not in caption


def test_table_keys_and_effects_share_the_format() -> None:
    """A set without any key on an axis is told, not divided by nothing."""
    bare = replace(EIGHT.statements, scoring=Scoring("table"))
    found = opinionated(Materials(bare, EIGHT.recipe), np.ones((8, 4))).placements
    assert tuple(found.columns) == PLACEMENTS
    assert not found["placed"].any()


def test_models_whose_rows_are_mixed_are_placed_as_if_they_stood_apart() -> None:
    headers = [header(name, EIGHT.recipe) for name in ("b", "a")]
    frames = [
        agreement(h, answers(EIGHT, *(keyed(EIGHT, z * leanings(seed)) for z in (1, -1))), RECIPE)
        for seed, h in enumerate(headers)
    ]
    apart = pd.concat(frames, ignore_index=True)
    mixed = pd.concat(frames).sort_index(kind="stable")  # a row of one, a row of the other
    assert list(mixed["model"][:4]) == ["b", "a", "b", "a"]
    for name in ("placements", "topics", "variance", "agreement", "models", "statements"):
        one, other = (getattr(place(rows, EIGHT, headers).tables, name) for rows in (apart, mixed))
        assert_frame_equal(one, other, check_exact=True)


def test_what_the_set_does_not_name_stands_behind_what_it_names() -> None:
    rows = agreement(header("m", RECIPE), answers(EIGHT, np.ones((8, 4)), -np.ones((8, 4))), RECIPE)
    strange = rows.assign(statement="unheard of " + rows["statement"])
    both = pd.concat([strange, rows[::-1]], ignore_index=True)
    found = place(both, EIGHT, [header("m", RECIPE)]).tables.agreement
    assert_frame_equal(found[: len(rows)], rows, check_exact=True)
    assert set(found["statement"][len(rows) :]) == set(strange["statement"])
