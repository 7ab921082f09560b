"""Models trained for a task from several seeds: evidence first, the same bytes after a kill, no
text on the disk."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from probes import cli
from probes.downstream import predictions
from probes.downstream.task import tasks, texts
from probes.errors import ProbesError, RunError
from probes.runs.beside.downstream import place
from probes.training import begin
from probes.training.classifiers import counted
from probes.training.classifiers.finetune import finetune
from probes.training.classifiers.lessons import TaskLabels
from probes.training.classifiers.request import ClassifierProgress, ClassifierRequest
from probes.training.classifiers.study import ONE_SEED, StudyOutcome, run_study
from tests.downstream.planted_predictions import drawn_alone
from tests.training.classifiers import small
from tests.training.classifiers.conftest import Small, study

Finished = tuple[Path, StudyOutcome]
NAMES = ["base", "base shuffled", "base untrained", "child", "words"]


class Stopped(Exception):  # noqa: N818
    """What a test raises at a step."""


def stop_at(step: int) -> Callable[[ClassifierProgress], None]:
    def tell(now: ClassifierProgress) -> None:
        if now.done == step:
            raise Stopped

    return tell


def digests(folder: Path) -> dict[str, str]:
    """Every file -> sha256."""
    return {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }


def test_every_model_predicts_every_test_text_from_every_seed(
    made: Small, finished: Finished
) -> None:
    """Base, child and the controls of the base; words are counted once."""
    out, outcome = finished
    found = predictions.read(out)
    assert [model.name for model in found.models] == NAMES
    assert [len(model.seeds) for model in found.models] == [2, 2, 2, 2, 1]
    assert all(model.known.all() for model in found.models)
    asked = [t.id for t in texts.read(tasks.load(made.task)).texts if t.fold == "test"]
    assert list(found.truth.ids) == asked
    assert found.pairs == [("base", "child")]
    controls = set(outcome.tables["controls"]["control"])
    assert controls >= {"identity only", "shuffled", "untrained", "words"}
    assert outcome.warnings == ()


def test_seeds_and_weights_make_a_difference_and_the_head_does_not(finished: Finished) -> None:
    """Another seed, other predictions; base, child and the untrained body differ, too."""
    found = predictions.read(finished[0])
    said = [model.logp[0].tobytes() for model in found.models]
    assert len(set(said)) == len(said)
    assert found.models[0].logp[0].tobytes() != found.models[0].logp[1].tobytes()


def test_a_stopped_study_goes_on_to_the_same_bytes(
    made: Small, finished: Finished, tmp_path: Path
) -> None:
    """Stopped within the second training."""
    out = tmp_path / "study"
    with pytest.raises(Stopped):
        run_study(study(made, out), stop_at(9))
    assert len(list((out / "predictions").glob("*.jsonl"))) == 2
    assert not list(out.glob("*.csv"))
    seen: list[ClassifierProgress] = []
    run_study(study(made, out), seen.append)
    assert seen[0].done == 6  # what is on disk is not trained again
    assert seen[-1].done == seen[-1].total == 8 * 6
    assert digests(out) == digests(finished[0])


STOPPED = {
    "before the first text": (3, {}, "9 of 9 files, the first base.0.jsonl (0 of 208 texts"),
    "in the second fold": (9, {}, "9 of 9 files, the first base.0.jsonl (41 of 208 texts"),
    "before the second seed": (31, {}, "8 of 9 files, the first base.1.jsonl (0 of 208 texts"),
    "of one classifier": (
        9,
        {"seeds": 1, "controls": ()},
        "2 of 2 files, the first base.0.jsonl (41 of 208 texts",
    ),
}


@pytest.mark.parametrize(("step", "changes", "said"), STOPPED.values(), ids=STOPPED)
def test_a_training_that_has_not_ended_is_not_concluded_from(
    made: Small, tmp_path: Path, step: int, changes: dict[str, object], said: str
) -> None:
    """What it lacks is not known to be missing otherwise: no file has those texts."""
    out = tmp_path / "study"
    with pytest.raises(Stopped):
        run_study(study(made, out, task="planted", **changes), stop_at(step))
    with pytest.raises(RunError, match="has not ended") as caught:
        place(out)
    assert said in str(caught.value)
    assert str(caught.value).endswith("the same `probes downstream run` goes on")
    assert not list(out.glob("*.csv"))


def test_what_was_asked_last_is_what_there_is_to_be(
    made: Small, finished: Finished, tmp_path: Path
) -> None:
    """A third seed that was stopped is missing, until no more than two are asked for."""
    out = copied(finished[0], tmp_path)
    with pytest.raises(Stopped):
        run_study(study(made, out, seeds=3), stop_at(15))
    with pytest.raises(RunError, match=r"in 4 of 13 files, the first base\.2\.jsonl \(0 of"):
        predictions.read(out)
    (out / "predictions" / "base.2.jsonl").unlink()
    run_study(study(made, out))
    assert len(predictions.read(out).models) == len(NAMES)
    (out / "training.json").write_text('{"asked": {"texts": "x"}}')
    with pytest.raises(RunError, match="does not say which predictions there are to be"):
        predictions.read(out)


def test_half_a_fold_is_predicted_again(made: Small, finished: Finished, tmp_path: Path) -> None:
    """A file that ends within a line, as a kill of the machine leaves it."""
    out = copied(finished[0], tmp_path)
    place = out / "predictions" / "child.1.jsonl"
    place.write_bytes(place.read_bytes()[:-200])
    run_study(study(made, out))
    assert digests(out) == digests(finished[0])


def test_a_finished_study_loads_no_model(
    made: Small, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tables are made again; what the user wrote into downstream.yaml stays."""
    out = copied(finished[0], tmp_path)
    settings = out / "downstream.yaml"
    settings.write_text(settings.read_text().replace("task: small", "margin: 0.1\ntask: small"))
    monkeypatch.setattr(begin, "load_base", pytest.fail)
    tables = run_study(study(made, out)).tables
    assert "margin: 0.1" in settings.read_text()
    assert len(tables["performance"]) == len(finished[1].tables["performance"])


def test_more_seeds_are_added_and_the_first_stay(
    made: Small, finished: Finished, tmp_path: Path
) -> None:
    out, more = copied(finished[0], tmp_path), {"seeds": 3, "controls": ()}
    run_study(study(made, out, models=(str(made.base),), **more))
    before, after = digests(finished[0] / "predictions"), digests(out / "predictions")
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"base.2.jsonl"}


def test_no_file_holds_a_text(made: Small, finished: Finished) -> None:
    """Not even where a text is its own unit."""
    whole = b"".join(f.read_bytes() for f in finished[0].rglob("*") if f.is_file())
    for text in texts.read(tasks.load(made.task)).texts:
        assert text.texts[0].encode() not in whole


def test_downstream_yaml_says_which_are_children_and_controls(finished: Finished) -> None:
    said = yaml.safe_load((finished[0] / "downstream.yaml").read_text())
    assert said["models"] == {
        "base": {},
        "base shuffled": {"role": "shuffled"},
        "base untrained": {"role": "untrained"},
        "child": {"parent": "base", "corpus": "news"},
        "words": {"role": "words"},
    }


@pytest.mark.slow
def test_a_planted_difference_is_learnt_and_shuffled_labels_are_not(
    made: Small, tmp_path: Path
) -> None:
    request = study(made, tmp_path / "s", regime=small.LEARNS, seeds=1, controls=("shuffled",))
    outcome = run_study(replace(request, models=(str(made.base),)))
    of = outcome.tables["performance"].set_index(["model", "metric"])["value"]
    assert of["base", "balanced_accuracy"] > 0.9
    assert of["base shuffled", "balanced_accuracy"] < 0.75
    assert outcome.warnings == (ONE_SEED,)


def test_long_texts_are_cut_counted_and_said(made: Small, tmp_path: Path) -> None:
    request = study(made, tmp_path / "s", models=(str(made.causal),), seeds=1, controls=())
    regime = replace(small.QUICK, frozen=True, length=9)
    outcome = run_study(replace(request, regime=regime))
    assert "texts are longer than 9 tokens and cut there (--length)" in outcome.warnings[0]
    lines = (tmp_path / "s" / "predictions" / "causal.0.jsonl").read_text().splitlines()
    said = [json.loads(line)["status"] for line in lines[1:]]
    assert {*said} == {"ok", "truncated"}
    assert predictions.read(tmp_path / "s").truncated == said.count("truncated")


def test_a_neutral_child_is_a_control(made: Small, finished: Finished, tmp_path: Path) -> None:
    out = copied(finished[0], tmp_path)
    (out / "downstream.yaml").unlink()
    tables = run_study(study(made, out, neutral=("child",))).tables
    assert any(str(name).startswith("neutral corpus") for name in tables["controls"]["control"])


def test_a_missing_parent_is_said(made: Small, tmp_path: Path) -> None:
    regime = replace(small.QUICK, steps=1, frozen=True)
    request = study(made, tmp_path / "s", models=(str(made.child),), controls=(), regime=regime)
    assert "child: its parent 'base' is not among the models" in run_study(request).warnings[0]


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"seeds": 0}, "--seeds 0: must lie between 1 and 1000"),
    ({"controls": ("other",)}, "--control other: must be one of shuffled, untrained, words"),
    ({"controls": ("none", "foo")}, "--control foo: must be one of shuffled, untrained, words"),
    ({"controls": ("words", "none")}, "--control none: stands alone, and means no control"),
    ({"neutral": ("chid",)}, "--neutral chid: is no model here; did you mean 'child'"),
    ({"device": "tpu"}, "--device tpu: must be 'auto' or 'cpu'"),
    ({"regime": replace(small.QUICK, batch_size=0)}, "--batch-size 0: must be at least 1"),
    ({"regime": replace(small.QUICK, lr=0.0)}, "--lr 0: must be above 0"),
    ({"regime": replace(small.QUICK, length=65)}, "--length 65: base reads at most 64 tokens"),
    ({"regime": replace(small.QUICK, length=2)}, "--length 2: leaves no room for text"),
    ({"regime": replace(small.QUICK, lr=1e30)}, "the loss is not a number at step"),
    ({"models": ("words={base}",)}, "the model 'words' has the name of a control"),
    ({"models": ("{base}", "base={child}")}, "models that share a name: 'base'"),
    ({"models": ("planted:social=1",)}, "fine-tuning is for masked and causal models"),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED)
def test_a_mistake_is_one_sentence(
    made: Small, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    request = study(made, tmp_path / "s", **changes)
    models = (model.format(base=made.base, child=made.child) for model in request.models)
    with pytest.raises(ProbesError) as error:
        run_study(replace(request, models=tuple(models)))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_controls_that_a_task_cannot_have_are_left_out_unless_they_are_asked_for() -> None:
    """Words tell two classes apart, and a second text must be there."""

    def task(classes: int, columns: int) -> TaskLabels:
        file = SimpleNamespace(name="mine", texts=("text", "second")[:columns])
        return TaskLabels(SimpleNamespace(file=file), ("a", "b", "c")[:classes], np.zeros(1))

    assert counted.chosen(task(2, 1), None) == ["words"]
    assert counted.chosen(task(2, 2), None) == ["words", "second_text"]
    assert counted.chosen(task(3, 2), None) == counted.chosen(task(3, 1), ("shuffled",)) == []
    assert counted.chosen(task(2, 2), ("second_text",)) == ["second_text"]
    with pytest.raises(ProbesError, match="--control words: mine has 3 classes, and words are"):
        counted.chosen(task(3, 2), ("words",))


def test_texts_of_one_class_are_refused(made: Small, tmp_path: Path) -> None:
    """Here all texts to learn from are complaints; those of the test are not."""
    path = small.task(tmp_path / "one")
    table = tmp_path / "one" / "train.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(ln for ln in lines if ",thanks," not in ln), encoding="utf-8")
    with pytest.raises(ProbesError, match="are of one class only, 'complaint'; a classifier needs"):
        run_study(study(made, tmp_path / "s", task=str(path)))


def test_a_class_without_a_text_to_learn_from_is_refused(made: Small, tmp_path: Path) -> None:
    """A head of three classes was made, and one of them never learnt."""
    values = {"complaint": "complaint", "thanks": "thanks", "plea": "plea"}
    label = {"column": "label", "values": values, "positive": "complaint"}
    path = small.task(tmp_path / "three", label=label)
    said = "no text to learn from without 'test' is of the class 'plea', so that it cannot be"
    with pytest.raises(ProbesError, match=said):
        run_study(study(made, tmp_path / "s", task=str(path)))
    with pytest.raises(ProbesError, match=said):
        finetune(ClassifierRequest(str(made.base), str(path), tmp_path / "f"))
    assert not (tmp_path / "s").exists()


def test_texts_that_are_learnt_and_tested_are_counted_and_said(made: Small, tmp_path: Path) -> None:
    path = small.task(tmp_path / "again")
    test, train = (tmp_path / "again" / f"{fold}.csv" for fold in ("test", "train"))
    lines = train.read_text("utf-8").splitlines(keepends=True)[1:3]
    test.write_text(test.read_text("utf-8") + "".join(lines).upper(), encoding="utf-8")
    test.write_text(test.read_text("utf-8").replace("COMPLAINT", "complaint"), encoding="utf-8")
    said = "2 of the 44 texts tested also stand, word for word, among those that are learnt from"
    regime = replace(small.QUICK, steps=1)
    only = {"models": (str(made.base),), "controls": (), "task": str(path), "regime": regime}
    (warning,) = run_study(study(made, tmp_path / "s", **only)).warnings
    assert warning.startswith(said)
    request = ClassifierRequest(
        str(made.base), str(path), tmp_path / "f", regime=regime, device="cpu"
    )
    (warning,) = finetune(request).warnings()
    assert warning.startswith(said)


def test_another_training_in_the_folder_is_refused(
    made: Small, finished: Finished, tmp_path: Path
) -> None:
    """Other options, other weights under the name, a damaged record, a file of something else."""
    out = copied(finished[0], tmp_path)
    other = study(made, out, regime=replace(small.QUICK, steps=7))
    with pytest.raises(RunError, match="holds a training with --steps 6, not 7"):
        run_study(other)
    with pytest.raises(RunError, match="holds a training with model base weights"):
        run_study(study(made, out, models=(f"base={made.child}",), seeds=3))
    place = out / "predictions" / "base.0.jsonl"
    place.write_bytes((out / "predictions" / "child.0.jsonl").read_bytes()[:-9])
    with pytest.raises(RunError, match=r"base\.0\.jsonl: is of another model, seed or task"):
        run_study(study(made, out))
    record = json.loads((out / "training.json").read_text())
    for content in ("{", json.dumps({**record, "models": {"base": {"length": "x"}}})):
        (out / "training.json").write_text(content)
        with pytest.raises(RunError, match=r"training\.json: is damaged"):
            run_study(study(made, out))


def test_after_a_mistake_the_folder_can_be_used(made: Small, tmp_path: Path) -> None:
    """Where nothing was predicted yet, other options may begin."""
    request = study(made, tmp_path / "s", models=(str(made.base),), seeds=1, controls=())
    with pytest.raises(RunError, match="the loss is not a number"):
        run_study(replace(request, regime=replace(small.QUICK, lr=1e30)))
    regime = replace(small.QUICK, steps=1, frozen=True)
    run_study(replace(request, regime=regime))


def test_what_tables_would_refuse_is_refused_before_training(
    made: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test texts without a group, of one class, with a name that is none."""
    monkeypatch.setattr(begin, "load_base", pytest.fail)
    head, *lines = (made.task.parent / "test.csv").read_text().splitlines()
    cases = {
        "one": ([ln for ln in lines if ",complaint," in ln], "one class only"),
        "none": ([f"{ln.rpartition(',')[0]}," for ln in lines], "no text of these predictions"),
        "long": ([f"{ln.rpartition(',')[0]},{'x' * 201}" for ln in lines], "text 167: groups"),
    }
    for name, (kept, said) in cases.items():
        path = small.task(tmp_path / name)
        (tmp_path / name / "test.csv").write_text("\n".join([head, *kept]), encoding="utf-8")
        with pytest.raises(ProbesError, match=said):
            run_study(study(made, tmp_path / "s", task=str(path)))
    assert not (tmp_path / "s").exists()


def test_several_processes_are_refused(
    made: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ProbesError, match="one process: start it without a launcher"):
        run_study(study(made, tmp_path / "s"))


def test_the_command_prints_tables(
    made: Small, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """And draws before another may write; ends with status 2 and one sentence where something is
    wrong."""
    out = copied(finished[0], tmp_path)
    files = drawn_alone(monkeypatch, out)
    words = ["probes", "downstream", "run", "--task", str(made.task), "--out", str(out)]
    for model in (made.base, made.child):
        words += ["--model", str(model)]
    numbers = {"seeds": 2, "steps": 6, "batch-size": 16, "lr": 0.002}
    options = [f"--{name}={number}" for name, number in numbers.items()]
    monkeypatch.setattr(sys, "argv", [*words, *options, "--device=cpu"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert "contrasts" in capsys.readouterr().out
    assert files == ["groups.png", "gaps.png"]
    monkeypatch.setattr(sys, "argv", [*words, "--seeds", "0"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("probes: --seeds 0: must lie between")


def copied(folder: Path, to: Path) -> Path:
    """A copy of a finished study."""
    return Path(shutil.copytree(folder, to / "study"))
