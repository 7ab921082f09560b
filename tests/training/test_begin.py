"""Records and checkpoints in a folder of a training, which may be a stranger's or damaged."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from probes.errors import RunError
from probes.training import begin
from probes.training.classifiers import study
from probes.training.classifiers.request import ClassifierOutcome
from probes.training.request import HeldOut, PerplexityInterval, TrainingOutcome
from probes.training.steps import checkpoints

TUNED = ClassifierOutcome(2, 200, 0, 64, 0.7, 0, None)
MEASURED = HeldOut(90, 3, *(PerplexityInterval(n, n / 2, 2 * n) for n in (40.0, 30.0, 0.75)))
TRAINED = TrainingOutcome(2, 900, 3.5, 40.0, None, ("a warning",), MEASURED)


@pytest.mark.parametrize("outcome", [TUNED, TRAINED], ids=["finetune", "pretrain"])
def test_an_outcome_of_a_record_is_what_was_written(outcome: object) -> None:
    record = json.loads(json.dumps({"outcome": asdict(outcome)}))  # type: ignore[call-overload]
    assert begin.outcome(Path("r.json"), record, type(outcome)) == outcome


def test_an_outcome_from_before_perplexities_had_numbers_is_still_read() -> None:
    """And printed as it was; one that a stranger cut is no traceback."""
    record = {"outcome": asdict(replace(TRAINED, after=30.0))}
    assert "90 tokens of 3 texts" in begin.outcome(Path("r"), record, TrainingOutcome).perplexity()
    record["outcome"]["held_out"]["ratio"]["low"] = None
    cut = begin.outcome(Path("r"), record, TrainingOutcome).perplexity()
    assert "too few for an interval" in cut
    del record["outcome"]["held_out"]
    old = begin.outcome(Path("r"), record, TrainingOutcome)
    assert old.perplexity() == "40.00 before, 30.00 after"
    with pytest.raises(RunError, match="is damaged"):
        begin.outcome(Path("r"), {"outcome": record["outcome"] | {"held_out": 3}}, TrainingOutcome)


@pytest.mark.parametrize("outcome", [TUNED, TRAINED], ids=["finetune", "pretrain"])
@pytest.mark.parametrize("value", ["x", None, [1], {"a": 1}, 2**70])
def test_values_of_other_types_in_an_outcome_are_one_sentence(
    outcome: object, value: object
) -> None:
    """Each of them would be printed; so would an outcome that is none at all."""
    fields = asdict(outcome)  # type: ignore[call-overload]
    for damaged in (value, {**fields, "loss": value if value != 2**70 else "1e"}, {"steps": value}):
        with pytest.raises(RunError, match=r"^r\.json: is damaged; use another --out$"):
            begin.outcome(Path("r.json"), {"outcome": damaged}, type(outcome))


def test_a_record_nested_without_end_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("[" * 200_000)
    with pytest.raises(RunError, match="is damaged"):
        begin.read_record(tmp_path / "r.json")


def test_only_checkpoints_of_a_step_are_gone_on_from(tmp_path: Path) -> None:
    """A folder that a user called checkpoint-best is none, and no traceback."""
    for name in ("checkpoint-best", "checkpoint-2", "checkpoint-10", "checkpoint-"):
        (tmp_path / name / checkpoints.STATE).mkdir(parents=True)
        (tmp_path / name / checkpoints.STATE / "trainer_state.json").write_text("{}")
    assert checkpoints.newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


def test_what_differs_is_said_in_a_line(tmp_path: Path) -> None:
    """Also where a stranger's record holds a page of it."""
    with pytest.raises(RunError, match="holds a training with task 'x") as caught:
        begin.refuse_other(tmp_path, [("task", "x" * 3000, "liar")])
    assert len(str(caught.value)) < 300 + len(str(tmp_path))
    for different, said in (
        (("regime lr", 1e-4, None), "--lr 0.0001, not the default"),
        (("regime batch_size", 8, 32), "--batch-size 8, not 32"),
        (("regime bias", "", "words"), "--bias the default, not 'words'"),
        (("regime lora", True, False), "--lora on, not off"),
        (("delimiter", None, ";"), "--delimiter the default, not ';'"),
        (("left_out", "test", ""), "--fold 'test', not the default"),
    ):
        with pytest.raises(RunError, match=f"holds a training with {said}; use another --out"):
            begin.refuse_other(tmp_path, [different])


@pytest.mark.parametrize("value", [True, "1", None, 1.5])
def test_a_record_of_a_study_counts_in_whole_numbers(value: object) -> None:
    assert not study._is_listing({"m": {"length": 3, "truncated": value}})
    assert study._is_listing({"m": {"length": 3, "truncated": 1}})
