"""Bias models: predictions of a classifier's training texts from a shortcut alone.

The predictions are out of fold over units. A bias model that had been trained on the same texts
would predict all of them correctly, and the debiasing losses would give every text a weight of 0.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import special

from probes.downstream import words
from probes.downstream.lines import read_file
from probes.downstream.metrics import Bools, log_sum
from probes.downstream.task.check import is_positive
from probes.downstream.task.texts import TaskTexts
from probes.errors import SetError, UsageError
from probes.placement.interval import Floats, Ints

FOLDS = 5
MOST = 100.0
"""Log-odds of a file's predictions are clipped to this size: larger ones give the same
probabilities, and could overflow float32."""
SMALL = "small"
"""Weak bias model: the classifier itself trained on few texts (see `training.classifiers`)."""
BIASES = ("identity", "words", "second", SMALL)
"""Bias models: named groups, bag of words, bag of words of the second text, and `SMALL`."""


@dataclass(frozen=True, slots=True)
class Bias:
    """A bias model's predictions for the training texts of a two-class task."""

    log_odds: Floats
    """``(texts,)``: log-odds of the positive class minus the log-odds of `share`."""
    share: float
    """Share of the positive class in the training texts, 0 to 1."""

    @classmethod
    def of(cls, log_odds: Floats, positive: Bools) -> "Bias":
        """From log-odds ``(texts,)`` that include the class prior, and the true class."""
        share = float(positive.mean())
        return cls(log_odds - special.logit(share), share)

    def log_probabilities(self, *, with_prior: bool) -> Floats:
        """Log-probabilities ``(texts, 2)``, positive class first; without the prior, for classes of
        equal size."""
        odds = self.log_odds + (special.logit(self.share) if with_prior else 0.0)
        return np.stack([special.log_expit(odds), special.log_expit(-odds)], axis=-1)


def out_of_fold(task: TaskTexts, train: Sequence[int], kind: str) -> Bias:
    """Out-of-fold bias of the training texts; `train` holds their indices in the task's texts.

    `kind` is one of `BIASES` except `SMALL`, or the path of a file of predictions.

    Raises:
        UsageError: the bias model is unknown, or unsuitable for this task.
        SetError: the file is of another task or does not cover the texts.
    """
    if kind not in BIASES:
        return _of_file(Path(kind), task, train)
    require(task, train, kind)
    texts = [task.texts[n] for n in train]
    positive = is_positive(task)[list(train)]
    parts = folds(task, train)
    if kind == "identity":
        log_odds = words.groups_only([text.groups for text in texts], positive, parts)
    else:
        sources = texts if kind == "words" else [replace(t, texts=t.texts[1:]) for t in texts]
        log_odds = words.words_only([" ".join(text.texts) for text in sources], positive, parts)
    return Bias(log_odds, float(positive.mean()))


def require(task: TaskTexts, train: Sequence[int], kind: str) -> None:
    """Check, before training, that a bias model is possible for these texts (always if `kind` is
    empty).

    Raises:
        UsageError, SetError: as `out_of_fold`.
    """
    if kind and kind not in BIASES:
        _of_file(Path(kind), task, train)
    elif kind:
        folds(task, train)
    if kind == "second" and len(task.texts[0].texts) < 2:
        raise UsageError(f"{task.file.name}: has one text, and --bias second reads the second")


def folds(task: TaskTexts, train: Sequence[int]) -> Iterator[tuple[Ints, Ints]]:
    """``(train, held-out)`` positions in the training texts, for each fold of a bias model.

    Raises:
        UsageError: the task has more than two classes.
        SetError: it has too few units.
    """
    _require_two(task)
    texts = [task.texts[n] for n in train]
    unit = {name: n for n, name in enumerate(sorted({text.unit for text in texts}))}
    if len(unit) < FOLDS:
        raise SetError(f"{task.file.name}: {len(unit)} units to learn from; a bias needs {FOLDS}")
    return words.deal(np.array([unit[text.unit] for text in texts]), FOLDS)


def _require_two(task: TaskTexts) -> None:
    if len(task.file.label.classes) != 2:
        raise UsageError(
            f"{task.file.name}: has {len(task.file.label.classes)} classes; a bias is of two"
        )


def sha256(kind: str) -> str:
    """Hash of a file of predictions; empty if `kind` is one of `BIASES` or empty."""
    if not kind or kind in BIASES:
        return ""
    return hashlib.sha256(_require_file(Path(kind)).read_bytes()).hexdigest()


def _require_file(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(
            f"--bias {path}: is neither one of {', '.join(BIASES)} nor a file of predictions"
        )
    return path


def _of_file(path: Path, task: TaskTexts, train: Sequence[int]) -> Bias:
    """The bias from a file of predictions of any model."""
    _require_two(task)
    head, lines = read_file(_require_file(path))
    if head.task_sha256 != task.sha256:
        raise SetError(f"{path}: speaks of another task or another version of {task.file.name}")
    label = task.file.label
    if set(head.classes) != set(label.classes) or head.positive != label.positive:
        raise SetError(
            f"{path}: line 1: classes and positive are not those of {task.file.name}: "
            f"{', '.join(label.classes)}, positive {label.positive!r}"
        )
    ids = [task.texts[n].id for n in train]
    missing = [name for name in ids if name not in lines or lines[name].logp is None]
    if missing:
        raise SetError(
            f"{path}: does not cover the texts to learn from: {len(missing)} of {len(ids)} are "
            f"missing, {missing[0]!r} first; each must be predicted by a model that did not learn "
            "from it"
        )
    positive = is_positive(task)[list(train)]
    odds = np.array([_odds(lines[name].logp or {}, head.positive) for name in ids])
    return Bias.of(odds.clip(-MOST, MOST), positive)


def _odds(logp: dict[str, float], positive: str) -> float:
    others = np.array([value for name, value in logp.items() if name != positive])
    return float(logp[positive] - log_sum(others))
