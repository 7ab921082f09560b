"""Training one classifier on the folds of a task, and its predictions for held-out texts."""

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
"""Seed keys that make the label shuffle and the draw of few texts independent of other draws."""
FEW_TEXTS, FEW_EPOCHS = 2000, 5.0
"""Training texts (at most) and epochs of the weak bias model (Utama et al. 2020b)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One train/test split of a task: the test texts are one fold."""

    fold: str
    train: Sequence[int]
    """Indices of the training texts."""
    test: Sequence[int]
    """Indices of the held-out texts."""
    bias: Bias | None = None
    """The bias model's predictions for the training texts; None without one, and for
    `bias.SMALL`, which `Learner` computes."""


@dataclass(frozen=True, slots=True)
class TaskLabels:
    """A task and the labels of its texts as class indices."""

    task: TaskTexts
    classes: tuple[str, ...]
    """Class names, the positive class first."""
    labels: Ints
    """``(texts,)``, indices into `classes`."""

    @classmethod
    def of(cls, task: TaskTexts) -> TaskLabels:
        """Encode the labels of a task."""
        classes = task.file.label.classes
        return cls(task, classes, np.array([classes.index(text.label) for text in task.texts]))

    @property
    def parts(self) -> list[Part]:
        """Cross-validation splits: each fold is tested once and trained on the other folds.

        Raises:
            SetError: the training texts of a split have one class only.
        """
        parts = [
            Part(fold, *part) for fold, part in zip(self.task.folds, self.task.parts(), strict=True)
        ]
        for part in parts:
            self.require_classes(part)
        return parts

    def require_classes(self, part: Part) -> None:
        """Check that the training texts have at least two classes.

        Raises:
            SetError: they have not.
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
        """The split with a bias model's predictions, checked before training for the loss of each
        of `regimes`.

        Raises:
            UsageError, SetError: as `bias.out_of_fold`.
            RunError: the bias model gives the labels a probability of about 1.
        """
        found = bias.out_of_fold(self.task, part.train, model)
        for regime in regimes:
            if found is not None and regime.loss != "plain":
                debiased.require_doubt(regime, found, self.labels[list(part.train)])
        return replace(part, bias=found)


class Learner:
    """A classifier that is fine-tuned from the checkpoint for each split of a task and each seed.

    Args:
        base: the pretrained checkpoint.
        task: texts and labels.
        regime: training options; the seed in them is not used.
        cpu: train on the CPU even if there is an accelerator.
        untrained: initialize the encoder at random too, not only the head.

    Raises:
        ProbesError: the model cannot be made a classifier, or cannot read the texts.
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
        """Fine-tune on a split from a seed.

        Returns:
            ``(optimizer step, loss)`` pairs.
        """
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
            # Training the teacher again after a kill gives the same weights: no checkpoint needed.
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
        """Bias of a weak model: this model trained on few texts, out of fold over units."""
        weak_regime = replace(regime, steps=None, epochs=FEW_EPOCHS)
        log_odds = np.empty(len(plain.numbers))
        for learn, held in bias.folds(self._task.task, plain.numbers):
            few = np.random.default_rng([regime.seed, FEW]).permutation(learn)[:FEW_TEXTS]
            texts = replace(
                plain, numbers=[plain.numbers[n] for n in few], labels=plain.labels[few]
            )
            self._fit(texts, weak_regime, replace(place, marks=()), lambda *_: None)
            logp = self._log_probabilities([plain.numbers[n] for n in held], regime.seed)
            log_odds[held] = logp[:, 0] - logp[:, 1]
        return Bias.of(log_odds, plain.labels == 0)

    def predict(self, part: Part, seed: int) -> Floats:
        """Log-probabilities ``(test texts, classes)`` from the most recent training."""
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
        """Token inputs; with a frozen encoder its vectors, computed once for each encoder."""
        if not self._regime.frozen:
            return self.tokens
        encoder_seed = seed if self._untrained else 0
        if self._vectors is None or self._vectors[0] != encoder_seed:
            self._vectors = encoder_seed, predict.features(self.classifier.model, self.tokens)
        return self._vectors[1]
