"""Fine-tuning a masked or causal model to one classifier.

This is the command `probes finetune` and the function `finetune`. The folder::

    OUT/config.json  model.safetensors  tokenizer ...   the classifier, an ordinary checkpoint
    OUT/README.md                                       its model card
    OUT/checkpoint-N/                                   ordinary checkpoints during training
    OUT/adapter/                                        with `--lora`, the adapter and the head
    OUT/finetune.json  losses.csv                       settings and outcome; loss by step

After a kill at any moment, the same command resumes from the last complete checkpoint and ends, on
the same machine, with the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from probes.debiasing.bias import BiasModel
from probes.downstream.metrics import by_class
from probes.downstream.task import overlap, tasks
from probes.downstream.task import texts as task_texts
from probes.errors import UsageError, nearest
from probes.models import registry
from probes.training import begin, model_card
from probes.training.classifiers import card
from probes.training.classifiers.request import (
    ClassifierOutcome,
    ClassifierProgress,
    ClassifierRequest,
    OnClassifierProgress,
)
from probes.training.classifiers.study import require_one_process
from probes.training.steps import checkpoints

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.downstream.task.texts import TaskTexts
    from probes.training.classifiers.lessons import Learner, Part, TaskLabels

RECORD = "finetune.json"


def finetune(
    request: ClassifierRequest, on_progress: OnClassifierProgress | None = None
) -> ClassifierOutcome:
    """Train a classifier, or resume a stopped training; does nothing if it is finished.

    Args:
        request: model, task, options and folder.
        on_progress: called with the optimizer steps done and in total.

    Raises:
        ProbesError: any fault that the user can correct; the last checkpoint stays on disk.
    """
    for fault in request.faults():
        raise UsageError(fault)
    require_one_process(request.regime)
    read = task_texts.read(tasks.load(request.task, request.copies))
    test_fold = _fold(read, request.fold)
    spec = registry.resolve(request.model, request.backend, request.revision)
    from probes.backends.hf.loading.auto import silenced  # imports torch
    from probes.training.classifiers.lessons import Learner, Part, TaskLabels

    task = TaskLabels.of(read)
    numbers = range(len(read.texts))
    test = [n for n in numbers if read.texts[n].fold == test_fold]
    part = Part(test_fold, sorted(set(numbers) - set(test)), test)
    task.require_classes(part)
    shortcut = BiasModel.opened(request.regime.bias)
    part = task.biased(part, shortcut, [request.regime])
    path = request.out / RECORD
    with begin.claimed(path, "the folder of a fine-tuning"):
        base = begin.load_base(spec, "fine-tuning")
        learner = Learner(base, task, request.regime, cpu=request.device == "cpu")
        settings = _settings(request, base, task, test_fold, shortcut)
        record = begin.begun(path, settings, lambda: None)
        if "outcome" in record:
            outcome = begin.outcome(path, record, ClassifierOutcome)
        else:
            record[begin.RATE] = request.regime.rate
            losses = _train(request, learner, part, on_progress or (lambda _: None))
            outcome = _outcome(learner, task, part, request, losses)
            with silenced(progress=False):
                _finish(request, spec.id, learner, losses)
            card.write_card(request.out, record, outcome)
            record["outcome"] = asdict(outcome)
            begin.write_record(path, record)
        checkpoints.clear(request.out)
        return outcome


def _fold(read: TaskTexts, wanted: str) -> str:
    """The held-out test fold; empty if there is none."""
    folds = sorted({text.fold for text in read.texts})
    if wanted and wanted not in folds:
        raise UsageError(f"--fold {wanted}: {read.file.name} has none; {nearest(wanted, folds)}")
    return wanted or ("test" if "test" in folds else "")


def _settings(
    request: ClassifierRequest, base: Checkpoint, task: TaskLabels, fold: str, shortcut: BiasModel
) -> begin.Settings:
    """Settings that must be equal for a training to be resumed."""
    return {
        "format": 1,
        "regime": asdict(request.regime),
        "checkpoints": request.checkpoints,
        "bias_sha256": shortcut.sha256,
        "task": task.task.file.name,
        "task_sha256": task.task.sha256,
        "classes": list(task.classes),
        "left_out": fold,
        "model": begin.base_entry(base),
        "versions": begin.versions(*request.regime.libraries),
    }


def _train(
    request: ClassifierRequest, learner: Learner, part: Part, on_progress: OnClassifierProgress
) -> list[tuple[int, float]]:
    from probes.training.classifiers import fit

    steps = request.regime.steps_for(len(part.train))
    count = 0 if request.regime.frozen else min(request.checkpoints, steps)
    marks = {max(1, round(steps * number / count)) for number in range(1, count + 1)}
    place = fit.TrainingPlace(
        request.out, learner.classifier.tokenizer, cpu=request.device == "cpu", marks=marks
    )

    def on_loss(step: int, loss: float) -> None:
        total = steps * request.regime.trainings
        on_progress(ClassifierProgress("training", step, total, loss))

    return learner.train(part, request.regime.seed, place, on_loss)


def _outcome(
    learner: Learner,
    task: TaskLabels,
    part: Part,
    request: ClassifierRequest,
    losses: Sequence[tuple[int, float]],
) -> ClassifierOutcome:
    from probes.training.steps import trainer

    balanced = None
    if part.test:
        predicted = learner.predict(part, request.regime.seed).argmax(axis=1)
        truth, weights = task.labels[list(part.test)], np.ones(len(part.test))
        value = float(by_class(weights, truth, predicted, len(task.classes))[0])
        balanced = value if np.isfinite(value) else None
    return ClassifierOutcome(
        steps=request.regime.steps_for(len(part.train)),
        texts=len(part.train),
        truncated=sum(learner.tokens.truncated),
        length=learner.tokens.length,
        loss=trainer.last_loss(losses),
        tested=len(part.test),
        balanced_accuracy=balanced,
        seen=overlap.seen_in_training(task.task.texts, part.train, part.test),
    )


def _finish(
    request: ClassifierRequest, base: str, learner: Learner, losses: Sequence[tuple[int, float]]
) -> None:
    """Write the model; config.json comes last, since it marks the folder as a complete model."""
    from probes.training.steps import low_rank

    out = request.out
    last = checkpoints.newest_checkpoint(out)
    if last is None:
        last = out / checkpoints.SAVING / "end"
        learner.classifier.model.save_pretrained(last)
        learner.classifier.tokenizer.save_pretrained(last)
    if request.regime.lora:
        low_rank.keep(last, out, base)
    checkpoints.promote(last, out)
    model_card.write_losses(out, losses)
