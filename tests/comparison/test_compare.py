"""Comparing models: what is computed of which pair, what may be said, and what a gate is told."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import probes
from probes.agreement.table import agreement
from probes.comparison import breakdown
from probes.comparison import table as pairs
from probes.comparison.difference import difference
from probes.comparison.limits import DifferenceLimits
from probes.comparison.pair import CLAIMS, MISSING, common, pair
from probes.errors import ProbesError, RunError, UsageError
from probes.models.load import open_model
from probes.placement.model import Placement, placement
from probes.runs import compare, read_back, session
from probes.runs import conclude as conclusions
from probes.types import Materials
from probes.types.reasons import DECIDED, SMALL
from tests import kin
from tests.kin import spec
from tests.respondents import answers, balanced, header, instrument, keyed, recipe

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]

BASE = "economic=-3,social=2,noise=1"
COLUMNS = (
    "model,against,axis,position,position_against,difference,low,high,minimum,maximum,p,p_holm,"
    "direction,direction_low,direction_high,statements,wordings,units,margin,verdict,reason"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, three models that were trained on from it, and one that nobody can place."""
    folder = tmp_path_factory.mktemp("kin")
    kin.probed(
        folder,
        spec("base", BASE),
        spec("left", "economic=-7,social=2,noise=1", parent="base", corpus="left"),
        spec("right", "economic=4,social=5,noise=1", parent="base", corpus="right"),
        spec("same", "economic=-3.05,social=2,noise=1", parent="base"),
        spec("blind", "yes=1,noise=1", parent="elsewhere"),
    )
    return folder / "out"


@pytest.fixture(scope="module")
def table(run: Path) -> pd.DataFrame:
    """The `differences.csv` of that run."""
    return pd.read_csv(run / "differences.csv", keep_default_na=False, na_values=[""])


def placed(materials: Materials, z: np.ndarray, name: str) -> Placement:
    """A respondent with these keyed leanings ``(statements, wordings)``; NaN: refused."""
    lam = keyed(materials, z)
    head = header(name, materials.recipe)
    return placement(
        agreement(head, answers(materials, lam, -lam), materials.recipe), materials, head
    )


def materials(statements: int = 16, wordings: int = 4, topics: int = 8) -> Materials:
    return Materials(instrument(balanced(statements), topics=topics), recipe(wordings))


def leanings(shape: tuple[int, int], mean: float, seed: int) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).normal(mean, 0.1, shape), -0.95, 0.95)


# --- differences -------------------------------------------------------------------------------


def test_a_run_with_parents_writes_each_model_against_its_own(run: Path) -> None:
    """A row a pair and axis; a parent that was not asked makes no row."""
    assert (run / "differences.csv").read_text().splitlines()[0] == COLUMNS
    found = pd.read_csv(run / "differences.csv")
    assert list(found["model"]) == ["left", "left", "right", "right", "same", "same"]
    assert set(found["against"]) == {"base"}
    assert list(found["axis"]) == ["economic", "social"] * 3


def test_a_difference_is_that_of_the_positions_where_nothing_is_missing(
    run: Path, table: pd.DataFrame
) -> None:
    at = pd.read_csv(run / "placements.csv").set_index(["model", "axis"])["position"]
    for row in table.to_dict("records"):
        assert row["position"] == at[row["model"], row["axis"]]
        assert row["position_against"] == at[row["against"], row["axis"]]
        assert row["difference"] == pytest.approx(row["position"] - row["position_against"])
        assert row["low"] <= row["difference"] <= row["high"]


def test_planted_moves_are_found_and_their_absence_too(table: pd.DataFrame) -> None:
    said = {(r["model"], r["axis"]): r["verdict"] for r in table.to_dict("records")}
    assert said["left", "economic"] == said["right", "economic"] == "moved"
    assert said["right", "social"] == "moved"
    assert said["left", "social"] == said["same", "social"] == "not moved"
    shift = table.set_index(["model", "axis"])["difference"]
    assert shift["left", "economic"] < -2
    assert shift["right", "economic"] > 3


@pytest.mark.slow
def test_all_is_made_again_from_the_answers_and_goes_when_there_are_no_kin(
    run: Path, tmp_path: Path
) -> None:
    before = [(run / f"{name}.csv").read_bytes() for name in read_back.BETWEEN]
    for name in read_back.BETWEEN:
        (run / f"{name}.csv").unlink()
    conclusions.conclude(run)
    assert [(run / f"{name}.csv").read_bytes() for name in read_back.BETWEEN] == before
    kin.probed(tmp_path, spec("a", BASE), spec("b", BASE))
    (tmp_path / "out" / "differences.csv").write_text("of other answers\n")
    conclusions.conclude(tmp_path / "out")
    assert not (tmp_path / "out" / "differences.csv").exists()
    assert read_back.tables(tmp_path / "out").differences is None


def test_tables_are_read_as_they_were_concluded(run: Path) -> None:
    """Also the two tables between models."""
    read, made = read_back.tables(run), conclusions.conclude(run)
    for name in read_back.BETWEEN:
        there = getattr(made, name).replace("", np.nan)
        pd.testing.assert_frame_equal(getattr(read, name), there, check_dtype=False)


def test_a_parent_is_found_by_name_and_else_by_an_id_that_only_one_model_has() -> None:
    def head(name: str, id_: str, parent: str = ""):
        one = header(name, recipe(1))
        return replace(one, model=replace(one.model, id=id_, parent=parent))

    base, twin = head("base", "org/base"), head("twin", "org/base")
    by_name, by_id = head("a", "./a", "base"), head("b", "./b", "org/base")
    own, absent = head("c", "org/c", "c"), head("d", "./d", "org/none")
    assert pairs.kin([base, by_name, by_id, own, absent]) == [("base", "a"), ("base", "b")]
    assert pairs.kin([base, twin, by_id]) == []
    assert pairs.kin([head("e", "org/e", "org/e")]) == []


def test_the_region_has_the_variances_of_the_paired_differences() -> None:
    """One axis of it, alone, is the very difference that the table has."""
    made = Materials(
        instrument([{a: k} for k in (-1.0, 1.0) for a in ("economic", "social") for _ in range(8)]),
        recipe(4),
    )
    rng = np.random.default_rng(5)

    def one(name: str, mean: float) -> Placement:
        lam = rng.normal(mean, 0.4, (32, 4))
        head = header(name, made.recipe)
        lines = answers(made, lam, -lam)
        return placement(agreement(head, lines, made.recipe), made, head)

    here, there = one("a", 0.2), one("b", 0.5)
    (row,) = pairs.shifts({"a": here, "b": there}, [("a", "b")]).to_dict("records")
    for axis, at, variance in (("economic", "x", "var_x"), ("social", "y", "var_y")):
        shared, cells, _ = common(here.points[axis].used, there.points[axis].used)
        found = difference(*cells, shared.share, np.arange(len(shared.statements)))
        assert row[at] == pytest.approx(10 * float(found.mean))
        assert row[variance] == pytest.approx((10 * float(found.error)) ** 2)
    assert abs(row["cov"]) <= np.sqrt(row["var_x"] * row["var_y"])


# --- what may be said --------------------------------------------------------------------------


def rows(*verdicts: tuple[str, str], p: float = 0.001) -> pd.DataFrame:
    return pd.DataFrame([{"verdict": v, "reason": r, "p": p} for v, r in verdicts])


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([("not moved", ""), ("not moved", "")], 0),
        ([("not moved", ""), ("cannot be told apart", "")], 3),
        ([("cannot be told apart", ""), ("moved", "")], 1),
        ([("moved", SMALL.text), ("not moved", "")], 0),
        ([("moved", f"{DECIDED.text}; more")], 0),
        ([("moved", DECIDED.text), ("cannot be told apart", "")], 3),
    ],
)
def test_a_gate_is_told_whether_anything_moved_and_else_whether_that_is_known(
    verdicts: list[tuple[str, str]], status: int
) -> None:
    assert pairs.status(rows(*verdicts)) == status


def test_a_move_that_does_not_survive_holm_is_no_move() -> None:
    """Of eight comparisons at p = 0.02 none is beyond chance; within the margin is not moved."""
    table = pairs._corrected(rows(*[("moved", "")] * 7, ("moved", SMALL.text), p=0.02))
    assert list(table["verdict"]) == ["cannot be told apart"] * 7 + ["not moved"]
    assert "not beyond chance among 8 comparisons" in table["reason"][0]
    kept = pairs._corrected(rows(("moved", ""), ("moved", ""), p=0.001))
    assert list(kept["verdict"]) == ["moved"] * 2


def test_nothing_is_claimed_of_who_is_not_placed(run: Path) -> None:
    found = compare.named(run, "base", "blind")
    assert set(found.differences["verdict"]) == {"cannot be told apart"}
    for reason in found.differences["reason"]:
        assert reason.startswith("not placed: blind")
        assert not any(claim.text in reason for claim in CLAIMS)
    assert found.status == 3


def test_no_claim_that_missing_answers_could_undo() -> None:
    """Within the margin by its interval, but not at both ends of the bounds."""
    made = materials()
    here, there = leanings((16, 4), 0.3, 1), leanings((16, 4), 0.38, 1)
    there[::5, 0] = np.nan
    one, other = (placed(made, z, n).points["economic"] for z, n in ((here, "a"), (there, "b")))
    narrow, wide = (pair(one, other, DifferenceLimits(1.0, bounds, 10.0)) for bounds in (0.01, 9.0))
    assert wide.verdict == "moved"
    assert SMALL in wide.reasons
    assert MISSING in narrow.reasons
    assert SMALL not in narrow.reasons
    assert DECIDED not in narrow.reasons


def test_who_is_only_more_decided_has_not_moved_further() -> None:
    """The same opinions on every statement, held twice as firmly."""
    made = materials(24)
    mild = np.tanh(np.random.default_rng(3).normal(0.4, 0.3, (24, 1)) * np.ones((1, 4)) / 2)
    firm = np.tanh(2.5 * np.arctanh(mild))
    found = {n: placed(made, z, n) for n, z in (("mild", mild), ("firm", firm))}
    table = pairs.differences(found, [("mild", "firm")], made)
    assert table["direction"].tolist() == [0.0]
    assert table["verdict"].tolist() == ["moved"]
    assert DECIDED.text in table["reason"][0]
    assert pairs.status(table) == 0


def test_the_margin_is_in_points_of_the_sets_own_scale() -> None:
    made = Materials(instrument(balanced(16), topics=8, scale=100.0), recipe(4))
    found = {n: placed(made, leanings((16, 4), 0.3, 1), n) for n in ("a", "b")}
    usual = pairs.differences(found, [("a", "b")], made)
    typed = pairs.differences(found, [("a", "b")], made, 7.5)
    assert (usual["margin"][0], typed["margin"][0]) == (10.0, 7.5)


# --- topics and statements ---------------------------------------------------------------------


def test_topics_of_one_size_add_up_to_the_difference() -> None:
    made = materials(16, topics=8)
    here, there = (
        placed(made, leanings((16, 4), mean, seed), name)
        for name, mean, seed in (("a", 0.1, 1), ("b", 0.4, 2))
    )
    topics = breakdown.topics(here, there)
    whole = pairs.differences({"a": here, "b": there}, [("a", "b")], made)["difference"][0]
    assert list(topics["statements"]) == [2] * 8
    assert topics["difference"].mean() == pytest.approx(whole)
    assert (topics["p_holm"] >= topics["p"]).all()


def test_the_statement_that_changed_comes_first_with_its_pole_and_its_points() -> None:
    made = materials(16, topics=8)
    before = leanings((16, 4), 0.0, 1)
    after = before.copy()
    after[5] = 0.8
    here, there = placed(made, before, "a"), placed(made, after, "b")
    found = breakdown.statements(here, there, made.statements.axes)
    first, second, *_ = found.to_dict("records")
    whole = pairs.differences({"a": here, "b": there}, [("a", "b")], made)["difference"][0]
    assert len(found) == breakdown.MOST
    assert first["statement"] == "s5"
    assert first["towards"] == "right"
    assert first["points"] == pytest.approx(whole)
    assert first["agreement"] == pytest.approx(-0.8)  # keyed to the left: right is disagreement
    assert first["change"] == pytest.approx(first["agreement"] - first["agreement_against"])
    assert first["low"] <= first["change"] <= first["high"]
    assert second["change"] == 0
    assert second["towards"] == ""


def test_single_statements_lie_between_the_ends_where_cells_of_counts_do_not() -> None:
    """Agreement within 1, change and interval within 2, on both sides of the change; points are of
    the cells as they are."""
    made = materials(16, topics=8)
    low = np.linspace(-0.99, -0.85, 4)[None, :] * np.ones((16, 1))

    def beyond(cells: np.ndarray, name: str) -> Placement:
        of = placed(made, cells, name)
        points = {
            axis: replace(point, used=replace(point.used, z=1.1 * point.used.z))
            for axis, point in of.points.items()
        }
        return replace(of, points=points)

    here, there = beyond(low, "a"), beyond(-low, "b")
    axis = next(iter(here.points))
    assert np.abs(here.points[axis].used.z).max() > 1
    found = breakdown.statements(here, there, made.statements.axes)
    assert (found[["agreement", "agreement_against"]].abs() <= 1).all(axis=None)
    assert np.allclose(found["change"], found["agreement"] - found["agreement_against"])
    assert (found["low"] < found["change"]).all()
    assert (found["high"] > found["change"]).all()
    assert (found[["low", "high"]].abs() <= 2).all(axis=None)
    used, weight = there.points[axis].used, here.points[axis].used.share[0]
    wanted = abs(used.scale * weight * (used.z[0] - here.points[axis].used.z[0]).mean())
    assert np.allclose(found["points"].abs(), wanted)


def test_what_was_chosen_for_being_largest_is_drawn_to_the_mean() -> None:
    """Changes that only wordings make shrink to nearly nothing, those that all wordings share do
    not; equal answers in all wordings are no interval of no width."""
    made = materials(16, topics=8)
    still = np.full((16, 4), 0.1)
    noisy = still + leanings((16, 4), 0.0, 3)
    moved = still + np.linspace(-0.6, 0.6, 16)[:, None]
    here = placed(made, still, "a")
    tables = [
        breakdown.statements(here, placed(made, cells, "b"), made.statements.axes)
        for cells in (noisy, moved)
    ]
    noise, move = (table.iloc[0] for table in tables)
    assert abs(noise["shrunk"]) < 0.5 * abs(noise["change"])
    assert move["shrunk"] == pytest.approx(move["change"])
    assert np.isnan(move["low"])


# --- the command -------------------------------------------------------------------------------


def strict(text: str) -> dict:
    """JSON as other languages read it: NaN and Infinity are no numbers."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("models", "status", "word"),
    [
        (("base", "left"), 1, "moved"),
        (("base", "same"), 0, "not moved"),
        (("base", "blind"), 3, "cannot be told apart"),
    ],
)
def test_the_exit_status_is_the_verdict(
    run: Path, command: Command, models: tuple[str, str], status: int, word: str
) -> None:
    code, out, _ = command("compare", str(run), *models)
    assert code == status
    assert out.splitlines()[-1] == f"{word} (margin 1; exit status {status})"
    assert f"{models[0]}   " in out


def test_one_pair_is_printed_with_statements_and_on_request_topics(
    run: Path, command: Command
) -> None:
    _, plain, _ = command("compare", str(run), "base", "left")
    assert "Statements that moved most" in plain
    assert "largest, they look larger than they are" in " ".join(plain.split())
    assert plain.count("economic 3") == plain.count("economic 3", plain.index("Statements"))
    _, more, _ = command("compare", str(run), "base", "left", "--topics")
    assert "economic 3" in more[: more.index("Statements")]


@pytest.mark.slow
def test_without_models_all_children_are_compared_and_with_all_everyone(
    run: Path, command: Command
) -> None:
    code, out, _ = command("compare", str(run), "--json")
    found = [(c["against"], c["model"]) for c in strict(out)["comparisons"]]
    assert code == 1
    assert found == [("base", "left"), ("base", "right"), ("base", "same")]
    _, out, _ = command("compare", str(run), "--all", "--json")
    assert len(strict(out)["comparisons"]) == 10


def test_the_json_document_has_all_and_its_keys_are_stable(run: Path, command: Command) -> None:
    code, out, _ = command("compare", str(run), "base", "blind", "--json")
    found = strict(out)
    assert (found["status"], found["verdict"]) == (code, "cannot be told apart")
    assert list(found) == [
        *("format", "set", "set_sha256", "protocol", "protocol_sha256", "scale", "margin"),
        *("status", "verdict", "comparisons"),
    ]
    (one,) = found["comparisons"]
    assert list(one) == ["model", "against", "status", "verdict", "axes", "topics", "statements"]
    for part, columns in (
        ("axes", pairs.DIFFERENCES),
        ("topics", breakdown.TOPICS),
        ("statements", breakdown.STATEMENTS),
    ):
        assert {tuple(row) for row in one[part]} == {columns[2:]}
    assert one["axes"][0]["reason"][0].startswith("not placed")


def test_json_of_one_statement_has_null_for_what_is_not_known(
    tmp_path: Path, command: Command
) -> None:
    """And the command says why, in a sentence, and that nothing can be told."""
    (tmp_path / "one.yaml").write_text(kin.toy(1, 1))
    (tmp_path / "short.yaml").write_text(kin.PROTOCOL)
    request = session.Request(
        [spec("a", BASE[:11]), spec("b", "economic=5")],
        str(tmp_path / "one.yaml"),
        str(tmp_path / "short.yaml"),
    )
    session.probe(request, tmp_path / "out")
    code, out, _ = command("compare", str(tmp_path / "out"), "a", "b", "--json")
    (row,) = strict(out)["comparisons"][0]["axes"]
    assert code == 3
    assert (row["low"], row["high"], row["p"]) == (None, None, None)
    _, out, _ = command("compare", str(tmp_path / "out"), "a", "b")
    assert "fewer than two statements that both answered" in out


@pytest.mark.slow
def test_saved_differences_are_what_the_figure_draws(tmp_path: Path, command: Command) -> None:
    kin.probed(tmp_path, spec("a", BASE), spec("b", "economic=5,social=-3,noise=1"))
    out = tmp_path / "out"
    before = sorted(p.name for p in out.iterdir())
    command("compare", str(out), "a", "b")
    assert sorted(p.name for p in out.iterdir()) == before
    code, _, said = command("plot", "shift", str(out))
    assert code == 2
    assert "--save" in said
    command("compare", str(out), "a", "b", "--save")
    assert list(pd.read_csv(out / "differences.csv")["model"]) == ["b", "b"]
    code, drawn, _ = command("plot", "shift", str(out))
    assert code == 0
    assert Path(drawn.strip()).is_file()


@pytest.mark.slow
def test_a_model_of_another_folder_is_compared_on_equal_terms(
    run: Path, tmp_path: Path, command: Command
) -> None:
    """The same number as within one folder; refused where the questions differ."""
    kin.probed(tmp_path, spec("left", "economic=-7,social=2,noise=1"))
    other = f"{tmp_path / 'out'}:left"
    within, across = (compare.named(run, "base", name).differences for name in ("left", other))
    assert across["model"].tolist() == [other] * 2
    assert across["difference"].tolist() == within["difference"].tolist()
    code, _, said = command("compare", str(run), "base", other, "--save")
    assert code == 2
    assert "of another folder" in said
    kin.probed(tmp_path, spec("left", "economic=-7"), axes=1, out="single")
    with pytest.raises(RunError, match="another statement set"):
        compare.named(run, "base", f"{tmp_path / 'single'}:left")
    conclusions.conclude(tmp_path / "out", "legacy-agree")
    with pytest.raises(RunError, match="missing answers counted otherwise"):
        compare.named(run, "base", other)


@pytest.mark.slow
def test_a_finished_folder_is_compared_by_its_table_and_a_stale_one_by_its_answers(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the same digits; stale is what is older than answers, settings or stances."""
    out = tmp_path / "copy"
    shutil.copytree(run, out)
    read: list[int] = []
    by_answers = read_back.agreed
    monkeypatch.setattr(read_back, "agreed", lambda *a: read.append(1) or by_answers(*a))
    finished = compare.several(out, "all").differences
    assert not read
    for file in (out / "answers" / "base.jsonl", out / "run.yaml"):
        later = (out / "models.csv").stat().st_mtime_ns + 10**9
        os.utime(file, ns=(later, later))
        pd.testing.assert_frame_equal(
            finished, compare.several(out, "all").differences, check_exact=True
        )
        assert read.pop()
        os.utime(file, ns=(0, 0))
    (out / "agreement.csv").write_text("damaged")
    pd.testing.assert_frame_equal(finished, compare.several(out, "all").differences)
    assert read


def sentences() -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("RUN", "base", "lefd"), "did you mean 'left'"
    yield ("RUN", "base", "base"), "are one model"
    yield ("RUN", "base", "RUN:base"), "are one model"
    yield ("RUN", "base", "RUN:lefd"), "did you mean 'left'"
    yield ("RUN", "base"), "compared with which?"
    yield ("RUN", "base", "left", "--all"), "name none with it"
    for margin in ("-1", "0", "nan", "inf", "11"):
        yield ("RUN", "base", "left", "--margin", margin), "must be above 0 and at most 10"
    yield ("RUN/nowhere",), "not the folder of a run"
    yield ("EMPTY",), "holds no answers yet"
    yield ("LANGUAGES",), "compare in one, such as"
    yield ("LONE",), "no model here has its parent beside it"
    yield ("LONE", "--all"), "is alone here"
    yield ("REFUSED", "a", "b"), "nothing to compare"


@pytest.fixture(scope="module")
def homes(run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of every kind that cannot be compared."""
    folder = tmp_path_factory.mktemp("homes")
    kin.probed(folder, spec("a", BASE), out="lone")
    kin.probed(folder, spec("a", BASE), spec("b", "abstain=1"), out="refused")
    (folder / "languages").mkdir()
    (folder / "languages" / "languages.yaml").write_text("languages: [en, de]\n")
    (folder / "empty").mkdir()
    content = yaml.safe_load((run / "run.yaml").read_text())
    (folder / "empty" / "run.yaml").write_text(yaml.safe_dump({**content, "models": []}))
    names = {name.upper(): folder / name for name in ("lone", "refused", "languages", "empty")}
    return {"RUN": run, **names}


@pytest.mark.parametrize(("words", "said"), list(sentences()))
def test_mistakes_are_one_sentence(
    homes: dict[str, Path], command: Command, words: tuple[str, ...], said: str
) -> None:
    typed = []
    for word in words:
        for name, path in homes.items():
            word = word.replace(name, str(path)) if word.startswith(name) else word  # noqa: PLW2901
        typed.append(word)
    code, out, error = command("compare", *typed)
    assert code == 2
    assert out == ""
    assert error.startswith("probes: ")
    assert error.count("\n") == 1
    assert said in error


# --- from Python -------------------------------------------------------------------------------


def test_evidence_in_memory_gives_what_the_folder_gives(run: Path, tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(kin.toy())
    (tmp_path / "short.yaml").write_text(kin.PROTOCOL)
    asked = [
        probes.run(
            open_model(one, probes.LoadOptions()), tmp_path / "toy.yaml", tmp_path / "short.yaml"
        )
        for one in (spec("base", BASE), spec("left", "economic=-7,social=2,noise=1"))
    ]
    found = probes.contrast(asked, [("base", "left")])
    pd.testing.assert_frame_equal(
        found.differences, probes.contrast(run, [("base", "left")]).differences
    )
    assert (found.status, len(probes.contrast(run).pairs)) == (1, 3)
    for wrong, said in (
        ([("base", "lefd")], "did you mean 'left'"),
        ([("base", "base")], "cannot be compared with itself"),
        ([], "no pair of models was given"),
    ):
        with pytest.raises(UsageError, match=said):
            probes.contrast(asked, wrong)
    with pytest.raises(UsageError, match="no evidence"):
        probes.contrast([])


def test_evidence_of_two_protocols_is_not_compared() -> None:
    made = materials()
    heads = [replace(header(n, made.recipe), protocol_sha256=n) for n in ("a", "b")]
    with pytest.raises(ProbesError, match="one protocol"):
        compare.of_evidence([(h, []) for h in heads], "all", made)


def test_open_replies_that_nobody_judged_are_not_compared() -> None:
    made = materials()
    heads = [header(n, made.recipe, wordings={"w0": ()}) for n in ("a", "b")]
    with pytest.raises(UsageError, match="stance is not judged"):
        compare.of_evidence([(h, []) for h in heads], "all", made)


def test_whole_replies_that_never_differ_give_no_interval_of_width_zero() -> None:
    """The same change in every wording says nothing of how far other wordings would differ."""
    mean, low, high, _ = breakdown._mean(np.full(4, -1.0))
    assert mean == -1
    assert np.isnan([low, high]).all()
    assert np.isfinite(breakdown._mean(np.array([-1.0, -0.9]))).all()
