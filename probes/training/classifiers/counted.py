"""Predictions of the word-count controls, which ignore word order (`downstream.words`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from probes.downstream import words
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.placement.interval import Floats
    from probes.training.classifiers.lessons import TaskLabels

COUNTED = ("words", "second_text")


def chosen(task: TaskLabels, asked: Collection[str] | None) -> list[str]:
    """The word-count controls to make: those requested, or all that this task allows.

    Raises:
        UsageError: the task does not allow a requested one.
    """
    refused = _refused(task)
    if asked is None:
        return [name for name in COUNTED if name not in refused]
    for name in asked:
        if name in refused:
            raise UsageError(f"--control {name}: {task.task.file.name} has {refused[name]}")
    return [name for name in COUNTED if name in asked]


def _refused(task: TaskLabels) -> dict[str, str]:
    """Word-count controls that a task does not allow, with the reason."""
    if len(task.classes) > 2:
        why = f"{len(task.classes)} classes, and words are counted to tell two apart"
        return dict.fromkeys(COUNTED, why)
    has_two = len(task.task.file.texts) > 1
    return {} if has_two else {"second_text": "one text a row; there is no second"}


def log_probabilities(task: TaskLabels, name: str) -> Floats:
    """Out-of-fold log-probabilities ``(texts, classes)`` from word counts; NaN for texts of a fold
    that is not tested."""
    texts = [text.texts for text in task.task.texts]
    documents = (
        [text[1] for text in texts] if name == "second_text" else [" ".join(t) for t in texts]
    )
    log_odds = words.words_only(documents, task.labels == 0, task.task.parts())
    logs, tested = np.full((len(texts), 2), np.nan), np.isfinite(log_odds)
    odds = log_odds[tested]
    logs[tested] = np.stack([-np.logaddexp(0, -odds), -np.logaddexp(0, odds)], axis=1)
    return logs
