"""What one classifier is trained on and asked: a task's texts as this model reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from probes.debiasing import bias
from probes.debiasing.bias import Bias, BiasModel
from probes.errors import SetError
from probes.training.classifiers import debiased, fit, inputs, predict
from probes.training.classifiers.heads import Classifier
from probes.training.classifiers.inputs import ClassifierInputs, TokenInputs
from probes.training.classifiers.request import ClassifierOptions

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.downstream.task.texts import TaskTexts
    from probes.placement.interval import Floats, Ints
    from probes.training.steps.trainer import OnLoss

SHUFFLED, FEW = 0x5EED, 0xFE3
"""Set shuffled labels, and the few texts of a small bias, apart from all other draws of a seed."""
FEW_TEXTS, FEW_EPOCHS = 2000, 5.0
"""Of a small bias, at most; as Utama et al. 2020b have it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which texts are learnt from, and which are asked."""

    fold: str
    train: Sequence[int]
    test: Sequence[int]
    bias: Bias | None = None
    """What the shortcut says of the texts learnt from; of a small one, only the learner knows."""


@dataclass(frozen=True, slots=True)
class TaskLabels:
    """A task as numbers."""

    task: TaskTexts
    classes: tuple[str, ...]
    """The positive one first."""
    labels: Ints
    """``(texts,)``."""

    @classmethod
    def of(cls, task: TaskTexts) -> TaskLabels:
        """The labels of a task."""
        classes = task.file.label.classes
        return cls(task, classes, np.array([classes.index(text.label) for text in task.texts]))

    @property
    def parts(self) -> list[Part]:
        """Fold by fold; each is of one fold and learns from the others.

        Raises:
            SetError: what a fold learns from lacks a class.
        """
        parts = [
            Part(fold, *part) for fold, part in zip(self.task.folds, self.task.parts(), strict=True)
        ]
        for part in parts:
            self.require_classes(part)
        return parts

    def require_classes(self, part: Part) -> None:
        """Refuse to learn from texts of one class, or of fewer than are declared.

        Raises:
            SetError: see above.
        """
        classes = {self.classes[n] for n in self.labels[list(part.train)]}
        where = f"without {part.fold!r} " if part.test else ""
        if len(classes) < 2:
            only = "".join(f", {label!r}" for label in classes)
            raise SetError(
                f"{self.task.file.name}: the texts to learn from {where}are of one class only"
                f"{only}; a classifier needs two"
            )
        for label in self.classes:
            if label not in classes:
                raise SetError(
                    f"{self.task.file.name}: no text to learn from {where}is of the class "
                    f"{label!r}, so that it cannot be learnt; give it texts, or take it out of "
                    "label: values"
                )

    def biased(self, part: Part, model: BiasModel, regimes: Iterable[ClassifierOptions]) -> Part:
        """The same part with what a bias model says of it; refused before anything is trained or
        written if a loss of these can learn nothing beside it.

        Raises:
            UsageError, SetError: there is no such bias of these texts (`bias.out_of_fold`).
            RunError: it is certain of their labels.
        """
        found = bias.out_of_fold(self.task, part.train, model)
        for regime in regimes:
            if found is not None and regime.loss != "plain":
                debiased.require_doubt(regime, found, self.labels[list(part.train)])
        return replace(part, bias=found)


class Learner:
    """A model that is trained on parts of a task from seed after seed.

    Args:
        base: the model to begin with.
        task: the texts.
        regime: of each training; its seed is not used.
        cpu: whether accelerators are left alone.
        untrained: whether its body begins untrained, too.

    Raises:
        ProbesError: the model cannot be a classifier, or the texts do not suit it.
    """

    def __init__(
        self,
        base: Checkpoint,
        task: TaskLabels,
        regime: ClassifierOptions,
        *,
        cpu: bool,
        untrained: bool = False,
    ) -> None:
        self._task, self._regime, self._untrained = task, regime, untrained
        texts = [text.texts for text in task.task.texts]
        self.tokens: TokenInputs = inputs.encode(base, texts, regime.length)
        self.classifier = Classifier(base, task.classes, self.tokens.padding, untrained=untrained)
        self.classifier.begin(0)
        self.classifier.model.to(fit.device(regime, cpu=cpu))
        predict.require_same_alone(self.classifier.model, self.tokens, base.info.name)
        self._vectors: tuple[int, ClassifierInputs] | None = None

    def train(
        self, part: Part, seed: int, place: fit.TrainingPlace, on_loss: OnLoss, *,
        shuffled: bool = False,
    ) -> list[tuple[int, float]]:  # fmt: skip
        """Train on a part from a seed; steps and losses."""
        labels = self._task.labels[list(part.train)]
        if shuffled:
            labels = np.random.default_rng([seed, SHUFFLED]).permutation(labels)
        plain = fit.LabelledTexts(self._inputs(seed), part.train, labels)
        regime = replace(self._regime, seed=seed)
        if regime.loss == "plain":
            return self._fit(plain, regime, place, on_loss)
        biases = part.bias or self._small(plain, regime, place)
        teacher = None
        if regime.loss == "confidence":
            # What is trained again after a kill comes to the same: no checkpoint of it is kept.
            self._fit(plain, regime, replace(place, marks=()), on_loss)
            teacher = self._log_probabilities(part.train, seed)
        texts = debiased.texts(plain, regime, biases, teacher)
        before = regime.steps_for(len(part.train)) * (regime.trainings - 1)
        return self._fit(texts, regime, place, lambda step, loss: on_loss(before + step, loss))

    def _fit(
        self,
        texts: fit.LabelledTexts,
        regime: ClassifierOptions,
        place: fit.TrainingPlace,
        on_loss: OnLoss,
    ) -> list[tuple[int, float]]:
        model = self.classifier.begin(regime.seed, frozen=regime.frozen or regime.lora)
        return fit.fit(model, texts, regime, place, on_loss)

    def _small(
        self, plain: fit.LabelledTexts, regime: ClassifierOptions, place: fit.TrainingPlace
    ) -> Bias:
        """What the model itself says, when few texts of other units have taught it."""
        taught = replace(regime, steps=None, epochs=FEW_EPOCHS)
        log_odds = np.empty(len(plain.numbers))
        for learn, held in bias.folds(self._task.task, plain.numbers):
            few = np.random.default_rng([regime.seed, FEW]).permutation(learn)[:FEW_TEXTS]
            texts = replace(
                plain, numbers=[plain.numbers[n] for n in few], labels=plain.labels[few]
            )
            self._fit(texts, taught, replace(place, marks=()), lambda *_: None)
            logp = self._log_probabilities([plain.numbers[n] for n in held], regime.seed)
            log_odds[held] = logp[:, 0] - logp[:, 1]
        return Bias.of(log_odds, plain.labels == 0)

    def predict(self, part: Part, seed: int) -> Floats:
        """Log-probabilities ``(test texts, classes)`` of the model as it was trained last."""
        return self._log_probabilities(part.test, seed)

    def _log_probabilities(self, numbers: Sequence[int], seed: int) -> Floats:
        return predict.log_probabilities(
            self.classifier.model,
            self._inputs(seed),
            numbers,
            bf16=self._regime.bf16,
            frozen=self._regime.frozen,
        )

    def _inputs(self, seed: int) -> ClassifierInputs:
        """Tokens; of a frozen body vectors, worked out once, or once a seed that draws the body."""
        if not self._regime.frozen:
            return self.tokens
        of = seed if self._untrained else 0
        if self._vectors is None or self._vectors[0] != of:
            self._vectors = of, predict.features(self.classifier.model, self.tokens)
        return self._vectors[1]
