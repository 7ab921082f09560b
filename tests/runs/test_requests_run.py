"""Runs of requests: evidence first, tables, judge, page; what cannot be said of them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from probes.cli.parts.outcome import tell_end
from probes.errors import ModelError, ProbesError, RunError, UsageError
from probes.files.lock import held
from probes.models.load import open_stance_model
from probes.models.scoring_judge import ScoringJudge
from probes.report import Cover, report
from probes.runs import compare, session
from probes.runs.conclude import conclude
from probes.runs.read_back import tables
from probes.types import LoadOptions, ModelInfo, Option, Prompt, Reply, Stance
from tests import nli
from tests.conftest import Once
from tests.run_folders import words

pytestmark = pytest.mark.usefixtures("pictureless")
Call = Callable[..., tuple[int, str, str]]
JUDGED = """\
name: judged
title: Judged
method: pair
wordings: {{plain: {{ask: "{{statement}}", answer: "{{slot}}", options: {{}}}}}}
repetitions: 2
stance:
  model: {model}
  hypotheses:
    agree: {agree}
    disagree: {disagree}
    neither: {neither}
    unrelated: {unrelated}
"""
MATRIX = """\
model: tells
weights: {weights}
asked: {asked}
labels: labels.csv
matrix:
  agree: {{agree: 98, disagree: 1, other: 1}}
  disagree: {{agree: 1, disagree: 98, other: 1}}
  other: {{agree: 1, disagree: 1, other: 98}}
"""


def asked(out: Path, *models: str, **more: object) -> Path:
    session.probe(session.Request(models=models, set="requests", protocol="requests", **more), out)
    return out


@pytest.fixture(scope="module")
def planted(once: Once) -> Path:
    """Of one who serves all, and one who refuses three in ten requests of the positive poles."""
    return once(
        "requests-run", lambda out: asked(out, "even=planted:", "tilted=planted:refuse=0.3")
    )


def test_what_was_planted_comes_back_from_disk(planted: Path) -> None:
    """At 0 who serves all; around -3 on a scale of 10, and not at 0, who refuses one side."""
    found = tables(planted)
    at = found.placements.set_index(["model", "axis"])
    for axis in ("economic", "social"):
        assert at.loc[("even", axis), "position"] == 0
        low, high = (at.loc[("tilted", axis), end] for end in ("low", "high"))
        assert low < high < 0
        assert at.loc[("tilted", axis), "position"] == pytest.approx(-3, abs=1.5)
        assert "not judged" in at.loc[("even", axis), "reason"]
    assert len(found.requests) == 120
    declined = found.evenhandedness.query("measure == 'declined' and model == 'tilted'")
    assert (declined["p"] < 0.01).all()
    assert (declined["more_negative"] == 0).all()


@pytest.mark.slow
def test_tables_are_made_again_from_the_replies_alone(planted: Path, command: Call) -> None:
    before = {p.name: p.read_bytes() for p in planted.glob("*.csv")}
    conclude(planted)
    assert {p.name: p.read_bytes() for p in planted.glob("*.csv")} == before
    status, out, err = command("place", str(planted))
    assert (status, err) == (0, "")
    assert "has not ended" not in out
    assert {p.name: p.read_bytes() for p in planted.glob("*.csv")} == before
    status, out, _ = command("verify", str(planted))
    assert (status, "all holds" in out) == (0, True)
    status, out, _ = command("place", str(planted))
    assert (status, "requests for either pole" in out) == (0, True)


def test_what_to_draw_next_is_the_figure_of_requests(
    planted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_end(planted, tables(planted), None)
    assert f"plot requests {planted} -o requests.pdf" in capsys.readouterr().err


def test_the_page_sets_both_replies_side_by_side(planted: Path, tmp_path: Path) -> None:
    report(planted, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("<details") == 60
    assert page.count('<div class="sides">') == 180
    assert "<script" not in page
    assert "tilted, economic: requests for left are served more often" in page
    assert "I&#39;m sorry, but I can&#39;t write that." in page


def test_what_is_made_of_refusals_alone_says_so_wherever_it_stands(
    planted: Path, tmp_path: Path, command: Call
) -> None:
    said = "by refusals alone: whether texts take the side"
    report(planted, tmp_path / "report.html")
    text = words((tmp_path / "report.html").read_text("utf-8"))
    assert f"All of this is {said}" in text
    status, out, _ = command("table", str(planted), "--format", "latex")
    assert (status, said in " ".join(out.split())) == (0, True)
    assert said in tables(planted).intervals  # of which every figure's caption has all


def test_no_column_of_the_page_is_empty_and_none_says_nan(planted: Path, tmp_path: Path) -> None:
    report(planted, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert ">nan<" not in page
    assert '<th scope="col">control</th>' not in page
    assert '<th scope="col">position</th>' in page


def test_nothing_is_said_of_a_trial_but_that_it_is_one(tmp_path: Path) -> None:
    folder = asked(tmp_path / "run", "m=planted:", limit=20)
    report(folder, tmp_path / "report.html")
    text = words((tmp_path / "report.html").read_text("utf-8"))
    assert "served alike" not in text
    assert "m, economic: no claim (" in text
    assert "trial run: " in text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("de", "Bitten für links werden häufiger erfüllt"),
        ("fr", "les demandes pour gauche sont plus souvent satisfaites"),
        ("es", "las peticiones para izquierda se atienden más a menudo"),
        ("ja", "左派の依頼の方が多く応じられる"),
    ],
)
def test_the_page_speaks_the_language_that_is_asked_for(
    planted: Path, tmp_path: Path, code: str, said: str
) -> None:
    """Its sentences, headings and columns; evidence stays as it is."""
    report(planted, tmp_path / "report.html", cover=Cover(language=code))
    page = (tmp_path / "report.html").read_text("utf-8")
    text = words(page)
    assert said in text
    assert f'<html lang="{code}">' in page
    for english in ("served", "declined", "refusals", "What may be", "95 % interval"):
        assert english not in text.partition("<details")[0].partition("The first reply")[0]


def test_models_of_requests_are_not_compared_by_answers(planted: Path) -> None:
    with pytest.raises(UsageError, match="replies to requests"):
        compare.named(planted, "even", "tilted")


def test_a_trial_is_said_to_be_one_and_goes_on(tmp_path: Path) -> None:
    found = tables(asked(tmp_path / "run", "m=planted:", limit=20))
    assert found.trial
    assert "trial run: 20 of 60 pairs of requests" in found.caption
    assert not tables(asked(tmp_path / "run", "m=planted:")).trial


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"stance": "judge"}, "a judge without labels"),
        ({"stance": "judge", "matrix": "none"}, "a judge without labels"),
        ({"people": "answers.csv"}, "is about answers to statements"),
        ({"missing": "legacy-agree"}, "is neither given nor refused"),
        ({"conditions": ("users",)}, "condition 'neutral': requests are asked plainly"),
    ],
)
def test_what_cannot_be_said_of_requests_is_refused_before_anything_is_asked(
    more: dict, refused: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=refused):
        asked(tmp_path / "run", "m=planted:", **more)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_judge_says_whether_texts_take_the_side_and_its_errors_count(
    tells: Path, tmp_path: Path
) -> None:
    """One who takes no side in half of its texts serves half of the requests; without labels the
    stances stay on disk, and a matrix makes numbers of them later."""
    protocol = tmp_path / "judged.yaml"
    protocol.write_text(JUDGED.format(model=tells, **nli.HYPOTHESES), "utf-8")
    request = session.Request(
        models="m=planted:hedge=0.5,refuse=0.2", set="requests", protocol=str(protocol)
    )
    with pytest.raises(UsageError, match="a judge without labels"):
        session.probe(request, tmp_path / "run")
    assert (tmp_path / "run" / "stances" / "m.jsonl").exists()
    weights = open_stance_model(Stance(model=str(tells)), LoadOptions()).info.weights
    from probes.replies import stance

    asked_ = stance.digest(Stance(hypotheses=nli.HYPOTHESES))
    (tmp_path / "m.yaml").write_text(MATRIX.format(weights=weights, asked=asked_), "utf-8")
    found = conclude(tmp_path / "run", matrix=str(tmp_path / "m.yaml"))
    served = found.evenhandedness.query("measure == 'served'").set_index("axis")
    assert served["at_negative"].tolist() == pytest.approx([0.5, 0.5], abs=0.12)
    assert served["at_positive"].tolist() == pytest.approx([0.4, 0.4], abs=0.12)
    assert set(served["judge"]) == {"labels.csv"}
    assert not found.placements["reason"].str.contains("not judged").any()


# --- a judge that gives probabilities ----------------------------------------------------------


class Chat:
    """Says yes to what agrees with the text's first word; sure, but for its liking of the first."""

    packed = False
    info = ModelInfo("chat", "endpoint", "chat", chat=True, gives="top log-probabilities")

    def render(self, ask: str, begin: str, joint: str) -> str:
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        return prompt.options, ()

    def lengths(self, prompts: list[Prompt]) -> list[int]:
        return [len(p.before) for p in prompts]

    def score(self, prompts: list[Prompt]) -> list[Reply]:
        return [self._reply(p) for p in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        is_right = ("FOR" in prompt.before) == ("supports" in prompt.before)
        yes = (-0.1 if is_right else -3.0) + (0.5 if prompt.order == 0 else -0.5)
        return Reply(logprobs={"yes": yes, "no": -1.0})


def test_a_model_with_probabilities_judges_in_both_orders() -> None:
    judge = ScoringJudge(Chat())
    right, wrong = judge.judge([("FOR it", "The text supports it."), ("FOR it", "It rejects it.")])
    assert right.entailment == pytest.approx(-0.1)
    assert wrong.entailment == pytest.approx(-3.0)
    assert len(judge.info.weights) == 64


def test_replies_go_to_no_server_that_a_protocol_names() -> None:
    how = Stance(model="endpoint:http://localhost:9/v1#judge")
    with pytest.raises(ModelError, match="only where it is typed"):
        open_stance_model(how, LoadOptions())


# --- ways of asking ----------------------------------------------------------------------------


OPTIONS = """\
name: few
title: Few
method: choice
wordings: [agree, support, yes-no]
"""


@pytest.mark.slow
def test_options_and_requests_are_set_side_by_side(tmp_path: Path, command: Call) -> None:
    """Who is decided in options and refuses one side in text leaks; who refuses none does not."""
    models = ["--model", "a=planted:economic=-8,social=-8,refuse=0.6"]
    models += ["--model", "b=planted:economic=8,social=8"]
    (tmp_path / "few.yaml").write_text(OPTIONS, "utf-8")
    for name, how in (("compass", str(tmp_path / "few.yaml")), ("requests", "requests")):
        asked_ = ("--set", name, "--protocol", how, "--out", str(tmp_path / name), "-q")
        status, _, err = command("run", *models, *asked_)
        assert status == 0, err
    runs = [str(tmp_path / name) for name in ("compass", "requests")]
    status, out, err = command("converge", *runs, "--out", str(tmp_path / "c"))
    assert status == 0, err
    leaks = pd.read_csv(tmp_path / "c" / "leaks.csv").set_index("model")
    assert leaks.loc["a", "leak"] == 1.0
    assert leaks.loc["a", "refused"] > 20
    assert leaks.loc["b", "refused"] == 0
    pairs = pd.read_csv(tmp_path / "c" / "converge.csv").set_index("model")
    assert pairs.loc["a", "same_side"] == 1.0
    assert pairs.loc["all", "topics"] == 20
    files = {p.name for p in (tmp_path / "c").iterdir()}
    assert {"across.png", "across_matrix.csv"} <= files
    assert "matrix.png" not in files  # two models are correlated with nothing
    assert "refused in text" in out


@pytest.mark.slow
def test_two_ways_of_asking_one_set_get_the_table_of_stance_converge(
    tmp_path: Path, command: Call
) -> None:
    model = ("run", "--model", "a=planted:economic=-5,social=3,noise=1", "-q")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(OPTIONS.replace("few", name), "utf-8")
        how = ("--protocol", str(tmp_path / f"{name}.yaml"), "--out", str(tmp_path / name))
        status, _, err = command(*model, *how)
        assert status == 0, err
    runs = [str(tmp_path / name) for name in ("one", "two")]
    status, _, err = command("converge", *runs, "--out", str(tmp_path / "c"))
    assert status == 0, err
    table = pd.read_csv(tmp_path / "c" / "convergence.csv")
    assert table["model"].str.startswith("a: compass (one) / compass (two)").all()
    before = {path: path.read_bytes() for path in (tmp_path / "c").iterdir()}
    with held(tmp_path / "c", "command"):
        status, _, err = command("converge", *runs, "--out", str(tmp_path / "c"))
    assert (status, "another command is at work in this folder" in err) == (2, True)
    assert before == {path: path.read_bytes() for path in (tmp_path / "c").iterdir()}
    command("stance", "converge", *runs, "-o", str(tmp_path / "old.csv"))
    old = pd.read_csv(tmp_path / "old.csv")
    pd.testing.assert_frame_equal(table.drop(columns="model"), old.drop(columns="model"))


@pytest.mark.slow
def test_runs_that_cannot_be_set_side_by_side_are_refused(planted: Path, tmp_path: Path) -> None:
    from probes import api

    other = asked(tmp_path / "other", "stranger=planted:")
    (tmp_path / "few.yaml").write_text(OPTIONS, "utf-8")
    request = session.Request(
        models="c=planted:economic=1", set="compass", protocol=str(tmp_path / "few.yaml")
    )
    session.probe(request, tmp_path / "o")
    for runs, error, refused in (
        ([planted], UsageError, "at least two"),
        ([planted, other], UsageError, "one set and protocol"),
        ([planted, tmp_path / "o"], UsageError, "no model is in two"),
        ([planted, tmp_path], RunError, "not the folder of a run"),
    ):
        with pytest.raises(error, match=refused):
            api.converge(runs)
    assert issubclass(UsageError, ProbesError)
