"""Bias models: predictions of a classifier's training texts from a shortcut alone.

The predictions are out of fold over units. A bias model that had been trained on the same texts
would predict all of them correctly, and the debiasing losses would give every text a weight of 0.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import special

from probes.downstream import words
from probes.downstream.lines import PredictionHead, PredictionLine, read_file
from probes.downstream.metrics import Bools, log_sum
from probes.downstream.task.check import is_positive
from probes.downstream.task.texts import TaskTexts
from probes.errors import RunError, SetError, UsageError
from probes.files.text import read_bytes
from probes.placement.interval import Floats, Ints

FOLDS = 5
MOST = 100.0
"""Log-odds of a file's predictions are clipped to this size: larger ones give the same
probabilities, and could overflow float32."""
SMALL = "small"
"""Weak bias model: the classifier itself trained on few texts (see `training.classifiers`)."""
BIASES = ("identity", "words", "second", SMALL)
"""Bias models: named groups, bag of words, bag of words of the second text, and `SMALL`."""
Said = tuple[PredictionHead, Mapping[str, PredictionLine]]
"""A file of predictions: its header, and its lines by id."""


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


@dataclass(frozen=True, slots=True)
class BiasModel:
    """The bias model of option ``--bias``. A file of predictions is read once, so that the checked,
    recorded and used predictions are the same."""

    kind: str
    """One of `BIASES`, or the path of a file of predictions; empty for none."""
    sha256: str = ""
    """Hash of the file of predictions; empty without a file."""
    said: Said | None = field(default=None, repr=False)
    """Contents of the file of predictions; None without a file."""

    @classmethod
    def opened(cls, kind: str) -> "BiasModel":
        """From one of `BIASES`, or by reading a file of predictions.

        Raises:
            UsageError: `kind` is neither.
            RunError: the file is damaged, or changed while it was read.
        """
        if not kind or kind in BIASES:
            return cls(kind)
        path = Path(kind)
        if not path.is_file():
            raise UsageError(
                f"--bias {path}: is neither one of {', '.join(BIASES)} nor a file of predictions"
            )
        before, said = _sha256(path), read_file(path)
        if _sha256(path) != before:
            raise RunError(f"{path}: changed while it was read; start again when it is written")
        return cls(kind, before, said)


def _sha256(path: Path) -> str:
    return hashlib.sha256(read_bytes(path, RunError)).hexdigest()


def out_of_fold(task: TaskTexts, train: Sequence[int], model: BiasModel) -> Bias | None:
    """Out-of-fold bias of the training texts; `train` holds their indices in the task's texts.

    None without a bias model, and for `SMALL`, which only the training code can compute.

    Raises:
        UsageError: the bias model is unsuitable for this task.
        SetError: the file is of another task or does not cover the texts, or the texts have too
            few units.
    """
    if model.said is not None:
        return _of_file(model.kind, model.said, task, train)
    if not model.kind:
        return None
    parts, texts = folds(task, train), [task.texts[n] for n in train]
    if model.kind == SMALL:
        return None
    positive = is_positive(task)[list(train)]
    if model.kind == "identity":
        log_odds = words.groups_only([text.groups for text in texts], positive, parts)
        return Bias(log_odds, float(positive.mean()))
    if model.kind == "second" and len(texts[0].texts) < 2:
        raise UsageError(f"{task.file.name}: has one text, and --bias second reads the second")
    sources = [text.texts if model.kind == "words" else text.texts[1:] for text in texts]
    log_odds = words.words_only([" ".join(source) for source in sources], positive, parts)
    return Bias(log_odds, float(positive.mean()))


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


def _of_file(path: str, said: Said, task: TaskTexts, train: Sequence[int]) -> Bias:
    """The bias from a file of predictions of any model."""
    _require_two(task)
    head, lines = said
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
