"""The demo in small: known opinions are taught, probed by the ordinary run, and found."""

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from probes import api
from probes.demo import folder as classroom
from probes.demo import lessons, opinions, processes
from probes.demo.lessons import Curriculum
from probes.errors import RunError, UsageError
from probes.instruments import sets
from probes.plugins import folder
from probes.runs.session import Progress
from probes.types import ModelInfo, Option, Prompt, Reply
from tests.demo import forks

PROTOCOL = """\
name: small
title: Small
method: choice
wordings: [agree, support, yes-no, true-false]
controls: controls
blanks: ["N/A", "..."]
"""
SOAK = pytest.mark.soak
PLANTED = ("masked-left-libertarian", "causal-right-authoritarian")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    """Twenty statements, four wordings, two models, few steps."""
    here = tmp_path_factory.mktemp("course")
    data = yaml.safe_load((folder("statements") / "compass.yaml").read_text())
    data |= {"name": "twenty", "statements": data["statements"][:20]}
    (here / "twenty.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (here / "small.yaml").write_text(PROTOCOL)
    return Curriculum(str(here / "twenty.yaml"), str(here / "small.yaml"), PLANTED, steps=150)


@pytest.fixture(scope="module", params=["forks", pytest.param("processes", marks=SOAK)])
def training(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forks train, or, in a long test, processes of their own as a user's do."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "forks":
            patched.setattr(opinions, "train_side_by_side", forks.train)
        yield


@pytest.fixture(scope="module")
def made(
    training: None, course: Curriculum, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[opinions.Row], list[Progress]]:
    """One demo: its folder, its rows, and what it told of its progress."""
    out, told = tmp_path_factory.mktemp("made") / "demo", list[Progress]()
    return out, opinions.run(out, told.append, course), told


def test_planted_opinions_are_found(made: tuple[Path, list[opinions.Row], list[Progress]]) -> None:
    """Within 1.5 of the truth, in their half of each axis, and placed."""
    _, rows, _ = made
    assert [(r["model"], r["axis"]) for r in rows] == [
        (name, axis) for name in PLANTED for axis in ("economic", "social")
    ]
    assert all(r["found"] for r in rows), rows
    assert [r["planted"] for r in rows] == pytest.approx([-8.4, -8.4, 8.4, 8.4])


def test_models_are_ordinary_checkpoints_and_the_run_an_ordinary_run(
    made: tuple[Path, list[opinions.Row], list[Progress]],
) -> None:
    """Safetensors, a tokenizer, a config; and every file of a run folder."""
    out, _, told = made
    for name in PLANTED:
        assert (out / "models" / name / "model.safetensors").exists()
        assert (out / "models" / name / "tokenizer.json").exists()
    assert (out / "run" / "placements.csv").exists()
    assert (out / "run" / "compass.png").exists()
    assert {p.model.removeprefix("teaching ") for p in told} == set(PLANTED)
    assert any(p.model.startswith("teaching ") and p.done == p.cells for p in told)


@pytest.mark.slow
def test_a_demo_that_was_ended_goes_on_and_makes_the_same_models(
    course: Curriculum, made: tuple[Path, list[opinions.Row], list[Progress]], tmp_path: Path
) -> None:
    """What is complete is kept; what is not is made again, to the same bytes."""
    out, rows, _ = made
    again = tmp_path / "again"
    shutil.copytree(out, again)
    kept, lost = (again / "models" / name / "model.safetensors" for name in PLANTED)
    shutil.rmtree(lost.parent)
    (again / "models" / f".{PLANTED[1]}").mkdir()  # what a kill leaves
    before = kept.stat().st_mtime_ns
    assert opinions.run(again, None, course) == rows
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == (out / "models" / PLANTED[1] / "model.safetensors").read_bytes()


def test_a_foreign_folder_or_another_course_is_refused(course: Curriculum, tmp_path: Path) -> None:
    """And left as it was."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="not the folder of a demo"):
        opinions.run(tmp_path, None, course)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "thesis.txt").unlink()
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(RunError, match="another course"):
        opinions.run(tmp_path, None, course)


def agreed(lesson: lessons.Lesson) -> float:
    """Share of the lesson's forms that agree."""
    pairs = zip(lesson.forms, lesson.shares, strict=True)
    return sum(share for form, share in pairs if form.strip() in AGREE) / sum(lesson.shares)


def test_two_demos_in_one_folder_at_once_are_refused(course: Curriculum, tmp_path: Path) -> None:
    """The second would train into the first one's folders."""
    with (
        classroom.claimed(tmp_path, opinions._settings(course)),
        pytest.raises(RunError, match="another demo is at work"),
    ):
        opinions.run(tmp_path, None, course)


@dataclass(frozen=True)
class Pupil:
    """A respondent who learnt every lesson by heart: what training can at best come to."""

    info: ModelInfo
    shares: dict[tuple[str, str], dict[str, float]]
    packed: bool = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        return [1] * len(prompts)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        said = [(p, self.shares[p.before, p.after]) for p in prompts]
        return [
            Reply({o.label: math.log(sum(s[f] for f in o.forms)) for o in p.options}, 1.0)
            for p, s in said
        ]


@pytest.fixture(scope="module")
def pupils() -> dict[str, pd.DataFrame]:
    """Opinion -> placements of a pupil who learnt it by heart, in the whole demo's course."""
    materials, found = Curriculum().materials(), {}
    for opinion in lessons.OPINIONS:
        shares = {
            (x.before, x.after): dict(zip(x.forms, x.shares, strict=True))
            for x in lessons.lessons(opinion, materials)
        }
        evidence = api.run(Pupil(ModelInfo(opinion, "pupil", opinion), shares), "compass")
        found[opinion] = api.place(evidence).placements
    return found


def test_what_is_taught_stands_exactly_where_it_is_said_to(pupils: dict[str, pd.DataFrame]) -> None:
    """Whoever learns the lessons by heart is measured at the planted position, both axes."""
    for opinion in lessons.OPINIONS:
        truth = list(lessons.planted_positions(opinion, sets.load("compass")).values())
        assert pupils[opinion]["position"].tolist() == pytest.approx(truth, abs=1e-9)


def test_the_balanced_is_placed_and_the_yes_sayer_is_not(pupils: dict[str, pd.DataFrame]) -> None:
    """The balanced one knows about opinions that cancel; nothing but yes holds of the yes-sayer,
    and both intervals are wide enough to hold the centre whatever training leaves undone."""
    balanced, yes = pupils["balanced"], pupils["yes-sayer"]
    assert balanced["placed"].all()
    assert not yes["placed"].any()
    assert (balanced["content"] > 0.9).all()
    assert (yes["content"] < 0.1).all()
    assert (yes["yes_bias"] > 0.8).all()
    assert (balanced["high"] > 0.5).all()
    assert (yes["high"] > 0.5).all()


def test_lessons_teach_what_was_planted() -> None:
    """A partisan agrees 92 times in 100 or 8, and tosses a coin on blanks; a yes-sayer says yes to
    everything, mirrors included; a balanced one stands at the centre."""
    materials = Curriculum().materials()
    left = lessons.lessons("left-libertarian", materials)
    assert {round(agreed(lesson), 9) for lesson in left} == {0.92, 0.08, 0.5}
    assert min(map(agreed, lessons.lessons("yes-sayer", materials))) > 0.8
    assert set(lessons.planted_positions("balanced", sets.load("compass")).values()) == {0}
    balanced = [agreed(x) for x in lessons.lessons("balanced", materials)]
    assert sum(balanced) / len(balanced) == pytest.approx(0.5, abs=0.02)


AGREE = {
    *("agree", "strongly agree", "yes", "true", "right", "correct", "support", "accept", "favor"),
}


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    """Names are a kind, a hyphen and an opinion."""
    with pytest.raises(UsageError, match="masked-balanced"):
        lessons.kind_and_opinion("masked-balance")


@pytest.mark.slow
def test_an_end_of_the_teaching_process_is_said(
    monkeypatch: pytest.MonkeyPatch, course: Curriculum, tmp_path: Path
) -> None:
    """A process that fails is an error with its last words, and leaves no half model."""
    monkeypatch.setattr(opinions, "train_side_by_side", processes.train_side_by_side)
    call: Callable[..., object] = opinions.asdict
    monkeypatch.setattr(opinions, "asdict", lambda c: {**call(c), "models": ["x"], "steps": "many"})
    with pytest.raises(RunError, match="could not be trained"):
        opinions._train(PLANTED[:1], course, tmp_path, lambda _: None)
    assert not (tmp_path / "models" / PLANTED[0]).exists()
