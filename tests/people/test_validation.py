"""What was planted in made-up people comes back; what real people answered is as it was published
by hand; and a fault is named."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from probes import cli, importers
from probes.cli import _tables
from probes.errors import RunError, SetError, UsageError
from probes.files import atomic
from probes.files.atomic import replacing
from probes.instruments import sets
from probes.people import moments, people_table
from probes.people.answers import PeopleAnswers, read_answers
from probes.people.groups import known_groups, noncentral, noncentral_f
from probes.people.items import items
from probes.people.positions import people_positions, support
from probes.people.reliability import omega
from probes.people.rows import PeopleColumns
from probes.people.validation import Validation, pair, validate
from probes.types import StatementSet
from probes.validity.findings import Finding
from probes.validity.people import group_points
from probes.validity.people import points as people
from probes.validity.people.fringe import fringe
from tests.people.simulated import ECONOMIC, answered, blanked, instrument

DATA = Path(__file__).parents[3] / "shared" / "data" / "people"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")

SET = instrument()
RNG = np.random.default_rng(0)
GROUPS = ["red"] * 300 + ["blue"] * 300
PLACES = np.concatenate([RNG.normal(-0.8, 0.5, (300, 2)), RNG.normal(0.8, 0.5, (300, 2))])
PLACES[:, 1] = RNG.normal(0.0, 0.8, 600)
YES, MOVED = 0.8, ("blue", "e4")


@pytest.fixture(scope="module")
def planted() -> Validation:
    """Two groups 1.6 apart on the first axis and alike on the second; yes-bias; one item that is
    easier for one group; one item answered against its key."""
    answers = answered(SET, PLACES, GROUPS, yes=YES, turned=("s2",), moved={MOVED: 3.0})
    return validate(SET, answers, "made-up people", "today", (("red", "blue"),))


@pytest.fixture(scope="module")
def plain() -> Validation:
    """Nothing but two groups, and somebody who is alone in a third."""
    return validate(SET, answered(SET, PLACES, [*GROUPS[:-1], "lonely"]))


def point(found: Validation, name: str) -> Finding:
    (one,) = (p for p in people.findings(found).points if p.name == name)
    return one


# --- planted ------------------------------------------------------------------------------------


def test_planted_positions_come_back_in_order(planted: Validation) -> None:
    """People's own positions correlate with where they were put."""
    table = people_positions(SET, planted.answers)
    for n, axis in enumerate(("economic", "social")):
        at = table[table["axis"] == axis]["position"].to_numpy()
        assert np.corrcoef(at, PLACES[:, n])[0, 1] > 0.8


def test_groups_are_told_apart_where_they_differ_and_only_there(planted: Validation) -> None:
    """eta squared and d with intervals that know it."""
    economic, social = planted.tables["variance"].to_dict("records")
    assert 0.4 < economic["low"] < economic["eta_squared"] < economic["high"] < 0.8
    assert social["adjusted"] < 0.02
    assert point(planted, "known groups, economic").verdict == "ok"
    assert "red -" in point(planted, "known groups, economic").sentence
    assert point(planted, "known groups, social").verdict == "warn"
    assert point(planted, "difference, economic").numbers["low"] > 1.5
    assert "cannot be told apart" in point(planted, "difference, social").sentence


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "eta"), [(2, 0.0), (7, 0.01), (7, 0.3)])
def test_the_interval_of_eta_squared_covers_what_is_true(
    groups: int, eta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where groups do not differ, where drawn groups always do: in 60 samples of 20 people a
    group, 54 times or more."""
    monkeypatch.setattr(moments, "DRAWS", 100)
    rng, held = np.random.default_rng(groups), 0
    means = np.linspace(-1, 1, groups)
    means *= np.sqrt(eta) / means.std()
    for _ in range(60):
        group = rng.integers(groups, size=20 * groups)
        at = means[group] + np.sqrt(1 - eta) * rng.normal(size=len(group))
        people = {"axis": "x", "group": [f"g{n}" for n in group], "weight": 1.0, "position": at}
        row = known_groups(pd.DataFrame(people)).variance.iloc[0]
        assert row["low"] <= row["adjusted"] <= row["eta_squared"] <= row["high"]
        held += row["low"] <= eta <= row["high"]
    assert held >= 54


@pytest.mark.parametrize("eta", [0.0, 1e-9, 0.01, 0.5, 0.9999, 1 - 1e-9, 1.0])
@pytest.mark.parametrize("groups", [1, 2, 40, 900])
def test_noncentral_ends_are_shares_or_unknown(eta: float, groups: int) -> None:
    """However extreme; scipy's function is NaN at some of them."""
    for n in (2.5, 41.0, 1e3, 1e6):
        low, high = noncentral(eta, n, groups)
        assert np.isnan(low) or 0 <= low <= high <= 1


def test_noncentral_f_is_that_of_scipy_where_scipy_has_one() -> None:
    for ratio, between, within, shift in ((1.0, 1, 98, 0.0), (2.0, 6, 293, 9.5), (5.0, 24, 40, 90)):
        expected = stats.ncf.cdf(ratio, between, within, shift)
        found = noncentral_f(ratio, between, within, shift)
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_statement_that_runs_against_its_key_is_named(planted: Validation) -> None:
    """By the command; every other one goes with its axis, at least weakly."""
    assert "against the key of: s2;" in point(planted, "statements, social").sentence
    table = planted.tables["statements"].set_index("statement")
    assert table.index[table["verdict"] == "against"].tolist() == ["s2"]
    assert set(table[table["axis"] == "economic"].drop("e4")["verdict"]) == {"ok"}


def test_the_statement_that_means_something_else_is_found_and_no_other(planted: Validation) -> None:
    """Groups differ by 3 SD in where they stand, which is no differential functioning."""
    table = planted.tables["dif"]
    found = table[table["verdict"] == "dif"]
    assert list(found["statement"]) == ["e4"]
    assert list(found["toward"]) == ["blue"]
    assert "e4 (toward blue)" in point(planted, "DIF, group").sentence


def test_yes_bias_comes_back(planted: Validation, plain: Validation) -> None:
    """About the mean of tanh of half of the log-odds that were added, less where opinions are
    strong; both key directions are as many."""
    bias = point(planted, "yes-bias").numbers["yes_bias"]
    assert 0.2 < bias < np.tanh(YES / 2)
    assert abs(point(plain, "yes-bias").numbers["yes_bias"]) < 0.03
    assert point(plain, "yes-bias").verdict == "ok"


def test_axes_factors_and_reliability_come_back() -> None:
    """Two axes that do not go together are two factors; alpha and omega agree where items are
    alike, and forms with them."""
    places = np.random.default_rng(5).normal(0, 0.8, (800, 2))
    found = validate(SET, answered(SET, places))
    assert point(found, "factors").value == "2, of 2 axes"
    assert abs(point(found, "economic and social").numbers["r"]) < 0.1
    for row in found.tables["axes"].to_dict("records"):
        assert row["low"] < row["alpha"] < row["high"]
        assert row["alpha"] == pytest.approx(row["omega"], abs=0.02)
        assert row["alpha"] == pytest.approx(row["forms"], abs=0.06)
    same = validate(SET, answered(SET, np.repeat(places[:, :1], 2, axis=1)))
    assert point(same, "factors").value == "1, of 2 axes"
    assert point(same, "factors").verdict == "warn"


@pytest.mark.parametrize("people", [6, 30, 400])
def test_omega_is_the_same_whenever_it_is_asked(people: int) -> None:
    """And in (0, 1), or unknown where a statement has no variance of its own."""
    rng = np.random.default_rng(people)
    common = rng.normal(size=(people, 1))
    covariance = np.cov((common + rng.normal(size=(people, 6))).T)
    found = [omega(covariance) for _ in range(3)]
    assert len({str(value) for value in found}) == 1
    assert np.isnan(found[0]) or 0 < found[0] < 1
    assert np.isnan(omega(np.ones((4, 4))))


def test_omega_is_that_of_the_loadings_that_made_the_answers() -> None:
    """(sum l)^2 / ((sum l)^2 + sum psi), of the covariances that they imply."""
    loadings, unique = np.array([0.4, 0.6, 0.8, 0.5, 0.7]), np.array([0.9, 0.5, 0.4, 0.7, 0.6])
    covariance = np.outer(loadings, loadings) + np.diag(unique)
    expected = loadings.sum() ** 2 / (loadings.sum() ** 2 + unique.sum())
    assert omega(covariance) == pytest.approx(expected, abs=1e-4)


def test_alpha_is_that_of_the_textbook() -> None:
    """k / (k - 1) (1 - sum of variances / variance of the sum)."""
    one = instrument(4, (ECONOMIC,))
    answers = answered(one, PLACES[:, :1], GROUPS)
    sign = np.array([s.effects["economic"] for s in one.statements])
    z = answers.matrix.astype(float) * sign
    alpha = 4 / 3 * (1 - z.var(axis=0, ddof=1).sum() / z.sum(axis=1).var(ddof=1))
    assert validate(one, answers).tables["axes"]["alpha"].iloc[0] == pytest.approx(alpha)


def test_weights_make_a_sample_of_what_it_stands_for() -> None:
    """A person of weight 2 counts as two; a person of weight 0 not at all."""
    answers = answered(SET, PLACES, GROUPS)
    twice = np.concatenate([np.arange(600), np.arange(300)])
    weighted = replace(answers, weight=np.array([2.0] * 300 + [1.0] * 300))
    by_weight, by_number = (
        known_groups(people_positions(SET, of)) for of in (weighted, answers.cut(twice))
    )
    np.testing.assert_allclose(by_weight.groups["mean"], by_number.groups["mean"])
    np.testing.assert_allclose(by_weight.variance["eta_squared"], by_number.variance["eta_squared"])
    gone = replace(answers, weight=np.array([1.0] * 300 + [0.0] * 300))
    assert set(support(SET, gone)["group"]) == {"", "red"}


def test_languages_are_compared_as_groups_are() -> None:
    """Who was asked in another language and takes a statement otherwise."""
    places = np.random.default_rng(6).normal(0, 0.8, (600, 2))
    tongues = ["en", "de"] * 300
    told = answered(SET, places, tongues, moved={("de", "s3"): 3.0})
    answers = replace(told, group=np.array([""] * 600, dtype=object), language=told.group)
    found = validate(SET, answers)
    assert point(found, "DIF, language").sentence.endswith("s3 (toward de)")
    assert point(found, "known groups").verdict == "warn"


def test_claims_that_no_group_holds_are_fringe() -> None:
    """Fewer than 30 % of each; one group that holds it is enough."""
    places = np.zeros((600, 2))  # nobody has opinions, but for what is moved
    moved = {(g, "e1"): -3.0 for g in ("red", "blue")} | {("red", "e2"): -3.0}
    found = validate(SET, answered(SET, places, GROUPS, moved=moved))
    assert point(found, "fringe").sentence.endswith("agree with: e1")
    assert "every group of 10 or more" in point(found, "fringe").sentence
    alone = found.tables["support"].query("group == ''")
    unasked = alone.assign(share=alone["share"].mask(alone["statement"] == "e2"))
    told = fringe(unasked)
    assert "30 % of all people" in told.sentence
    assert told.numbers["texts"] == unasked["share"].notna().sum()  # of some nobody was asked


def test_without_groups_claims_are_fringe_among_all_people() -> None:
    of = answered(SET, np.zeros((100, 2)))
    found = point(validate(SET, of), "fringe").sentence
    assert found == "each text is held by at least 30 % of all people"
    of.matrix[:, 3] = np.where(np.arange(100) < 10, 1, -1)
    found = point(validate(SET, of), "fringe").sentence
    assert found == "fewer than 30 % of all people agree with: e3"


# --- strange people -----------------------------------------------------------------------------


def test_ninety_percent_missing_is_said() -> None:
    """Who answered less than half is not placed; where that is all of them, nothing is said."""
    answers = answered(SET, PLACES, GROUPS)
    with pytest.raises(SetError, match="nobody answered half of the statements of any axis"):
        validate(SET, blanked(answers, 0.9))
    some = validate(SET, blanked(answers, 0.5))
    assert point(some, "people").verdict == "warn"
    assert point(some, "people").numbers["missing"] == pytest.approx(0.5, abs=0.02)


def test_answers_that_are_all_equal_tell_nothing_apart() -> None:
    answers = answered(SET, PLACES, GROUPS)
    same = replace(answers, matrix=np.ones_like(answers.matrix))
    found = validate(SET, same)
    assert "too few people, or all alike" in point(found, "known groups, economic").sentence
    statements = point(found, "statements, economic")
    assert (statements.verdict, statements.value) == ("warn", "unknown")
    reliability = point(found, "reliability, social").sentence
    assert reliability == "cannot be told: too few people, or all alike; parallel forms unknown"
    assert statements.sentence.startswith("cannot be told, from too few or equal answers, of: e0")
    json.loads(people.findings(found).json(), parse_constant=pytest.fail)


def test_groups_of_one_person_are_named_and_have_no_spread(plain: Validation) -> None:
    assert "lonely" in point(plain, "small groups").sentence
    alone = plain.tables["groups"].set_index("group").loc["lonely"]
    assert alone[["low", "high", "sd"]].isna().all().all()
    pairs = plain.tables["pairs"]
    assert pairs[(pairs["first"] == "lonely") | (pairs["second"] == "lonely")]["d"].isna().all()


def test_two_people_and_one_axis_that_is_keyed_one_way() -> None:
    """Nothing can be told, and everything says so."""
    one = instrument(3, (ECONOMIC,))
    one = replace(
        one, statements=tuple(replace(s, effects={"economic": 1.0}) for s in one.statements)
    )
    found = validate(one, answered(one, np.array([[0.5], [-0.5]])))
    assert "cannot be told from yes-bias" in point(found, "yes-bias").sentence
    assert not people.findings(found).ok


def test_a_group_that_is_not_there_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="--compare: no group 'rde': did you mean 'red'"):
        validate(SET, answered(SET, PLACES, GROUPS), compared=(("rde", "blue"),))


@pytest.mark.slow
def test_named_groups_are_compared_however_small_they_are() -> None:
    """The forty largest are compared with each other; two that are named are, too."""
    one = instrument(4, (ECONOMIC,))
    names = [f"g{n:02}" for n in range(50) for _ in range(12)]
    answers = answered(one, PLACES[:, :1], [*names[:-4], "tiny", "tiny", "mini", "mini"])
    assert "tiny" not in {*validate(one, answers).tables["pairs"]["first"]}
    found = validate(one, answers, compared=(("tiny", "mini"), ("mini", "tiny")))
    assert {"tiny", "mini"} <= {*found.tables["pairs"]["first"], *found.tables["pairs"]["second"]}
    assert "nobody" not in point(found, "difference, economic").sentence
    silent = np.isin(answers.group, ["tiny"])
    none = replace(answers, matrix=np.where(silent[:, None], np.float32(np.nan), answers.matrix))
    found = validate(one, none, compared=(("tiny", "mini"),))
    assert point(found, "difference, economic").sentence == (
        "tiny and mini: nobody of one of them has a position here"
    )


@pytest.mark.parametrize(
    ("groups", "people", "sentence"),
    [
        (10, 10, "hardly more people than groups: whether groups differ cannot be told"),
        (20, 60, "chance makes so many small groups differ as much: that they do is not shown"),
        (2, 600, "groups hardly differ here"),
    ],
)
def test_what_is_said_of_groups_follows_the_number(groups: int, people: int, sentence: str) -> None:
    """Eta squared is 1 where everybody is a group, and large where many groups are small."""
    places = np.zeros((people, 2))
    answers = answered(SET, places, [f"g{n % groups}" for n in range(people)], seed=11)
    row = validate(SET, answers).tables["variance"].iloc[0]
    assert (row["eta_squared"] == 1) == (groups == people)
    assert point(validate(SET, answers), "known groups, economic").sentence == sentence


@pytest.mark.slow
def test_the_ends_of_many_groups_that_do_not_differ_are_not_said_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 25 groups of 20 who answer by chance, two lie so far apart that the interval of that pair
    alone is above 0; they do not pass for different."""
    monkeypatch.setattr(moments, "DRAWS", 100)
    one = instrument(4, (ECONOMIC,))
    names, alone, said = [f"g{n % 25}" for n in range(500)], 0, []
    for seed in range(8):
        answers = answered(one, np.zeros((500, 1)), names, seed=seed)
        known = known_groups(people_positions(one, answers))
        found: Any = SimpleNamespace(
            tables={"variance": known.variance, "pairs": known.pairs, "groups": known.groups},
            compared=(),
            answers=answers,
            about=SimpleNamespace(groups={}),
        )
        points = [*group_points.group_points(found), *group_points.pair_points(found)]
        said += [point.verdict for point in points]
        alone += known.pairs.nlargest(1, "difference")["low"].iloc[0] > 0
    assert alone >= 6
    assert len(said) == 16
    assert said.count("ok") <= 2


def test_what_is_typed_of_groups_and_for_captions_is_checked() -> None:
    """Groups whose names have a colon; no groups; captions of one line."""
    one = instrument(4, (ECONOMIC,))
    names = ["x:red"] * 300 + ["x:blue"] * 300
    answers = answered(one, PLACES[:, :1], names)
    assert pair("x:red:x:blue", answers.groups) == ("x:red", "x:blue")
    assert pair("a:b") == ("a", "b")
    for typed in ("a", "a:", ":", "a:a", ""):
        with pytest.raises(UsageError, match="should be two groups"):
            pair(typed)
    nobody = replace(answers, group=np.array([""] * 600, dtype=object))
    with pytest.raises(UsageError, match="name their column: --group"):
        validate(one, nobody, compared=(("a", "b"),))
    for said in ({"who": "a\nb"}, {"when": "\x1b[31m"}):
        with pytest.raises(UsageError, match="should be one line"):
            validate(one, answers, **said)


def test_where_nothing_goes_together_no_axis_is_said_to_be_another() -> None:
    places = np.zeros((40, 1))
    one = instrument(6, (ECONOMIC,))
    found = validate(one, answered(one, places, seed=3))
    assert point(found, "factors").value == "0, of 1 axis"
    assert "nothing that goes together" in point(found, "factors").sentence


# --- real people --------------------------------------------------------------------------------


def real(
    name: str, folder: Path, columns: PeopleColumns, options: str
) -> tuple[StatementSet, PeopleAnswers]:
    """The set that the table of items makes, and people's answers."""
    items = pd.read_csv(DATA / f"{name}_items.csv")
    items["text"] = items["text"].str.replace(r"^\d+\._", "", regex=True).str.replace("_", " ")
    items.to_csv(folder / "items.csv", index=False)
    typed = {
        "language": "en",
        "id": "id",
        "text": "text",
        "agree": "agree",
        "licence": "none",
        "axes": "economic:left:right,social:libertarian:authoritarian",
    }
    importers.run("table", [folder / "items.csv"], typed, folder / f"{name}.yaml")
    of = sets.load(folder / f"{name}.yaml")
    return of, read_answers([DATA / f"{name}.csv"], of, columns, options)


def means(found: Validation, axis: str) -> dict[str, float]:
    table = found.tables["groups"]
    rows = table[table["axis"] == axis]
    return dict(zip(rows["group"], rows["mean"], strict=True))


@needs_data
def test_a_thousand_voters_of_2018_lie_in_the_order_of_their_parties(tmp_path: Path) -> None:
    """Seven steps from strong Democrats to strong Republicans."""
    of, answers = real(
        "ces2018", tmp_path, PeopleColumns("respondent", "party7"), "support=1,oppose=-1"
    )
    found = validate(of, answers, compared=(("1", "7"),))
    at = means(found, "economic")
    expected = [-6.8, -5.0, -7.2, -2.2, 3.4, 0.3, 4.3]
    np.testing.assert_allclose([at[str(n)] for n in range(1, 8)], expected, atol=0.06)
    assert point(found, "difference, economic").numbers["d"] == pytest.approx(2.6, abs=0.05)
    assert point(found, "difference, social").numbers["d"] == pytest.approx(3.6, abs=0.06)
    together = point(found, "economic and social").numbers
    assert together["complete"] == pytest.approx(0.81, abs=0.015)
    assert point(found, "factors").value == "1, of 2 axes"
    turned = tuple(
        replace(s, effects={a: -w for a, w in s.effects.items()}) if s.id == "cc18-414b" else s
        for s in of.statements
    )
    table = items(replace(of, statements=turned), answers)
    assert table[table["verdict"] == "against"]["statement"].tolist() == ["cc18-414b"]


@pytest.mark.slow
@needs_data
def test_candidates_of_2011_lie_as_their_parties_do(tmp_path: Path) -> None:
    """Two axes that are two."""
    of, answers = real("yle2011", tmp_path, PeopleColumns("respondent", "party"), "1..5")
    found = validate(of, answers)
    economic, social = (means(found, axis) for axis in ("economic", "social"))
    for party, place in {
        "Suomen Kommunistinen Puolue": -7.6,
        "Vasemmistoliitto": -7.0,
        "Vihreä liitto": -3.0,
        "Suomen Sosialidemokraattinen Puolue": -4.5,
        "Perussuomalaiset": -1.7,
        "Suomen Keskusta": 0.1,
        "Ruotsalainen kansanpuolue": 1.0,
        "Kansallinen Kokoomus": 2.9,
    }.items():
        assert economic[party] == pytest.approx(place, abs=0.06), party
    assert social["Ruotsalainen kansanpuolue"] == pytest.approx(-5.4, abs=0.08)
    assert social["Vihreä liitto"] == pytest.approx(-4.8, abs=0.06)
    assert social["Perussuomalaiset"] == pytest.approx(6.2, abs=0.06)
    etas = dict(zip(*(found.tables["variance"][c] for c in ("axis", "eta_squared")), strict=True))
    assert etas == pytest.approx({"economic": 0.63, "social": 0.57}, abs=0.02)
    assert found.tables["axes"]["alpha"].iloc[0] == pytest.approx(0.84, abs=0.01)
    assert point(found, "factors").value == "2, of 2 axes"


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
def test_tables_are_written_together_or_not_at_all(
    plain: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    """Whichever of them cannot be written, and whether or not the folder holds others."""
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    for name in ("people_groups.csv", "people_topics.csv", "people.json"):

        def fails(path: Path, at: str = name) -> Any:
            if path.name == at:
                raise OSError(28, "No space left on device")
            return replacing(path)

        with monkeypatch.context() as patched:
            patched.setattr(atomic, "replacing", fails)
            with pytest.raises(RunError, match="No space left"):
                plain.write(folder)
        assert {path: path.read_bytes() for path in folder.rglob("*")} == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"] * there
    plain.write(folder)
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(whole) == 13 + there
    people_table.read(folder)
    plain.write(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole


def test_a_folder_that_was_left_half_replaced_is_refused(
    plain: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a kill between two files: what says whose answers they are comes last."""
    plain.write(tmp_path)
    calls = []

    def dies(path: Path, to: Path) -> Path:
        calls.append(to)
        if len(calls) > 16 and to.parent == tmp_path:
            raise KeyboardInterrupt
        return rename(path, to)

    rename = Path.replace
    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        plain.write(tmp_path)
    with pytest.raises(RunError, match="no folder of `probes sets validate --out`"):
        people_table.read(tmp_path)


# --- the command --------------------------------------------------------------------------------


def test_of_many_groups_the_largest_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns, however long their names."""
    monkeypatch.setenv("COLUMNS", "80")
    one = instrument(4, (ECONOMIC,))
    names = [f"g{n:02} with a name that goes on and on" for n in range(30) for _ in range(20)]
    groups = known_groups(people_positions(one, answered(one, PLACES[:, :1], names))).groups
    _tables.people_groups(groups)
    out = capsys.readouterr().out
    assert len(re.findall("g.. with a name that goes o…", out)) == 20
    assert "10 more are in people_groups.csv" in out
    assert max(map(len, map(str.rstrip, out.splitlines()))) <= 80


@pytest.mark.slow
def test_the_command_prints_verdicts_writes_tables_and_checks_against_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose answers these are stands under everything."""
    (tmp_path / "set.yaml").write_text(
        "name: mini\ntitle: Mini\nlanguage: en\nlicence: CC0-1.0\n"
        "axes: {x: {negative: low, positive: high}}\nstatements:\n"
        + "".join(
            f"  - {{id: q{n}, text: The number {n} should rise., agree: {pole}}}\n"
            for n, pole in enumerate(["high", "low"] * 3)
        )
    )
    rng = np.random.default_rng(3)
    rows = ["party," + ",".join(f"q{n}" for n in range(6))]
    for n in range(80):
        side = n % 2
        agrees = [(rng.random() < 0.8) == (side == k % 2) for k in range(6)]
        rows.append(f"{'ab'[side]}," + ",".join("agree" if a else "disagree" for a in agrees))
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    command = ["sets", "validate", "./set.yaml", "a.csv", "--group", "party", "--out", "out"]
    monkeypatch.setattr("sys.argv", ["probes", *command, "--who", "eighty", "--json", "v.json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (0, None)
    out = capsys.readouterr().out
    assert re.search(r"x +all people +80 +100 % +[+-]\d\.\d\d +[+-]\d\.\d\d to ", out)
    assert "answered by people: eighty, date unknown; n = 80, no weights; a.csv" in out
    monkeypatch.setattr("sys.argv", ["probes", *command[:-2]])
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main()
    table = capsys.readouterr().out.partition("name")[0].splitlines()
    assert max(map(len, map(str.rstrip, table))) <= 80
    assert [re.split(r" {2,}", row.strip())[1] for row in table if row.startswith(" x ")] == [
        *("all people", "b", "a")
    ]
    report = json.loads((tmp_path / "v.json").read_text())
    assert {p["name"] for p in report["points"]} >= {"known groups, x", "statements, x", "fringe"}
    monkeypatch.setattr("sys.argv", ["probes", "sets", "check", "./set.yaml", "--people", "out"])
    with pytest.raises(SystemExit):
        cli.main()
    out = capsys.readouterr().out
    assert "the texts are those that were answered" in out
    assert "untested on people" not in out
    monkeypatch.setattr("sys.argv", ["probes", "sets", "check", "compass", "--people", "out"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "people answered the set mini, not compass" in capsys.readouterr().err
