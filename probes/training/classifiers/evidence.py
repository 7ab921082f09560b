"""Predictions as they are written: a file a model and seed, fold after fold (`downstream.lines`).

A fold is on the disk before the next is begun; one that a kill left half is predicted again.
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
from probes.downstream.settings import file_of
from probes.downstream.task.texts import TaskTexts
from probes.errors import RunError, SetError
from probes.files import journal
from probes.files.journal import Journal
from probes.files.yaml_faults import explain
from probes.placement.interval import Floats
from probes.training.classifiers.lessons import Part, TaskLabels

DIGITS = 16
"""Of the sha256 that names a unit where the task has no column of units: the unit is the text."""
OTHER = "is of another model, seed or task; use another --out, or remove the file"


def path(out: Path, model: str, seed: int) -> Path:
    """Of a model's predictions from a seed."""
    return file_of(out, model, seed)


def header(task: TaskLabels, model: str, seed: int) -> dict[str, object]:
    """The first line of a file."""
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
    """The lines of a fold: log-probabilities ``(test texts, classes)`` as numbers are printed."""
    rows = zip(part.test, logp.tolist(), strict=True)
    return b"".join(_line(_fields(task, n, row, cut=truncated[n])) for n, row in rows)


def require_usable(task: TaskLabels) -> Truth:
    """The texts that are predicted, tried before anything is trained: what the tables would refuse
    of them is refused now.

    Raises:
        RunError, SetError: see above.
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
    place: Path, task: TaskLabels, head: dict[str, object], parts: list[Part]
) -> Iterator[Journal]:
    """The file, to which folds are appended; `done` says how many it has.

    Raises:
        RunError: it is of something else, or cannot be written.
    """
    ids = [[task.task.texts[n].id for n in part.test] for part in parts]
    place.parent.mkdir(exist_ok=True)
    first = _line(head)
    with Journal(place, first, _same(place, first), _key(place), ids) as growing:
        yield growing


def whole(place: Path, task: TaskTexts) -> bool:
    """Whether the file holds as many lines as there are texts to predict."""
    if not place.exists():
        return False
    texts = sum(text.fold in task.folds for text in task.texts)
    return sum(1 for _ in journal.lines(place)) == texts + 1


def _same(place: Path, first: bytes) -> Callable[[bytes], None]:
    def check(line: bytes) -> None:
        if line != first:
            raise RunError(f"{place}: {OTHER}")

    return check


def _key(place: Path) -> Callable[[int, bytes], str]:
    def key(number: int, raw: bytes) -> str:
        return str(journal.json_object(place, number, raw, "remove the file").get("id"))

    return key


def _fields(task: TaskLabels, number: int, row: list[float], *, cut: bool) -> dict[str, object]:
    text = task.task.texts[number]
    is_known = all(map(math.isfinite, row))
    status = "failed" if not is_known else "truncated" if cut else "ok"
    return {
        "id": text.id,
        "unit": text.unit if task.task.file.unit else _named(text.unit),
        "groups": list(text.groups),
        "label": text.label,
        "fold": text.fold,
        "logp": dict(zip(task.classes, row, strict=True)) if is_known else None,
        "status": status,
    }


def _named(text: str) -> str:
    """A name of a text that does not show it."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _line(fields: dict[str, object]) -> bytes:
    return (json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n").encode()
