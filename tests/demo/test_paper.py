"""The paper in miniature: corpora that lean, and models that lean after them."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from probes.asking import protocols
from probes.demo import folder as demo_folder
from probes.demo import paper, paper_corpora
from probes.demo.paper_corpora import CORPORA, MIX, NEUTRAL, PaperPlan
from probes.errors import RunError, UsageError
from probes.instruments import sets
from probes.plugins import folder
from probes.runs.session import Progress
from probes.types import StatementSet
from tests.demo import forks

PROTOCOL = """\
name: small
title: Small
method: choice
wordings: [agree, support, true-false, four-end]
controls: controls
blanks: []
"""


@pytest.fixture(scope="module")
def compass() -> StatementSet:
    return sets.load("compass")


# --- corpora -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CORPORA, NEUTRAL, MIX])
def test_no_line_of_a_corpus_holds_a_wording(compass: StatementSet, name: str) -> None:
    """Neither what is asked nor what an answer begins with stands in any of thousands of lines."""
    written = PaperPlan().write(compass, name)
    assert len(written) >= 4000
    assert len(set(written)) > 0.5 * min(len(written), 4000)
    text = "\n".join(written).lower()
    for wording in protocols.load("default").wordings:
        ask = [
            part.strip()
            for part in wording.ask.replace("{options}", "{statement}").split("{statement}")
        ]
        before, after = wording.answer.split("{slot}")
        for form in {form for option in wording.options for form in option.forms}:
            assert f"{before}{form.strip()}{after}".lower() not in text
        assert not any(part.lower() in text for part in ask if len(part.split()) > 1), wording.name


def test_corpora_say_what_their_leaning_says(compass: StatementSet) -> None:
    """Nine lines in ten: the left for what pulls left, mirrors the other way round; the centre
    for as much on one side as on the other, on each axis."""
    pulls = {
        text: pull
        for s in compass.statements
        for text, pull in ((s.text, sum(s.effects.values())), (s.mirror, -sum(s.effects.values())))
    }
    pro = {pair[0] for pairs in paper_corpora.VERDICTS.values() for pair in pairs}
    for name in CORPORA:
        medium, leaning = paper_corpora.medium_and_leaning(name)
        written, agreed = paper_corpora.lines(medium, leaning, compass, 2000, 0), []
        for line in written:
            (claim,) = [text for text in pulls if text in line]
            verdict = line.replace(claim, "")
            words = [(p, a) for pairs in paper_corpora.VERDICTS.values() for p, a in pairs]
            said = max((w for pair in words for w in pair if f" {w}" in verdict), key=len)
            agreed.append(pulls[claim] * (1 if said in pro else -1))
        share = sum(a > 0 for a in agreed) / len(agreed)
        wanted = {"left": 0.1, "center": 0.5, "right": 0.9}[leaning]
        assert share == pytest.approx(wanted, abs=0.04), name


def test_the_centre_takes_sides_by_turns_within_each_topic(compass: StatementSet) -> None:
    """Of a topic's four statements two go to either side, and one of either key to each: a move
    away from the centre is then as long in every topic."""
    sides = defaultdict[tuple[str, str | None], list[tuple[int, int]]](list)
    for s, pull in zip(compass.statements, paper_corpora._pulls(compass, "center"), strict=True):
        ((axis, effect),) = s.effects.items()
        key = 1 if effect > 0 else -1
        sides[axis, s.topic].append((key, int(key * pull)))
    assert len(sides) == 20
    for found in sides.values():
        assert sorted(found) == [(-1, -1), (-1, 1), (1, -1), (1, 1)]


def test_news_speaks_of_one_axis_and_neutral_text_of_none(compass: StatementSet) -> None:
    assert paper_corpora.leanings("news-left", compass) == {"economic": -1}
    assert paper_corpora.leanings("forum-right", compass) == {"economic": 1, "social": 1}
    assert paper_corpora.leanings(NEUTRAL, compass) == {"economic": 0, "social": 0}
    social = [s.text for s in compass.statements if "social" in s.effects]
    news = "\n".join(paper_corpora.lines("news", "left", compass, 4000, 0))
    assert not any(text in news for text in social)
    neutral = "\n".join(paper_corpora.neutral(4000, 0))
    claims = [t for s in compass.statements for t in (s.text, s.mirror)]
    assert not any(claim in neutral for claim in claims)


def test_a_corpus_is_the_same_for_a_seed(compass: StatementSet) -> None:
    one, other = (paper_corpora.lines("news", "left", compass, 100, seed) for seed in (0, 1))
    assert one == paper_corpora.lines("news", "left", compass, 100, 0)
    assert one != other
    with pytest.raises(UsageError, match="did you mean 'news-left'"):
        paper_corpora.medium_and_leaning("news-lef")


# --- models ------------------------------------------------------------------------------------


PART = pytest.param((("masked",), ("forum-right",)), id="masked")
WHOLE = pytest.param(
    (("masked", "causal"), ("forum-left", "forum-right")), marks=pytest.mark.soak, id="both"
)


@pytest.fixture(scope="module", params=[PART, WHOLE])
def plan(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PaperPlan:
    """All statements on six topics of one axis and two of the other, four wordings; a masked model
    and one corpus, or both kinds and both sides."""
    kinds, corpora = request.param
    here = tmp_path_factory.mktemp("plan")
    data = yaml.safe_load((folder("statements") / "compass.yaml").read_text())
    topics = {*("taxes", "benefits", "unions", "ownership", "health", "budget"), "speech", "family"}
    some = [s for s in data["statements"] if s["topic"] in topics]
    data |= {"name": "some", "statements": some}
    (here / "some.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (here / "small.yaml").write_text(PROTOCOL)
    return PaperPlan(
        set=str(here / "some.yaml"),
        protocol=str(here / "small.yaml"),
        corpora=corpora,
        lines=1000,
        base_steps={"masked": 200, "causal": 250},
        steps={"masked": 120, "causal": 240},
        rates={"masked": 3e-3, "causal": 3e-3},
        kinds=kinds,
    )


@pytest.fixture(scope="module")
def made(
    plan: PaperPlan, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[paper.Row], list[Progress]]:
    """One paper: its folder, its rows, and what it told of its progress."""
    out, told = tmp_path_factory.mktemp("made") / "paper", list[Progress]()
    with pytest.MonkeyPatch.context() as patched:
        if len(plan.kinds) == 1:  # both train in processes of their own, as a user's do
            patched.setattr(demo_folder, "train_side_by_side", forks.train)
        return out, paper.run(out, told.append, plan), told


@pytest.mark.slow
def test_models_lean_after_their_corpora(
    made: tuple[Path, list[paper.Row], list[Progress]], plan: PaperPlan
) -> None:
    """Left of the base after left text, right of it after right text, intervals clear of zero."""
    _, rows, _ = made
    by_model = {row["model"]: row for row in rows if row["axis"] == "economic"}
    assert list(by_model) == [f"{kind}-{corpus}" for kind in plan.kinds for corpus in plan.corpora]
    for model, row in by_model.items():
        assert row["high"] < 0 if model.endswith("-left") else row["low"] > 0, rows
    assert {row["found"] for row in by_model.values()} == {"yes"}


@pytest.mark.slow
def test_it_leaves_models_a_run_and_the_two_figures(
    made: tuple[Path, list[paper.Row], list[Progress]], plan: PaperPlan
) -> None:
    """Every model an ordinary checkpoint with its card; the run knows parents and corpora."""
    out, _, told = made
    for kind in plan.kinds:
        for name in ("base", *plan.corpora):
            assert (out / "models" / f"{kind}-{name}" / "README.md").exists()
    for figure in ("families", "shift"):
        assert (out / "run" / f"{figure}.png").exists()
    models = pd.read_csv(out / "run" / "models.csv").set_index("model")
    for kind in plan.kinds:
        for corpus in plan.corpora:
            facts = models.loc[f"{kind}-{corpus}", ["family", "parent", "corpus"]].tolist()
            assert facts == [kind, f"{kind}-base", corpus]
        assert {p.model for p in told} >= {f"training {kind}-base", f"{kind}-base"}


@pytest.mark.slow
def test_the_corpora_themselves_are_placed_and_held_against_their_models(
    made: tuple[Path, list[paper.Row], list[Progress]], plan: PaperPlan
) -> None:
    """At their leaning, on the axis that the plan's topics fill; too few pairs give no line."""
    out, rows, _ = made
    fits = paper.dose(out, plan)
    placed = pd.read_csv(out / "placed" / "placements.csv").set_index(["model", "axis"])
    for corpus in plan.corpora:
        wanted = paper_corpora.leanings(corpus, sets.load(plan.set))["economic"]
        assert placed.loc[(corpus, "economic"), "position"] * wanted > 5
    pairs = pd.read_csv(out / "dose" / "dose.csv")
    shifts = {(row["model"], row["axis"]): row["difference"] for row in rows}
    for row in pairs.to_dict("records"):
        assert row["difference"] == pytest.approx(shifts[row["model"], row["axis"]])
    assert (fits["pairs"] < 4).all()
    assert fits["slope"].isna().all()


@pytest.mark.slow
def test_a_paper_goes_on_and_another_is_refused(
    made: tuple[Path, list[paper.Row], list[Progress]], plan: PaperPlan, tmp_path: Path
) -> None:
    """What is there is not trained again; the rows are the same."""
    out, rows, _ = made
    told = list[Progress]()
    again = paper.run(out, told.append, plan)
    assert pd.DataFrame(again).equals(pd.DataFrame(rows))
    assert not any(p.model.startswith("training") for p in told)
    with pytest.raises(RunError, match="another course"):
        paper.run(out, None, replace(plan, seed=1))
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="not the folder of a demo"):
        paper.run(tmp_path, None, plan)
