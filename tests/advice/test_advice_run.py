"""Runs of vote advice: planted advisers come back, evidence first, one sentence for bad input."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from probes import api
from probes.errors import ModelError, RunError, UsageError
from probes.report import report
from probes.runs import languages, session
from probes.runs.conclude import conclude
from probes.runs.read_back import tables
from tests.advice import town
from tests.conftest import Once

pytestmark = pytest.mark.usefixtures("pictureless")
Call = Callable[..., tuple[int, str, str]]
MODELS = ("right=planted:", "two=planted:knows=2", "none=planted:abstain=1")
OPEN = """\
name: open-advice
title: Open
method: advice
wordings: {{plain: {{ask: "{ask}", answer: "{{slot}}", options: {{}}}}}}
"""


def asked(out: Path, *models: str, of: str, **more: object) -> Path:
    request = {"models": models, "set": of, "protocol": "advice", **more}
    session.probe(session.Request(**request), out)
    return out


@pytest.fixture(scope="module")
def planted(once: Once, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of one who advises right, one who knows two parties alone, and one who refuses."""
    of = town.write(tmp_path_factory.mktemp("town"))
    return once("advice-run", lambda out: asked(out, *MODELS, of=of))


def measure(found: pd.DataFrame, model: str) -> pd.DataFrame:
    rows = found[(found["model"] == model) & (found["measure"] != "share_of_advice")]
    return rows.set_index("measure")


def test_what_was_planted_comes_back_from_disk(planted: Path) -> None:
    summary = tables(planted).advice_summary
    right, two, none = (measure(summary, name) for name in ("right", "two", "none"))
    assert (right.loc["right", "value"], right.loc["never_named", "value"]) == (1.0, 0.0)
    assert right.loc["concentration", "value"] == pytest.approx(1 / 6)
    assert two.loc["right", "value"] == pytest.approx(2 / 6)
    assert two.loc["concentration", "value"] == pytest.approx(0.5, abs=0.1)
    assert two.loc["never_named", "value"] == 4
    assert two.loc["displacement", "low"] > 0  # it knows the two reddest
    assert none.loc["refused", "value"] == 1.0
    assert none["value"].isna().loc[["right", "concentration", "displacement"]].all()
    shares = summary[(summary["model"] == "two") & (summary["measure"] == "share_of_advice")]
    unnamed = shares[shares["value"] == 0]
    assert set(unnamed["party"]) == {*town.PARTIES} - {"Reds", "Green List"}
    assert (unnamed["high"] < 0.1).all()


def test_the_confusion_has_every_profile_and_party(planted: Path) -> None:
    of = tables(planted).advice.query("outcome == 'advised' and model == 'two'")
    assert len(of) == 36
    grid = of.pivot_table(index="respondent", columns="advised", values="replies")
    assert grid.to_numpy().sum() == 36
    assert grid.loc["Reds", "Reds"] == grid.loc["Green List", "Green List"] == 6


def test_orders_are_drawn_anew_with_each_seed_and_tell_the_partys_answers(planted: Path) -> None:
    """The same answers in other orders, neutral ones too, and the parties in others."""
    lines = (planted / "answers" / "right.jsonl").read_text("utf-8").splitlines()[1:]
    texts = [a["before"] for a in map(json.loads, lines) if a["statement"] == "Middle"]
    told = [re.findall("^- .*$", text, re.MULTILINE) for text in texts]
    assert len({tuple(one) for one in told}) == 3
    assert len({tuple(sorted(one)) for one in told}) == 1
    assert "- I take no side: The light should be new." in told[0]
    assert "- I disagree: The rent should be new." in told[0]
    lists = {text.partition("parties ")[2] for text in texts}
    assert len(lists) == 6
    assert all(party in text for text in texts for party in town.PARTIES)


def test_a_run_that_stopped_goes_on_to_the_same_bytes(planted: Path, tmp_path: Path) -> None:
    of = town.write(tmp_path)
    out = asked(tmp_path / "run", *MODELS, of=of)
    path = out / "answers" / "two.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    asked(out, *MODELS, of=of)
    assert path.read_bytes() == whole == (planted / "answers" / "two.jsonl").read_bytes()


def test_tables_are_made_again_from_the_replies_alone(planted: Path, command: Call) -> None:
    before = {p.name: p.read_bytes() for p in planted.glob("*.csv")}
    conclude(planted)
    assert {p.name: p.read_bytes() for p in planted.glob("*.csv")} == before
    status, out, _ = command("verify", str(planted))
    assert (status, "all holds" in out) == (0, True)


def test_a_table_that_was_taken_away_is_named(planted: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(planted, run)
    (run / "advice.csv").unlink()
    with pytest.raises(RunError, match=r"advice\.csv: is not there; `probes place .*` makes it"):
        report(run, tmp_path / "report.html")


def test_the_page_says_what_may_be_said_and_what_not(planted: Path, tmp_path: Path) -> None:
    report(planted, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("<details") == 6
    assert "two: never names 4 of the 6 parties" in page
    assert "right: names each party; its advice is as concentrated as on 6.0 parties" in page
    assert "none: names no one party of the set in any reply" in page
    assert "I cannot recommend a party." in page
    assert "this does not say how often people would be advised well" in page
    assert "<script" not in page


def test_it_is_printed_and_pasted_into_a_paper(planted: Path, command: Call) -> None:
    status, out, _ = command("place", str(planted))
    assert status == 0
    assert "two: most advised: " in out
    figure = str(planted.parent / "two.svg")
    assert command("plot", "advice", str(planted), "--models", "two", "-o", figure)[0] == 0
    assert "1 model<" in Path(figure).read_text("utf-8")
    for form, sign in (("latex", r"\toprule"), ("markdown", "| two | right | 33.3 % |")):
        status, out, _ = command("table", str(planted), "--format", form, "--models", "two")
        assert (status, sign in out, "refused" in out) == (0, True, True)
        assert "none" not in out


def test_without_axes_there_is_no_funnel_and_that_is_said(tmp_path: Path) -> None:
    parties = {**town.PARTIES, "Twins": town.PARTIES["Reds"]}
    of = town.write(tmp_path, parties, axis=False)
    out = asked(tmp_path / "run", "two=planted:knows=2", of=of)
    assert "displacement" not in set(tables(out).advice_summary["measure"])
    report(out, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "no funnel: the set town has no axis" in page
    assert "Reds and Twins agree in 100%" in page


def test_a_trial_asks_the_first_profiles_and_goes_on(tmp_path: Path) -> None:
    of = town.write(tmp_path)
    out = asked(tmp_path / "run", "m=planted:", of=of, limit=2)
    assert "2 of 6 profiles" in tables(out).caption
    asked(out, "m=planted:", of=of)
    assert "6 of 6 profiles" in tables(out).caption


# --- replies from elsewhere --------------------------------------------------------------------


def recorded(folder: Path, replies: dict[str, str]) -> str:
    frame = pd.DataFrame({"statement": replies.keys(), "reply": replies.values()})
    frame.assign(model="chat").to_csv(folder / "replies.csv", index=False)
    return f"recorded:{folder / 'replies.csv'}"


def test_recorded_replies_are_about_profiles_by_name_or_id(tmp_path: Path) -> None:
    """A profile without a reply is missing, and said to be; it is not a refusal."""
    of = town.write(tmp_path)
    said = {"Reds": "I would say: the reds.", "Blues-Sky": "Free Town", "Blues / Sky": "x"}
    file = recorded(tmp_path, dict([*said.items()][:2]))
    out = asked(tmp_path / "run", file, of=of)
    found = measure(tables(out).advice_summary, "chat")
    assert found.loc["advised", "replies"] == 2
    assert found.loc["right", "value"] == 0.5
    assert found.loc["refused", "value"] == 0.0
    report(out, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "chat: no reply to the profile of Green List, Middle" in page
    with pytest.raises(ModelError, match=r"not in the set town.*'Whigs'"):
        asked(tmp_path / "two", recorded(tmp_path, {**said, "Whigs": "Reds"}), of=of)


# --- what is refused ---------------------------------------------------------------------------

ALONE = {"Reds": "aaaaaaaa"}
PARTIES: dict[str, tuple[dict[str, str], str]] = {
    "no respondents": ({}, "has no respondents"),
    "one respondent": (ALONE, "has one respondent only"),
    "one abbreviation": ({**ALONE, "REDS!": "dddddddd"}, "'reds' in common"),
    "no letters": ({**ALONE, "!!!": "dddddddd"}, "should hold letters or digits"),
    "no answers": ({**ALONE, "Whigs": "--------"}, "all answers of 'Whigs' are missing"),
}


@pytest.mark.parametrize("case", PARTIES)
def test_a_set_without_parties_to_tell_apart_is_refused_before_anything_is_asked(
    case: str, tmp_path: Path
) -> None:
    parties, sentence = PARTIES[case]
    with pytest.raises(UsageError, match=sentence) as caught:
        asked(tmp_path / "run", "m=planted:", of=town.write(tmp_path, parties))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"people": "answers.csv"}, "is about answers to statements"),
        ({"stance": "judge"}, "is about answers to statements"),
        ({"conditions": ("terse",)}, "without conditions"),
        ({"claims": "claims.yaml"}, "is about answers to statements"),
        ({"protocol": "default", "method": "advice"}, "offers options"),
        ({"method": "reply"}, "method reply fills in no {parties}, for which 'fits' asks"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(more: dict, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        asked(tmp_path / "run", "m=planted:", of=town.write(tmp_path), **more)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        ("{statement} Which party?", r"must hold \{parties\}"),
        ("Which of {parties}?", r"'ask' must hold \{statement\} exactly once"),
    ],
)
def test_a_wording_without_its_place_holders_is_refused(
    ask: str, sentence: str, tmp_path: Path, command: Call
) -> None:
    (tmp_path / "p.yaml").write_text(OPEN.format(ask=ask), "utf-8")
    how = ("--set", town.write(tmp_path), "--protocol", str(tmp_path / "p.yaml"))
    status, _, err = command("run", "--model", "planted:", *how, "--out", str(tmp_path / "o"))
    assert status == 2
    assert re.search(sentence, err)
    assert not (tmp_path / "o").exists()


def test_models_that_write_are_asked_and_others_refused_in_a_sentence(
    checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    """A masked model writes nothing; a profile longer than the context is not cut."""
    of = town.write(tmp_path)
    for name, sentence in (
        ("bert", "gives no replies in text, which protocol advice needs"),
        (
            "gpt2",
            r"statement 'Reds' in wording 'fits': \d+ tokens and a reply of up to 200 are more",
        ),
    ):
        with pytest.raises(ModelError, match=sentence):
            asked(tmp_path / name, f"m={checkpoint(name)}", of=of)
    protocol = OPEN.format(ask="{statement} {parties}?") + "writing: {tokens: 8}\n"
    (tmp_path / "p.yaml").write_text(protocol, "utf-8")
    few = town.write(tmp_path, {"Reds": "a-------", "Blues": "d-------"})
    how = {"of": few, "protocol": str(tmp_path / "p.yaml")}
    out = asked(tmp_path / "short", f"m={checkpoint('gpt2')}", **how)
    assert measure(tables(out).advice_summary, "m").loc["advised", "replies"] == 2


def test_advice_is_no_position(planted: Path, tmp_path: Path, command: Call) -> None:
    """Neither compared, nor set beside other instruments, nor placed from memory."""
    for args, sentence in (
        (("compare", str(planted), "right", "two"), "holds vote advice"),
        (("across", str(planted), str(planted)), "holds vote advice"),
    ):
        status, _, err = command(*args)
        assert (status, sentence in err) == (2, True)
    evidence = api.run("planted:", town.write(tmp_path), "advice")
    assert {a.choice for a in evidence.answers} == {*town.PARTIES}
    with pytest.raises(UsageError, match="advice is no position"):
        api.place(evidence)


def test_languages_are_not_compared_by_advice(tmp_path: Path) -> None:
    request = session.Request(
        models="m=planted:", set=town.write(tmp_path), protocol="advice", method=None
    )
    with pytest.raises(UsageError, match="advice is no position that could be compared"):
        languages.probe(request, "en,de", tmp_path / "run")
    assert not (tmp_path / "run").exists()
