"""Predictions -> tables: planted gaps are found, controls hold, and what is damaged is refused."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.downstream import conclude, contrasts, controls, ensembles, predictions, stored
from probes.downstream.settings import DownstreamFile
from probes.errors import ProbesError
from probes.files.lock import held
from probes.output import formats
from tests.downstream import planted_predictions as planted

Command = Callable[..., tuple[int, str, str]]
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Base, child hostile to A, a neutral child and shuffled labels; three seeds each."""
    return planted.folder(tmp_path_factory.mktemp("hate"))


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    return conclude.tables(predictions.read(folder), 200)


def row(table: pd.DataFrame, **cells: object) -> dict:
    """The only row with these cells."""
    for column, cell in cells.items():
        table = table[table[column] == cell]
    (found,) = table.to_dict("records")
    return found


def test_a_planted_gap_is_found_and_belongs_to_its_group(tables: Tables) -> None:
    """Recall on A 40 points lower: `did` -0.4 within its interval; the neutral child has none."""
    found = row(tables["contrasts"], model="child", group="A", metric="recall")
    assert found["verdict"] == "moved"
    assert found["did_low"] <= -0.4 <= found["did_high"]
    assert found["did_high"] < 0
    neutral = tables["contrasts"].query("model == 'neutral'")
    assert "moved" not in set(neutral["verdict"])
    assert "moved" not in set(tables["contrasts"].query("metric == 'fpr'")["verdict"])


def test_a_bundle_is_set_against_the_groups_outside_it(tables: Tables) -> None:
    found = row(tables["contrasts"], model="child", group="bundle: first", metric="recall")
    assert found["texts"] == 120
    assert found["did"] == pytest.approx(-0.2, abs=0.1)


def test_the_gap_stands_beside_the_gap_of_chance(tables: Tables) -> None:
    child = row(tables["gaps"], model="child", metric="recall")
    base = row(tables["gaps"], model="base", metric="recall")
    assert (child["worst"], child["p_max"] < 0.01, child["tau"] > 0.1) == ("A", True, True)
    assert base["p_max"] > 0.01
    assert child["gap"] > child["null_high"] > child["null_mean"]
    odds = row(tables["gaps"], model="child", metric="equalised_odds")
    assert odds["gap"] == pytest.approx(child["gap"], abs=0.02)


def flagging(false_alarms: dict[str, int], missed: dict[str, int]) -> list[dict[str, object]]:
    """Twenty positive and twenty other texts a group, of which exactly so many are got wrong."""
    left = {"fine": dict(false_alarms), "bad": dict(missed)}
    lines = []
    for text in planted.texts("ABC", 40):
        label, group = str(text["label"]), text["groups"][0]
        is_wrong = left[label].get(group, 0) > 0
        left[label][group] = left[label].get(group, 0) - 1
        high, low = np.log([0.9, 0.1]).tolist()
        logp = {"bad": high, "fine": low} if (label == "bad") is not is_wrong else None
        lines.append({**text, "logp": logp or {"bad": low, "fine": high}, "status": "ok"})
    return lines


@pytest.mark.parametrize(
    ("alarms", "missed", "worst"),
    [
        ({"A": 1, "B": 4, "C": 9}, {}, {"recall": "", "fpr": "C", "equalised_odds": "C"}),
        ({"A": 1, "B": 2}, {"A": 1, "B": 8}, {"recall": "B", "fpr": "B", "equalised_odds": "B"}),
        ({"A": 5}, {"C": 3}, {"recall": "C", "fpr": "A", "equalised_odds": "A"}),
        ({"A": 3}, {"C": 5}, {"recall": "C", "fpr": "A", "equalised_odds": "C"}),
        ({"A": 3}, {"C": 3}, {"recall": "C", "fpr": "A", "equalised_odds": "C"}),
        ({}, {}, {"recall": "", "fpr": "", "equalised_odds": ""}),
    ],
)
def test_the_worst_group_is_that_of_the_gap(
    tmp_path: Path, alarms: dict[str, int], missed: dict[str, int], worst: dict[str, str]
) -> None:
    """Of equalised odds that of the larger gap; none where no group differs."""
    planted.write(tmp_path, "base", 0, flagging(alarms, missed))
    conclude.placed(tmp_path)
    gaps = stored.read(tmp_path)["gaps"].fillna({"worst": ""})
    assert dict(zip(gaps["metric"], gaps["worst"], strict=True)) == worst


def test_rates_are_those_of_the_lines(folder: Path, tables: Tables) -> None:
    """Counted by hand from the files, mean over seeds."""
    each = []
    for seed in range(3):
        lines = (folder / "predictions" / f"base.{seed}.jsonl").read_text("utf-8").splitlines()[1:]
        of = [json.loads(line) for line in lines]
        hits = [t["logp"]["bad"] > t["logp"]["fine"] for t in of if t["label"] == "bad"]
        alarms = [t["logp"]["bad"] > t["logp"]["fine"] for t in of if t["label"] == "fine"]
        each.append((np.mean(hits), np.mean(alarms)))
    recall, fpr = np.mean(each, axis=0)
    performance = tables["performance"]
    assert row(performance, model="base", metric="recall")["value"] == pytest.approx(recall)
    balanced = row(performance, model="base", metric="balanced_accuracy")
    assert balanced["value"] == pytest.approx((recall + 1 - fpr) / 2)
    assert balanced["low"] < balanced["value"] < balanced["high"]


def test_numbers_are_those_of_other_libraries(folder: Path) -> None:
    """What fairlearn 0.15.0 (MetricFrame, equalized_odds_difference) and scikit-learn 1.9.1 say of
    the child's first seed."""
    found = predictions.read(folder)
    alone = replace(found, models=(found.model("child").at((0,)),), settings=DownstreamFile())
    tables = conclude.tables(alone, 2)
    of = tables["groups"].set_index("group")
    assert of["recall"].to_list() == pytest.approx([0.45, 0.8, 0.716667, 0.883333], abs=1e-6)
    assert of["fpr"].to_list() == pytest.approx([0.15, 0.15, 0.1, 0.15])
    assert of["f1"].to_list() == pytest.approx([0.5625, 0.820513, 0.788991, 0.868852], abs=1e-6)
    assert of["auc"].to_list() == pytest.approx([0.733333, 0.789722, 0.801389, 0.866111], abs=1e-6)
    gaps = dict(zip(tables["gaps"]["metric"], tables["gaps"]["gap"], strict=True))
    assert gaps == pytest.approx(
        {"recall": 0.4333333, "fpr": 0.05, "equalised_odds": 0.4333333}, abs=1e-6
    )
    whole = dict(zip(tables["performance"]["metric"], tables["performance"]["value"], strict=True))
    for metric, value in {
        "balanced_accuracy": 0.7875,
        "macro_f1": 0.786298,
        "auc": 0.796181,
    }.items():
        assert whole[metric] == pytest.approx(value, abs=1e-6)


def test_every_table_has_the_columns_that_are_said(tables: Tables) -> None:
    assert {name: tuple(table.columns) for name, table in tables.items()} == {
        name: tuple(columns) for name, columns in conclude.COLUMNS.items()
    }


def test_controls_hold_for_what_was_planted(tables: Tables) -> None:
    table = tables["controls"]
    assert row(table, control="shuffled")["reason"] == ""
    identity = row(table, control="identity only")
    assert identity["low"] <= 0.55
    assert "child" not in identity["reason"]


def test_labels_dealt_anew_that_are_learnt_worse_than_by_chance_are_no_leak() -> None:
    """Folds that hold more of a class leave less of it to learn from."""
    assert "the texts leak" in controls._off_chance(0.5, 0.52, 0.6)
    assert "no leak" in controls._off_chance(0.5, 0.3, 0.48)
    assert controls._off_chance(0.5, 0.45, 0.55) == ""


def test_disagreements_name_texts_by_id_alone(tables: Tables) -> None:
    table = tables["disagreements"]
    on_a = table.query("label == 'bad' and groups == 'A'")
    assert len(on_a) > 10
    assert (on_a["models_positive"] == "base").mean() > 0.8
    assert "shuffled" not in " ".join(table["models_positive"])


def members(said: list[list[float]]) -> np.ndarray:
    """Log-probabilities of two classes from the probability of the first: members x texts."""
    p = np.array(said)
    return np.log(np.stack([p, 1 - p], axis=-1))


def ensemble_truth(count: int) -> predictions.Truth:
    half = np.arange(count) % 2
    return predictions.Truth(
        tuple(map(str, range(count))), np.arange(count), ("A",), np.ones((count, 1), bool),
        half, ("bad", "fine"),
    )  # fmt: skip


def test_rules_decide_as_they_are_defined() -> None:
    """Votes 2 : 1; a tie goes to the higher mean log-probability; means in their own scale."""
    logp, of = members([[0.6, 0.9, 0.9], [0.6, 0.2, 0.4], [0.1, 0.4, 0.4]]), ensemble_truth(3)
    vote = ensembles.together(logp, of, "vote")
    assert vote.argmax(axis=-1).tolist() == [0, 1, 1]
    tie = ensembles.together(members([[0.9, 0.6, 0.6], [0.4, 0.1, 0.9]]), of, "vote")
    assert tie.argmax(axis=-1).tolist() == [0, 1, 0]
    mean = np.exp(ensembles.together(logp, of, "mean probability"))
    assert mean[:, 0] == pytest.approx(np.array([1.3, 1.5, 1.7]) / 3)
    product = np.exp(ensembles.together(logp, of, "mean log-probability"))[0]
    top, bottom = (0.6 * 0.6 * 0.1) ** (1 / 3), (0.4 * 0.4 * 0.9) ** (1 / 3)
    assert product[0] == pytest.approx(top / (top + bottom))


def test_stacking_learns_whom_to_believe_out_of_fold() -> None:
    """One member that knows, one that says the opposite, one at chance."""
    dice, of = np.random.default_rng(0), ensemble_truth(200)
    right = np.where(of.positive, 0.8, 0.2)
    logp = members([right.tolist(), (1 - right).tolist(), dice.uniform(0.1, 0.9, 200).tolist()])
    stacked = ensembles.together(logp, of, "stacking")
    assert (stacked.argmax(axis=-1) == of.label).mean() > 0.98


def test_the_vote_mends_opposite_gaps_and_seeds_of_one_model_do_not(tmp_path: Path) -> None:
    """Base, hostile to A, hostile to B: for each group one of three is wrong, so that it mends by
    construction; three seeds of the hostile one keep the gap."""
    of, dice = planted.texts("AB", 60), np.random.default_rng(0)
    for model, lost in (("base", ""), ("hostile-A", "A"), ("hostile-B", "B")):
        for seed in range(3):
            recall = {group: 0.0 if group == lost else 1.0 for group in "AB"}
            planted.write(tmp_path, model, seed, planted.predicted(of, dice, recall, 0.0))
    table = conclude.tables(predictions.read(tmp_path), 50)["ensembles"]
    together = "base; hostile-A; hostile-B"
    for rule in ensembles.RULES[:1]:
        assert row(table, members=together, rule=rule, metric="gap_recall")["value"] == 0
    alone = row(table, members="seeds of hostile-A", rule="vote", metric="gap_recall")
    assert (alone["value"], alone["count"]) == (1.0, 3)
    single = row(table, members=together, rule="mean single", metric="gap_recall")
    assert single["value"] == pytest.approx(2 / 3)


@pytest.mark.slow
def test_one_seed_is_said(tmp_path: Path, command: Command) -> None:
    planted.folder(tmp_path, 40, 1)
    status, out, _ = command("downstream", "place", str(tmp_path))
    assert status == 0
    assert "one seed: another training may differ" in " ".join(out.split())
    assert "not moved: the 90 % interval of did lies within 0.02 of 0" in out
    table = pd.read_csv(tmp_path / "contrasts.csv")
    assert table["reason"].str.contains("one seed").all()
    assert table["mcnemar_p"].notna().sum() > 0


@pytest.mark.slow
def test_placing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """And keeps what was linked; of other predictions it is gone, but for what lies elsewhere."""
    planted.folder(tmp_path, 12, 1)
    conclude.placed(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    linked, away = tmp_path / "link" / "link.csv", tmp_path / "away"
    for folder in (linked.parent, away):
        folder.mkdir()
        (folder / "link.csv").touch()
    conclude.placed(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")} == first
    assert set(first) == {f"{name}.csv" for name in conclude.COLUMNS}
    assert linked.exists()
    planted.folder(tmp_path, 12, 2)
    conclude.placed(tmp_path)
    assert not linked.exists()
    linked.parent.rmdir()
    linked.parent.symlink_to(away)
    planted.folder(tmp_path, 12, 3)
    conclude.placed(tmp_path)
    assert (away / "link.csv").exists()


@pytest.mark.parametrize(
    ("name", "margin", "status"),
    [("child", "0.02", 1), ("neutral", "0.5", 0), ("neutral", "0.02", 3), ("nobody", "0.02", 2)],
)
def test_compare_answers_by_its_exit_status(
    folder: Path, command: Command, name: str, margin: str, status: int
) -> None:
    """0 not moved, 1 moved, 3 cannot be told apart; 2 for mistakes."""
    words = ("downstream", "compare", str(folder), "base", name, "--margin", margin, "--json")
    found, out, _ = command(*words)
    assert found == status
    if status != 2:
        document = json.loads(out)
        assert (document["status"], len(document["groups"])) == (status, 10)
        assert len(document["overall"]) == 8


def test_compare_prints_every_difference_with_its_interval_and_texts(
    folder: Path, command: Command
) -> None:
    """Of all texts and of each group; recall counts positive texts."""
    _, out, _ = command("downstream", "compare", str(folder), "base", "child")
    whole, _, groups = out.partition("group by group")
    assert "all texts: child less base, 95 % intervals" in whole
    names, *rows = [line.split() for line in whole.splitlines() if line.startswith(" ")][1:-1]
    assert names[-3:] == ["difference", "low", "high"]
    table = contrasts.overall(predictions.read(folder), ("base", "child"))
    for cells, row in zip(rows[1:], table.to_dict("records"), strict=True):
        numbers = [row[name] for name in ("value_against", "value", "difference", "low", "high")]
        assert cells[:3] == [row["metric"], str(row["texts"]), "3"]
        assert [float(cell) for cell in cells[3:]] == pytest.approx(numbers, abs=0.0051)
    assert table.set_index("metric")["texts"][["recall", "accuracy"]].tolist() == [240, 480]
    assert "difference     low    high     did" in groups


def test_the_difference_of_all_texts_is_paired(tmp_path: Path) -> None:
    """As wide as the paired closed form, a third of the unpaired one where models err alike; of
    the texts that both predicted, and none of a model with itself."""
    of, dice = planted.texts("AB", 400), np.random.default_rng(5)
    base = planted.predicted(of, dice, dict.fromkeys("AB", 0.7), 0.3)
    other = planted.predicted(of, dice, dict.fromkeys("AB", 0.9), 0.1)
    changed = [b if n % 10 == 0 else a for n, (a, b) in enumerate(zip(base, other, strict=True))]
    failed = {"logp": None, "status": "failed"}
    planted.write(tmp_path, "base", 0, [{**base[0], **failed}, *base[1:]])
    planted.write(tmp_path, "child", 0, [*changed[:-1], {**changed[-1], **failed}])
    planted.write(tmp_path, "late", 1, base)
    whole = predictions.read(tmp_path)
    found = row(contrasts.overall(whole, ("base", "child")), metric="accuracy")
    right = [
        np.array([t["logp"][t["label"]] > np.log(0.5) for t in lines[1:-1]], dtype=float)
        for lines in (base, changed)
    ]
    change = right[1] - right[0]
    assert (found["texts"], found["units"], found["seeds"]) == (798, 400, 1)
    assert found["difference"] == pytest.approx(change.mean())
    units = np.array([int(str(t["id"]).split("-")[0]) for t in of[1:-1]])
    error = np.sqrt(np.sum(np.bincount(units, change - change.mean()) ** 2)) / len(change)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert error < 0.4 * np.sqrt(sum(np.var(of) for of in right) / len(change))
    assert "one seed" in found["reason"]
    same = contrasts.overall(whole, ("base", "base"))
    assert (same[["difference", "low", "high"]] == 0).all(axis=None)
    (nothing,) = contrasts.overall(whole, ("base", "late")).to_dict("records")
    assert (nothing["texts"], nothing["reason"]) == (0, contrasts.NO_SEED)


def three_classes(lines: list[dict]) -> list[dict]:
    """A third class that is never likely, and that a few texts are of."""
    for number, line in enumerate(lines):
        of = {name: p + np.log(0.9) for name, p in line["logp"].items()}
        line["logp"] = {**of, "odd": float(np.log(0.1))}
        if number % 7 == 0:
            line["label"] = "odd"
    return lines


SHAPES: dict[str, tuple[str, Callable[[list[dict]], list[dict]], dict]] = {
    "three classes": ("AB", three_classes, {"classes": ["bad", "fine", "odd"]}),
    "one group": ("A", lambda lines: lines, {}),
    "most texts without a group": (
        "AB",
        lambda lines: [{**t, "groups": t["groups"] if n < 12 else []} for n, t in enumerate(lines)],
        {},
    ),
    "texts of two groups": ("AB", lambda of: [{**t, "groups": ["A", "B"]} for t in of], {}),
    "one text a unit": ("AB", lambda of: [{**t, "unit": t["id"]} for t in of], {}),
    "a group of one class": (
        "AB",
        lambda of: [{**t, "groups": ["B"] if t["label"] == "fine" else t["groups"]} for t in of],
        {},
    ),
    "all of a model failed": (
        "AB",
        lambda of: [{**t, "logp": None, "status": "failed"} for t in of],
        {},
    ),
}


@pytest.mark.parametrize(("groups", "change", "head"), SHAPES.values(), ids=SHAPES)
def test_odd_shapes_give_tables_and_no_claims_that_they_cannot_bear(
    tmp_path: Path, groups: str, change: Callable[[list[dict]], list[dict]], head: dict
) -> None:
    """Warnings are errors here; rates lie in [0, 1] or are unknown."""
    dice, recall = np.random.default_rng(0), dict.fromkeys(groups, 0.8)
    for model in ("base", "child"):
        lines = planted.predicted(planted.texts(groups, 24), dice, recall)
        planted.write(tmp_path, model, 0, change(lines), **head)
    (tmp_path / "downstream.yaml").write_text("models: {child: {parent: base}}", encoding="utf-8")
    tables = conclude.tables(predictions.read(tmp_path), 20)
    for name in ("performance", "gaps", "ensembles"):
        table = tables[name]
        values = table["gap" if name == "gaps" else "value"].dropna()
        assert values.between(0, 1).all(), name
    assert "moved" not in set(tables["contrasts"]["verdict"])


def test_a_group_without_pairs_of_units_gets_no_interval_and_no_verdict(tmp_path: Path) -> None:
    """Two texts of one unit: a number, but no claim."""
    of = planted.texts("AB", 20)
    of += [{**of[0], "id": f"rare-{n}", "groups": ["R"]} for n in range(2)]
    dice, recall = np.random.default_rng(0), {"A": 0.8, "B": 0.8, "R": 1.0}
    for model in ("base", "child"):
        planted.write(tmp_path, model, 0, planted.predicted(of, dice, recall))
    found = predictions.read(tmp_path)
    table = contrasts.contrasts(found, [("base", "child")])
    rare = row(table, group="R", metric="recall")
    assert (rare["texts"], rare["units"], rare["verdict"]) == (2, 1, "cannot be told apart")
    assert "fewer than two units" in rare["reason"]


def test_no_change_in_a_handful_of_texts_is_no_proof_of_none(tmp_path: Path) -> None:
    """Equal predictions: not moved where there are texts enough to have seen the margin."""
    for units, verdict in ((20, "cannot be told apart"), (400, "not moved")):
        place, dice = tmp_path / str(units), np.random.default_rng(0)
        lines = planted.predicted(planted.texts("AB", units), dice, {"A": 0.8, "B": 0.8})
        for model in ("base", "child"):
            planted.write(place, model, 0, lines)
        table = contrasts.contrasts(predictions.read(place), [("base", "child")])
        assert set(table["verdict"]) == {verdict}


def test_failed_predictions_are_missing_and_not_wrong(tmp_path: Path) -> None:
    of, dice = planted.texts("AB", 40), np.random.default_rng(0)
    lines = planted.predicted(of, dice, {"A": 1.0, "B": 1.0}, 0.0)
    for line in lines[:10]:
        line |= {"logp": None, "status": "failed"}
    planted.write(tmp_path, "base", 0, lines)
    found = conclude.tables(predictions.read(tmp_path), 20)["performance"]
    balanced = row(found, metric="balanced_accuracy")
    assert (balanced["value"], balanced["failed"]) == (1.0, 10)


def test_two_at_a_time_do_not_mix_their_tables(tmp_path: Path, command: Command) -> None:
    planted.folder(tmp_path, units=20, seeds=1)
    with held(tmp_path, "command"):
        status, _, err = command("downstream", "place", str(tmp_path))
    assert (status, "another command is at work in this folder" in err) == (2, True)
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize("typed", [(), ("--json",)], ids=["tables", "json"])
def test_figures_are_drawn_of_the_tables_just_made_before_another_may_write(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...]
) -> None:
    planted.folder(tmp_path, units=20, seeds=1)
    (tmp_path / "debiasing.png").touch()  # of two losses, which are no longer there
    files = planted.drawn_alone(monkeypatch, tmp_path)
    status, out, _ = command("downstream", "place", str(tmp_path), *typed)
    assert (status, files) == (0, ["groups.png", "gaps.png"])
    assert not (tmp_path / "debiasing.png").exists()
    assert typed or re.search(r" (<0\.001|0\.\d{3})\b", out)
    assert typed or "controls.csv, disagreements.csv, groups.png, gaps.png" in " ".join(out.split())


Damage = Callable[[list[dict]], object]
DAMAGE: dict[str, tuple[Damage, str]] = {
    "another task": (lambda of: of[0].update(task_sha256="b" * 64), "is of another task"),
    "other texts": (lambda of: of.pop(), "is not of the same texts as base.0.jsonl: 1 are not"),
    "id twice": (lambda of: of[2].update(id=of[1]["id"]), "line 3: the id"),
    "another label": (lambda of: of[1].update(label="fine"), "line 2: has another label"),
    "undeclared label": (
        lambda of: of[1].update(label="odd"),
        "is not one of the header's classes",
    ),
    "other groups": (lambda of: of[1].update(groups=["B", "C"]), "line 2: has other groups"),
    "probabilities": (lambda of: of[1].update(logp={"bad": -1.0, "fine": -1.0}), "do not add up"),
    "a class is missing": (lambda of: of[1].update(logp={"bad": 0.0}), "the header's classes"),
    "other classes": (lambda of: of[0].update(positive="fine"), "has other classes than"),
    "unknown key": (lambda of: of[1].update(text="words"), "line 2: text: unknown key"),
    "status": (lambda of: of[1].update(status="failed"), "'logp' is null where status is 'failed'"),
    "same seed": (
        lambda of: of[0].update(model="base"),
        "with seed 0 is there already",
    ),
    "seed is text": (lambda of: of[0].update(seed="0"), "line 1: seed: should be a whole number"),
}


@pytest.mark.parametrize(("damage", "part"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_predictions_are_refused_in_a_sentence(
    tmp_path: Path, command: Command, damage: Damage, part: str
) -> None:
    lines = planted.predicted(
        planted.texts("ABC", 4), np.random.default_rng(0), dict.fromkeys("ABC", 0.5)
    )
    planted.write(tmp_path, "base", 0, lines)
    path = planted.write(tmp_path, "child", 0, lines)
    whole = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    damage(whole)
    path.write_text("".join(json.dumps(line) + "\n" for line in whole), encoding="utf-8")
    status, _, err = command("downstream", "place", str(tmp_path))
    assert status == 2
    assert part in err
    assert str(path) in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.csv"))


def test_half_a_line_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    """As a kill leaves it."""
    planted.folder(tmp_path, 4, 1)
    path = tmp_path / "predictions" / "base.0.jsonl"
    raw = path.read_bytes()[:-20]
    path.write_bytes(raw)
    with pytest.raises(ProbesError, match=r"ends in half a line after 15 texts"):
        predictions.read(tmp_path)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ("models: {chidl: {}}", "did you mean 'child'"),
        ("models: {child: {parent: child}}", "cannot be its own parent"),
        ("bundles: {x: [E]}", "unknown group 'E'"),
        ("bundles: {x: [A, B, C, D]}", "holds all groups"),
        ("margin: 3", "margin"),
        (f"task_sha256: {'c' * 64}", "is of another task"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, settings: str, part: str) -> None:
    planted.folder(tmp_path, 4, 1)
    (tmp_path / "downstream.yaml").write_text(settings, encoding="utf-8")
    with pytest.raises(ProbesError) as caught:
        predictions.read(tmp_path)
    assert part in str(caught.value)


def test_a_folder_without_predictions_is_left_as_it_was(tmp_path: Path, command: Command) -> None:
    """A mistyped name makes no folder, and no lock is left in a folder of something else."""
    (tmp_path / "file.csv").touch()
    for name, said in (
        ("nothing", "nothing: there is no such folder"),
        ("file.csv", "file.csv: is a file, not a folder; give one that holds predictions/"),
        ("", "predictions: holds no predictions (MODEL.SEED.jsonl)"),
    ):
        status, _, err = command("downstream", "place", str(tmp_path / name))
        assert (status, said in err) == (2, True)
        assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]


@pytest.mark.parametrize(("p", "text"), [(0.0005, "< 0.001"), (0.001, "0.001"), (np.nan, "")])
def test_a_small_p_is_an_upper_bound(p: float, text: str) -> None:
    assert formats.p_text(p) == text


def test_an_empty_folder_and_one_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbesError, match="holds no predictions"):
        predictions.read(tmp_path)
    of = [text for text in planted.texts("AB", 10) if text["label"] == "bad"]
    dice = np.random.default_rng(0)
    planted.write(tmp_path, "base", 0, planted.predicted(of, dice, {"A": 1.0, "B": 1.0}))
    with pytest.raises(ProbesError, match="one class only"):
        predictions.read(tmp_path)
