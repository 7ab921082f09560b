"""The matrix of statements and models, read from `statements.csv`; `statements` draws it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probes.errors import UsageError
from probes.types import Tables

GAP = 0.5
"""Gap between two topics, in rows; between two axes it is wider."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of the matrix; `y` is its top, counted from above in rows."""

    id: str
    axis: str
    topic: str
    pull: int
    y: float


@dataclass(frozen=True, slots=True)
class StatementGrid:
    """Agreement: ``values[i, j]`` of statement i and model j, NaN where missing."""

    lines: Sequence[StatementRow]
    models: Sequence[str]
    values: NDArray[np.float64]


def statement_grid(tables: Tables) -> StatementGrid:
    """The matrix; statements by axis, then topic, each in order of appearance.

    Raises:
        UsageError: it is not there, or empty.
    """
    table = tables.statements
    if table is None:
        raise UsageError("statements.csv is not there; `probes place DIR` makes it")
    about: dict[str, tuple[str, str, int]] = {}
    cells: dict[tuple[str, str], float] = {}
    names = ("model", "statement", "axis", "topic", "pull", "agreement")
    for model, statement, axis, topic, pull, agreement in zip(
        *(table[name] for name in names), strict=True
    ):
        about.setdefault(str(statement), (_text(axis), _text(topic), int(pull)))
        cells[str(model), str(statement)] = float(agreement)
    if not cells:
        raise UsageError("statements.csv holds no answer, so there is nothing to draw")
    order = [axis.name for axis in tables.axes]
    topics = list(dict.fromkeys(topic for _, topic, _ in about.values()))

    def place(statement: str) -> tuple[int, int]:
        axis, topic, _ = about[statement]
        return order.index(axis) if axis in order else len(order), topics.index(topic)

    lines: list[StatementRow] = []
    y = 0.0
    for statement in sorted(about, key=place):
        axis, topic, pull = about[statement]
        new = bool(lines) and (lines[-1].axis, lines[-1].topic) != (axis, topic)
        turn = bool(lines) and lines[-1].axis != axis
        y += GAP * new + 1.6 * turn
        lines.append(StatementRow(statement, axis, topic, pull, y))
        y += 1
    models = list(dict.fromkeys(model for model, _ in cells))
    values = [[cells.get((model, line.id), math.nan) for model in models] for line in lines]
    return StatementGrid(lines, models, np.array(values, dtype=np.float64))


def _text(cell: object) -> str:
    """A CSV reads an empty cell as NaN."""
    return cell if isinstance(cell, str) else ""
