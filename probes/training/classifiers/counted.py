"""Predictions of the word-count controls, which ignore word order (`downstream.words`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from probes.downstream import words

if TYPE_CHECKING:
    from probes.placement.interval import Floats
    from probes.training.classifiers.lessons import TaskLabels


def possible(task: TaskLabels, asked: Collection[str]) -> list[str]:
    """The requested word-count controls that this task allows: both need two classes, and
    `second_text` needs a second text."""
    if len(task.classes) > 2:
        return []
    has_two = len(task.task.file.texts) > 1
    return [name for name in ("words", "second_text")
            if name in asked and (name == "words" or has_two)]  # fmt: skip


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
