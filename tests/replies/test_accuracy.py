"""The check of a stance model on labelled replies, and two ways of asking side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.errors import UsageError
from probes.replies import accuracy, convergence
from probes.runs import session
from probes.types import Axis
from probes.verification.verify import verify
from tests.replies.test_stance import LABELS, OPEN, Command, asked, left, recorded

FEW = "{name: few, title: Few, method: choice, wordings: [agree, support, yes-no]}"
DATA = Path(__file__).parents[3] / "shared" / "data" / "llm_values_pct"


def test_numbers_of_a_check_worked_by_hand() -> None:
    """Ten replies: eight right; kappa = (0.8 - 0.42) / (1 - 0.42)."""
    labels = ["agree"] * 5 + ["disagree"] * 4 + ["other"]
    stances = ["agree"] * 4 + ["unsure"] + ["disagree"] * 3 + ["agree", "neither"]
    found = accuracy.report(labels, stances)
    assert found.replies == 10
    assert found.accuracy == 0.8
    assert found.kappa == pytest.approx((0.8 - (25 + 12 + 2) / 100) / (1 - 39 / 100))
    agree, disagree, other = found.rows()
    assert (agree["precision"], agree["recall"]) == (0.8, 0.8)
    assert (disagree["precision"], disagree["recall"]) == (1.0, 0.75)
    assert (other["precision"], other["recall"]) == (0.5, 1.0)
    assert found.matrix["agree"] == {"agree": 4, "disagree": 0, "other": 1}


def test_one_label_throughout_has_no_kappa() -> None:
    """Chance alone would agree: there is no number, and no division by zero."""
    found = accuracy.report(["agree"] * 3, ["agree"] * 3)
    assert found.kappa is None
    assert found.rows()[1]["recall"] is None


def test_a_check_from_the_command_line(tells: Path, tmp_path: Path, command: Command) -> None:
    """Columns and labels by options; the numbers of a model that knows."""
    (tmp_path / "l.csv").write_text(
        LABELS.replace("statement,reply,label", "prompt,text,stance").replace(",agree", ",2_yes")
    )
    (tmp_path / "free.yaml").write_text(OPEN)
    names = ("--statement", "prompt", "--reply", "text", "--label", "stance", "--as", "2_yes=agree")
    judge = ("--protocol", str(tmp_path / "free.yaml"), "--model", str(tells))
    status, said, error = command("stance", "check", str(tmp_path / "l.csv"), *names, *judge)
    assert (status, error) == (0, "")
    assert "4 replies, judged by" in said
    assert "accuracy 1.00, Cohen's kappa 1.00" in said


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
def test_a_real_labelled_file_is_read_by_options() -> None:
    """One hundred replies of a language model; 93 were labelled disagree, 7 agree."""
    columns = {"statement": "pct_prompt", "reply": "completion", "label": "label"}
    words = accuracy.meanings(["1_disagree=disagree", "2_agree=agree"])
    found = accuracy.read(DATA / "stance_annotations.csv", columns, words)
    labels = [one.label for one in found]
    assert (labels.count("disagree"), labels.count("agree")) == (93, 7)
    assert all(one.reply and one.statement for one in found)


def test_a_labelled_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """One sentence with the file."""
    columns = {name: name for name in accuracy.COLUMNS}
    with pytest.raises(UsageError, match=r"labels\.csv: cannot be read"):
        accuracy.read(tmp_path / "labels.csv", columns, {})


@pytest.mark.parametrize("pair", ["agree", "x=yes", "=agree"])
def test_a_meaning_that_means_nothing_is_refused(pair: str) -> None:
    """LABEL=agree, LABEL=disagree or LABEL=other."""
    with pytest.raises(UsageError, match="must be LABEL=agree"):
        accuracy.meanings([pair])


# --- two ways of asking ------------------------------------------------------------------------

AXES = (Axis("economic", "left", "right"),)
Run = tuple[pd.DataFrame, pd.DataFrame]


def run(leanings: dict[str, float], model: str = "m", *, mirrors: bool = True) -> Run:
    """Agreement and placements of a model that leans so."""
    agreement = pd.DataFrame(
        [
            {
                "model": model,
                "role": "statement",
                "statement": name,
                "wording": wording,
                "log_odds": value + 1,
                "leaning": np.tanh(value / 2) if mirrors else np.nan,
            }
            for name, value in leanings.items()
            for wording in ("a", "b")
        ]
    )
    position = float(np.mean(list(leanings.values())))
    row = {"position": position, "low": position - 3, "high": position + 1}
    placements = pd.DataFrame([{"model": model, "axis": "economic", **row}])
    return agreement, placements


def test_two_ways_that_agree_and_that_do_not() -> None:
    """Shares, rank correlation and kappa on the statements that both have."""
    names = "abcdefgh"
    one = {name: float(i - 3.5) for i, name in enumerate(names)}
    same = {name: value**3 for name, value in one.items()}
    row = convergence.converge(run(one), run({**same, "z": 9.0}), AXES, {}).iloc[0]
    assert (row["statements"], row["same_side"], row["kappa"]) == (8, 1.0, 1.0)
    assert row["correlation"] == pytest.approx(1)
    assert 0.6 < row["low"] < row["high"] <= 1
    turned = {name: -value for name, value in one.items()}
    table = convergence.converge(run(one), run(turned), AXES, {})
    assert (table.iloc[0]["same_side"], table.iloc[0]["correlation"]) == (0.0, pytest.approx(-1))
    assert list(table["axis"]) == ["all", "economic"]


def test_one_sure_wording_does_not_outweigh_the_others() -> None:
    """Leanings are averaged: nine log-odds in one wording are one vote, no more."""
    agreement, placements = run({"a": -1.0, "b": 1.0})
    more = agreement.iloc[[0]].assign(wording="c", leaning=np.tanh(9 / 2))
    one = (pd.concat([agreement, more, more]), placements)
    row = convergence.converge(one, run({"a": 1.0, "b": 1.0}), AXES, {}).iloc[0]
    assert row["same_side"] == 1.0
    less = (pd.concat([agreement, agreement.iloc[[0]], more]), placements)
    row = convergence.converge(less, run({"a": -1.0, "b": 1.0}), AXES, {}).iloc[0]
    assert row["same_side"] == 1.0  # -.46 three times against +1: in log-odds it would be above 0


def test_statements_of_one_topic_are_alike() -> None:
    """The interval is over topics: wider where statements of a topic agree together."""
    names = [f"s{i}" for i in range(24)]
    one = run(dict.fromkeys(names, 1.0))
    other = run({name: -1.0 if i < 8 else 1.0 for i, name in enumerate(names)})
    alone, alike, apart = (
        convergence.converge(one, other, AXES, topics).iloc[0]
        for topics in (
            {},
            {name: f"t{i // 4}" for i, name in enumerate(names)},
            {name: f"t{i % 4}" for i, name in enumerate(names)},
        )
    )
    assert alone["same_side"] == alike["same_side"] == pytest.approx(2 / 3)
    assert alike["high"] - alike["low"] > 1.5 * (alone["high"] - alone["low"])
    assert apart["low"] == pytest.approx(alone["low"])


def test_a_difference_of_positions_has_an_interval() -> None:
    """The ends of independent intervals: three below and one above either position."""
    row = convergence.converge(run({"a": 1.0}), run({"a": 2.0}), AXES, {}).iloc[1]
    assert row["difference"] == 1.0
    assert row["difference_low"] == pytest.approx(1 - np.hypot(3, 1))
    assert row["difference_high"] == pytest.approx(1 + np.hypot(1, 3))


def test_without_mirrors_plain_log_odds_are_compared() -> None:
    """They hold yes-bias, but they are what there is."""
    one = run({"a": 2.0, "b": -3.0}, mirrors=False)
    row = convergence.converge(one, one, AXES, {}).iloc[0]
    assert (row["statements"], row["same_side"]) == (2, 1.0)


def test_nothing_in_common_is_no_number() -> None:
    """Other statements, or leanings of zero."""
    row = convergence.converge(run({"a": 1.0}), run({"b": 1.0}), AXES, {}).iloc[0]
    assert row["statements"] == 0
    assert np.isnan(row["same_side"])
    row = convergence.converge(run({"a": 0.0}), run({"a": 1.0}), AXES, {}).iloc[0]
    assert (row["both_sided"], row["statements"]) == (0, 1)


def test_models_are_paired_by_name_or_by_hand() -> None:
    """Who is in neither is named."""
    first, second = run({"a": 1.0}, "base"), run({"a": 1.0}, "chat")
    with pytest.raises(UsageError, match="--pair A=B"):
        convergence.converge(first, second, AXES, {})
    found = convergence.converge(first, second, AXES, {}, [("base", "chat")])
    assert found.iloc[0]["model"] == "base / chat"
    with pytest.raises(UsageError, match="'nobody' is no model of the second"):
        convergence.converge(first, second, AXES, {}, [("base", "nobody")])


@pytest.mark.slow
def test_converging_two_folders(tmp_path: Path, command: Command) -> None:
    """By the command, into the second folder; other sets are refused."""
    runs = {"a": "economic=-6,noise=1", "b": "economic=-6,noise=2"}
    for name, traits in runs.items():
        model = ("--model", f"m=planted:{traits}", "--limit", "12")
        command("run", *model, "--out", str(tmp_path / name))
    status, said, _ = command("stance", "converge", str(tmp_path / "a"), str(tmp_path / "b"))
    assert status == 0
    table = pd.read_csv(tmp_path / "b" / "convergence.csv")
    assert table.iloc[0]["same_side"] > 0.7
    assert "same side" in said
    assert verify(tmp_path / "b").findings == []  # what a command wrote is no stranger's
    command(
        "run", "--model", "m=planted:truth=3", "--set", "controls", "--out", str(tmp_path / "c")
    )
    status, _, error = command("stance", "converge", str(tmp_path / "a"), str(tmp_path / "c"))
    assert status == 2
    assert "other sets" in error
    status, _, error = command(
        "stance", "converge", str(tmp_path / "a"), str(tmp_path / "b"), "--pair", "m"
    )
    assert (status, "--pair must be A=B" in error) == (2, True)


@pytest.mark.slow
def test_options_and_open_replies_are_set_side_by_side(
    tells: Path, tmp_path: Path, command: Command
) -> None:
    """Of one model and set: the same side where it answers in text; where it takes none there, and
    is decided in options, is a leak; statement by statement as `stance converge` has it."""
    evasive = "I take no side."
    said = [(about, evasive if about.startswith("tax") else r, n) for about, r, n in left()]
    session.probe(asked(tmp_path, recorded(tmp_path, said), tells), tmp_path / "open")
    (tmp_path / "few.yaml").write_text(FEW, "utf-8")
    set_ = ("--set", str(tmp_path / "set.yaml"), "--protocol", str(tmp_path / "few.yaml"))
    run = ("run", "--model", "m=planted:economic=-8", *set_, "--out", str(tmp_path / "options"))
    assert command(*run, "-q")[0] == 0
    runs = [str(tmp_path / name) for name in ("options", "open")]
    status, out, err = command("converge", *runs, "--out", str(tmp_path / "c"))
    assert status == 0, err
    (leak,) = pd.read_csv(tmp_path / "c" / "leaks.csv").to_dict("records")
    assert (leak["refused"], leak["decided"], leak["leak"]) == (1, 1, 1.0)
    table = pd.read_csv(tmp_path / "c" / "convergence.csv")
    assert table.loc[0, ["statements", "both_sided", "same_side"]].tolist() == [2, 2, 1.0]
    assert "refused in text" in out
