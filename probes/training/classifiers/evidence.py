"""Writing predictions: one file for each model and seed, fold after fold (`downstream.lines`).

A fold is on disk before the next one begins; a fold cut off by a kill is predicted again.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from probes.downstream.lines import PredictionHead, PredictionLine
from probes.downstream.predictions import Truth, truth_of
from probes.downstream.task.texts import TaskTexts
from probes.errors import RunError, SetError
from probes.files import journal
from probes.files.journal import Journal
from probes.files.yaml_faults import explain
from probes.placement.interval import Floats
from probes.training.classifiers.lessons import Part, TaskLabels

DIGITS = 16
"""Hex digits of the text's sha256 that name a unit, in tasks without a unit column."""
OTHER = "is of another model, seed or task; use another --out, or remove the file"


def header(task: TaskLabels, model: str, seed: int) -> dict[str, object]:
    """The first line of a file of predictions: task, model, seed, classes."""
    return {
        "format": 1,
        "task": task.task.file.name,
        "task_sha256": task.task.sha256,
        "model": model,
        "seed": seed,
        "classes": list(task.classes),
        "positive": task.classes[0],
    }


def batch(task: TaskLabels, part: Part, logp: Floats, truncated: tuple[bool, ...]) -> bytes:
    """The JSON lines of a fold, from its log-probabilities ``(test texts, classes)``."""
    rows = zip(part.test, logp.tolist(), strict=True)
    return b"".join(_line(_fields(task, n, row, cut=truncated[n])) for n, row in rows)


def require_usable(task: TaskLabels) -> Truth:
    """Check before training that the tables will accept predictions for the task's test texts.

    Returns:
        Labels, units and groups of these texts.

    Raises:
        RunError, SetError: the tables would refuse them.
    """
    head, even = header(task, "model", 0), [-math.log(len(task.classes))] * len(task.classes)
    lines = {}
    for part in task.parts:
        for n in part.test:
            fields = _fields(task, n, even, cut=False)
            try:
                lines[str(fields["id"])] = PredictionLine.model_validate(fields)
            except ValidationError as error:
                fault = explain(error, PredictionLine, fields)[0]
                raise SetError(f"{task.task.file.name}: text {n + 1}: {fault}") from None
    return truth_of(PredictionHead.model_validate(head), lines)


@contextmanager
def opened(
    file: Path, task: TaskLabels, head: dict[str, object], parts: list[Part]
) -> Iterator[Journal]:
    """Open a file of predictions to append folds; its `done` is the number of folds written.

    Raises:
        RunError: the file is of another model, seed or task, or cannot be written.
    """
    ids = [[task.task.texts[n].id for n in part.test] for part in parts]
    file.parent.mkdir(exist_ok=True)
    first = _line(head)
    with Journal(file, first, _same(file, first), _key(file), ids) as growing:
        yield growing


def whole(file: Path, task: TaskTexts) -> bool:
    """Whether the file has a prediction for every test text."""
    if not file.exists():
        return False
    texts = sum(text.fold in task.folds for text in task.texts)
    return sum(1 for _ in journal.lines(file)) == texts + 1


def _same(file: Path, first: bytes) -> Callable[[bytes], None]:
    def check(line: bytes) -> None:
        if line != first:
            raise RunError(f"{file}: {OTHER}")

    return check


def _key(file: Path) -> Callable[[int, bytes], str]:
    def key(number: int, raw: bytes) -> str:
        return str(journal.json_object(file, number, raw, "remove the file").get("id"))

    return key


def _fields(task: TaskLabels, number: int, row: list[float], *, cut: bool) -> dict[str, object]:
    text = task.task.texts[number]
    is_finite = all(map(math.isfinite, row))
    status = "failed" if not is_finite else "truncated" if cut else "ok"
    return {
        "id": text.id,
        "unit": text.unit if task.task.file.unit else _named(text.unit),
        "groups": list(text.groups),
        "label": text.label,
        "fold": text.fold,
        "logp": dict(zip(task.classes, row, strict=True)) if is_finite else None,
        "status": status,
    }


def _named(text: str) -> str:
    """A name for a text (from its hash) that does not reveal it."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _line(fields: dict[str, object]) -> bytes:
    return (json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n").encode()
