"""Reading one file of predictions, strictly: a header, then one line for each text."""

import math
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probes.downstream.task.schema import Name, Sha256, Word
from probes.errors import RunError
from probes.files import journal
from probes.files.yaml_faults import explain

Schema = TypeVar("Schema", bound=BaseModel)
MEND = "remove the line, or write the file again"
SUM = 1e-3
"""Tolerance for the sum of a text's probabilities, which should be 1."""


class PredictionHead(BaseModel):
    """The first line of a file: task, model, seed and classes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal[1]
    task: Name
    task_sha256: Sha256
    model: Word
    seed: Annotated[int, Field(ge=0)]
    classes: Annotated[list[Word], Field(min_length=2)]
    positive: Word


class PredictionLine(BaseModel):
    """One text with its label, groups and predicted log-probabilities."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Word
    unit: Annotated[str, Field(min_length=1)]
    groups: list[Word]
    label: Word
    fold: str
    logp: dict[str, float] | None
    status: Literal["ok", "truncated", "failed"]


def read_file(path: Path) -> tuple[PredictionHead, dict[str, PredictionLine]]:
    """The header, and the lines by text id.

    Raises:
        RunError: the file is damaged, or its last line is incomplete.
    """
    rows = journal.lines(path)
    raw = next(rows, None)
    if raw is None:
        raise RunError(f"{path}: has no header; it was cut off before its first line ended")
    head = _parsed(PredictionHead, path, 1, raw)
    if len(set(head.classes)) < len(head.classes) or head.positive not in head.classes:
        raise RunError(f"{path}: line 1: 'positive' should be one of 'classes', each named once")
    lines: dict[str, PredictionLine] = {}
    size = len(raw)
    for number, line in enumerate(rows, start=2):
        size += len(line)
        text = _parsed(PredictionLine, path, number, line)
        _check_line(path, number, text, head)
        if text.id in lines:
            raise RunError(f"{path}: line {number}: the id {text.id!r} stands a second time")
        lines[text.id] = text
    if size < path.stat().st_size:
        raise RunError(
            f"{path}: ends in half a line after {len(lines)} texts, as a kill leaves it; predict "
            "the rest, or remove the file"
        )
    if not lines:
        raise RunError(f"{path}: holds a header and no text")
    return head, lines


def _parsed(schema: type[Schema], path: Path, number: int, raw: bytes) -> Schema:
    fields = journal.json_object(path, number, raw, MEND)
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        fault = explain(error, schema, fields)[0]
        raise RunError(f"{path}: line {number}: {fault}; {MEND}") from None


def _check_line(path: Path, number: int, text: PredictionLine, head: PredictionHead) -> None:
    where = f"{path}: line {number}"
    if text.label not in head.classes:
        raise RunError(f"{where}: the label {text.label!r} is not one of the header's classes")
    if len(set(text.groups)) < len(text.groups):
        raise RunError(f"{where}: groups: a group stands twice")
    if (text.logp is None) != (text.status == "failed"):
        raise RunError(f"{where}: 'logp' is null where status is 'failed', and only there")
    if text.logp is None:
        return
    if set(text.logp) != set(head.classes):
        raise RunError(f"{where}: logp: should have the header's classes, each once")
    values = list(text.logp.values())
    if not all(map(math.isfinite, values)) or max(values) > SUM:
        raise RunError(f"{where}: logp: should be finite numbers, at most 0")
    if abs(math.fsum(map(math.exp, values)) - 1) > SUM:
        raise RunError(f"{where}: logp: the probabilities do not add up to 1; write logarithms")
