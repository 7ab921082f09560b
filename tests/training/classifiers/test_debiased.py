"""Classifiers freed from a shortcut: the same bytes after a kill, and what is refused."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from probes.debiasing import bias, losses
from probes.debiasing.bias import Bias
from probes.downstream.task import tasks, texts
from probes.errors import ProbesError, RunError
from probes.training.classifiers import debiased, fit, lessons, predict
from probes.training.classifiers import finetune as finetuning
from probes.training.classifiers.finetune import finetune
from probes.training.classifiers.fit import LabelledTexts
from probes.training.classifiers.request import (
    LOSSES,
    ClassifierOptions,
    ClassifierProgress,
    ClassifierRequest,
)
from probes.training.classifiers.study import run_study
from tests.debiasing.test_bias import write
from tests.training.classifiers import small
from tests.training.classifiers.conftest import Small, study


class Stopped(Exception):  # noqa: N818
    """What a test raises at a step."""


def asked(made: Small, out: Path, **regime: object) -> ClassifierRequest:
    options = replace(small.QUICK, **regime)
    return ClassifierRequest(str(made.base), str(made.task), out, regime=options, device="cpu")


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_the_options_are_those_that_there_are() -> None:
    assert set(LOSSES) == losses.LOSSES.keys()


@pytest.mark.slow
def test_each_loss_trains_another_classifier_and_says_so(made: Small, tmp_path: Path) -> None:
    seen = {}
    for loss in LOSSES:
        shortcut = "" if loss == "plain" else "identity"
        finetune(asked(made, tmp_path / loss, loss=loss, bias=shortcut))
        seen[loss] = weights(tmp_path / loss)
        assert (f"loss {loss}" in (tmp_path / loss / "README.md").read_text()) or loss == "plain"
    assert len(set(seen.values())) == len(LOSSES)


@pytest.mark.slow
@pytest.mark.parametrize("at", [3, 8])
def test_a_follower_goes_on_with_the_same_teacher(made: Small, tmp_path: Path, at: int) -> None:
    """Stopped while the teacher is trained, and after."""

    def stop(now: ClassifierProgress) -> None:
        assert now.total == 12
        if now.done == at:
            raise Stopped

    whole, cut = (
        asked(made, tmp_path / name, loss="confidence", bias="words") for name in ("whole", "cut")
    )
    finetune(whole)
    with pytest.raises(Stopped):
        finetune(cut, stop)
    finetune(cut)
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_a_study_with_two_losses_says_what_the_second_leaves_of_the_trail(
    made: Small, tmp_path: Path
) -> None:
    """Of a child and its base, both with the second, beside both with the first."""
    regime = replace(small.QUICK, bias="identity")
    asked = study(made, tmp_path / "s", regime=regime, controls=(), losses=("plain", "product"))
    tables = run_study(asked).tables
    found = tables["contrasts"]
    assert {*zip(found["model"], found["against"], strict=True)} == {
        ("child", "base"),
        ("base product", "base"),
        ("child product", "base product"),
    }
    assert not tables["ensembles"]["members"].str.contains("product").any()
    whole = found.set_index(["model", "group", "metric"])
    for row in tables["losses"].to_dict("records"):
        place = row["group"], row["metric"]
        assert (row["model"], row["against"], row["loss"]) == ("child", "base", "product")
        assert row["did"] == whole.loc[("child product", *place), "did"]
        assert row["did_plain"] == whole.loc[("child", *place), "did"]
    assert len(tables["losses"]) == len(found) / 3
    record = json.loads((tmp_path / "s" / "training.json").read_text())
    assert record["regime"]["loss"] == "plain"
    with pytest.raises(RunError, match="--loss 'plain', not 'reweight'"):
        run_study(replace(asked, losses=("reweight",)))


@pytest.mark.slow
def test_a_small_bias_is_of_the_model_taught_by_few_texts_of_other_units(
    made: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the classifier that it weighs is another, the same each time."""
    taught, real, asked_of, said = [], fit.fit, [], predict.log_probabilities

    def watched(model: object, texts: LabelledTexts, regime: ClassifierOptions, *rest: object):
        taught.append((set(texts.numbers), regime.epochs, texts.beside is None))
        return real(model, texts, regime, *rest)  # type: ignore[arg-type]

    def heard(model: object, of: object, numbers: list[int], **rest: bool) -> np.ndarray:
        asked_of.append(set(numbers))
        return said(model, of, numbers, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(fit, "fit", watched)
    monkeypatch.setattr(predict, "log_probabilities", heard)
    monkeypatch.setattr(lessons, "FEW_TEXTS", 20)
    monkeypatch.setattr(lessons, "FEW_EPOCHS", 1.0)
    for name in ("once", "again"):
        finetune(asked(made, tmp_path / name, frozen=True, loss="product", bias="small"))
    assert weights(tmp_path / "once") == weights(tmp_path / "again")
    *small_ones, (whole, _, is_plain) = taught[:6]
    assert not is_plain
    assert sorted(n for held in asked_of[: bias.FOLDS] for n in held) == sorted(whole)
    for (few, epochs, plain), held in zip(small_ones, asked_of[: bias.FOLDS], strict=True):
        assert not few & held  # here each text is its own unit
        assert (len(few), epochs, plain) == (20, 1.0, True)
        assert few < whole
    assert len({frozenset(few) for few, _, _ in small_ones}) == bias.FOLDS


REFUSED = [
    ({"loss": "other", "bias": "words"}, "--loss other: must be one of plain, reweight"),
    (
        {"loss": "product"},
        "--loss product: needs --bias: identity, words, second, small, or a file",
    ),
    ({"bias": "words"}, "--bias words: --loss plain uses none"),
    ({"loss": "focal", "bias": "second"}, "has one text, and --bias second reads the second"),
    (
        {"loss": "focal", "bias": "no.jsonl"},
        "is neither one of identity, words, second, small nor a file",
    ),
]


@pytest.mark.parametrize(("regime", "said"), REFUSED)
def test_a_mistake_is_one_sentence(
    made: Small, tmp_path: Path, regime: dict[str, object], said: str
) -> None:
    with pytest.raises(ProbesError) as error:
        finetune(asked(made, tmp_path / "c", **regime))
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("loss", LOSSES[1:])
def test_a_file_that_knows_the_labels_is_refused_before_anything_is_written(
    made: Small, tmp_path: Path, loss: str
) -> None:
    """By one classifier and by a study, be it for the last of its losses."""
    task = texts.read(tasks.load(made.task))
    path = write(tmp_path / "k.jsonl", task, [text.id for text in task.texts], -30.0)
    regime = replace(small.QUICK, bias=str(path))
    one = asked(made, tmp_path / "c", loss=loss, bias=str(path))
    many = study(made, tmp_path / "s", regime=regime, losses=("plain", loss))
    for begin, request in ((finetune, one), (run_study, many)):
        with pytest.raises(RunError, match="is certain of the labels of the texts learnt from"):
            begin(request)  # type: ignore[operator]
    assert [p.name for p in tmp_path.iterdir()] == ["k.jsonl"]


def test_what_a_file_said_when_it_was_read_is_what_is_learnt_with(
    made: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that goes while the model is loaded changes nothing."""
    task = texts.read(tasks.load(made.task))
    ids = [text.id for text in task.texts]
    path = write(tmp_path / "b.jsonl", task, ids)
    regime = {"loss": "product", "bias": str(path), "frozen": True}
    finetune(asked(made, tmp_path / "whole", **regime))
    real = finetuning.begin.load_base

    def load(*of: object) -> object:
        path.unlink()
        return real(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(finetuning.begin, "load_base", load)
    finetune(asked(made, tmp_path / "gone", **regime))
    assert weights(tmp_path / "gone") == weights(tmp_path / "whole")


@pytest.fixture
def handed() -> Callable[[str, np.ndarray | None], LabelledTexts]:
    """What a loss takes, of two texts whose bias is right on the first."""

    def labelled(loss: str, teacher: np.ndarray | None = None) -> LabelledTexts:
        plain = LabelledTexts(None, [0, 1], np.array([0, 0]))  # type: ignore[arg-type]
        regime = ClassifierOptions(loss=loss, bias="identity")
        return debiased.texts(plain, regime, Bias(np.array([2.0, -2.0]), 0.3), teacher)

    return labelled


def test_the_prior_is_left_in_the_bias_that_weighs_and_taken_from_that_which_shifts(
    handed: Callable[..., LabelledTexts],
) -> None:
    prior = np.log(0.3 / 0.7)
    for loss, there in (("reweight", True), ("focal", True), ("product", False)):
        beside = handed(loss).beside
        assert beside is not None
        wanted = torch.tensor([2.0, -2.0]) + (prior if there else 0)
        torch.testing.assert_close(beside[:, 0] - beside[:, 1], wanted.float())


def test_a_teacher_that_is_certain_is_refused(handed: Callable[..., LabelledTexts]) -> None:
    unsure = handed("confidence", np.log([[0.9, 0.1], [0.8, 0.2]])).beside
    assert unsure is not None
    assert unsure[0, 0].exp() < unsure[1, 0].exp()  # the bias is right on the first
    with pytest.raises(RunError, match="cannot be made less sure"):
        handed("confidence", np.array([[-1e-5, -11.5], [-1e-5, -11.5]]))


@pytest.mark.parametrize("loss", LOSSES[1:])
def test_a_bias_that_knows_the_labels_leaves_nothing_to_learn(loss: str) -> None:
    labels = np.array([0, 1])
    plain = LabelledTexts(None, [0, 1], labels)  # type: ignore[arg-type]
    knowing = Bias.of(np.array([900.0, -900.0]), labels == 0)
    regime = ClassifierOptions(loss=loss, bias="mine.jsonl")
    with pytest.raises(RunError, match=r"--bias mine\.jsonl: is certain of the labels"):
        debiased.texts(plain, regime, knowing, None)
