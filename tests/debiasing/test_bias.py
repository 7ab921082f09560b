"""What a shortcut alone says of texts, each said by a model that has not learnt from the text."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from probes.debiasing import bias
from probes.debiasing.bias import Bias, BiasModel
from probes.downstream.task import tasks, texts
from probes.downstream.task.check import is_positive
from probes.errors import ProbesError, RunError


@pytest.fixture(scope="module")
def task() -> texts.TaskTexts:
    return texts.read(tasks.load("planted"))


def write(
    path: Path, task: texts.TaskTexts, ids: list[str], wrong: float = np.log(0.2), **head: object
) -> Path:
    """Predictions that say a probability of .8 of the right class, and this log of the wrong."""
    first = {
        "format": 1,
        "task": task.file.name,
        "task_sha256": task.sha256,
        "model": "small",
        "seed": 0,
        "classes": list(task.file.label.classes),
        "positive": task.file.label.positive,
    }
    lines = [first | head]
    for text in task.texts:
        if text.id in ids:
            logp = {
                name: float(np.log1p(-np.exp(wrong)) if name == text.label else wrong)
                for name in task.file.label.classes
            }
            lines.append(
                {"id": text.id, "unit": text.unit, "groups": list(text.groups)}
                | {"label": text.label, "fold": text.fold, "logp": logp, "status": "ok"}
            )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def found_by(task: texts.TaskTexts, train: list[int], kind: str) -> Bias:
    found = bias.out_of_fold(task, train, BiasModel.opened(kind))
    assert found is not None
    return found


def test_no_text_is_predicted_by_a_bias_that_learnt_from_its_unit(
    task: texts.TaskTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, _ = next(task.parts())
    asked: list[tuple[set[str], set[str]]] = []
    real = bias.words.words_only

    def watched(whole: list[str], positive: np.ndarray, parts: object) -> np.ndarray:
        pairs = list(parts)  # type: ignore[call-overload]
        unit = [task.texts[n].unit for n in train]
        asked.extend(({unit[n] for n in a}, {unit[n] for n in b}) for a, b in pairs)
        return real(whole, positive, pairs)

    monkeypatch.setattr(bias.words, "words_only", watched)
    found = found_by(task, train, "words")
    assert len(asked) == bias.FOLDS
    assert not any(a & b for a, b in asked)
    assert np.isfinite(found.log_odds).all()
    assert set.union(*(b for _, b in asked)) == {task.texts[n].unit for n in train}


def test_the_prior_can_be_taken_out_and_probabilities_add_up(task: texts.TaskTexts) -> None:
    train, _ = next(task.parts())
    found = found_by(task, train, "identity")
    assert found.share == pytest.approx(is_positive(task)[train].mean())
    for with_prior in (True, False):
        both = found.log_probabilities(with_prior=with_prior)
        assert np.exp(both).sum(-1) == pytest.approx(np.ones(len(train)))
    odds = both[:, 0] - both[:, 1]
    assert odds == pytest.approx(found.log_odds)
    whole = found.log_probabilities(with_prior=True)
    assert whole[:, 0] - whole[:, 1] - odds == pytest.approx(
        np.full(len(train), special.logit(found.share))
    )


def test_predictions_of_another_model_are_a_bias(task: texts.TaskTexts, tmp_path: Path) -> None:
    train, _ = next(task.parts())
    path = write(tmp_path / "small.jsonl", task, [text.id for text in task.texts])
    found = found_by(task, train, str(path))
    both = np.exp(found.log_probabilities(with_prior=True))
    right = np.where(is_positive(task)[train], both[:, 0], both[:, 1])
    assert right == pytest.approx(np.full(len(train), 0.8), abs=1e-6)


def test_the_furthest_log_odds_count_as_certain_and_stay_numbers(
    task: texts.TaskTexts, tmp_path: Path
) -> None:
    """In the single precision of a loss, too."""
    train, _ = next(task.parts())
    path = write(tmp_path / "far.jsonl", task, [text.id for text in task.texts], -1e308)
    found = found_by(task, train, str(path))
    for with_prior in (True, False):
        beside = found.log_probabilities(with_prior=with_prior).astype(np.float32)
        assert np.isfinite(beside).all()
        assert beside.min() < -90


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("second", "has one text, and --bias second reads the second"),
        (
            "missing.jsonl",
            "is neither one of identity, words, second, small nor a file of predictions",
        ),
        ("half.jsonl", "does not cover the texts to learn from"),
        ("turned.jsonl", "classes and positive are not those of"),
        ("other.jsonl", "speaks of another task"),
    ],
)
def test_a_bias_that_cannot_be_is_refused_in_a_sentence(
    task: texts.TaskTexts, tmp_path: Path, kind: str, sentence: str
) -> None:
    train, _ = next(task.parts())
    ids = [text.id for text in task.texts]
    write(tmp_path / "half.jsonl", task, ids[::2])
    write(tmp_path / "other.jsonl", task, ids, task_sha256="0" * 64)
    turned = next(c for c in task.file.label.classes if c != task.file.label.positive)
    write(tmp_path / "turned.jsonl", task, ids, positive=turned)
    path = tmp_path / kind if "." in kind else kind
    with pytest.raises(ProbesError, match=sentence):
        found_by(task, train, str(path))


def test_a_file_is_read_once_and_its_hash_is_of_what_was_read(
    task: texts.TaskTexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of it later; one that is written meanwhile is refused."""
    train, _ = next(task.parts())
    ids = [text.id for text in task.texts]
    path = write(tmp_path / "small.jsonl", task, ids)
    model = BiasModel.opened(str(path))
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    assert bias.out_of_fold(task, train, model) is not None
    real = bias.read_file

    def overtaken(place: Path) -> object:
        said = real(place)
        write(place, task, ids, np.log(0.4))
        return said

    write(path, task, ids)
    monkeypatch.setattr(bias, "read_file", overtaken)
    with pytest.raises(RunError, match=r"small\.jsonl: changed while it was read"):
        BiasModel.opened(str(path))
