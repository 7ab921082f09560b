"""The matrix of statements and models from `statements.csv`, drawn by the figure `statements`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probes.errors import UsageError
from probes.types import Tables

GAP = 0.5
"""Gap between two topics, in rows; between two axes it is wider."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of the matrix; `y` is its top, in rows from the top of the panel."""

    id: str
    axis: str
    topic: str
    pull: int
    y: float


@dataclass(frozen=True, slots=True)
class StatementGrid:
    """Leanings: ``values[i, j]`` of statement i and model j, NaN where missing.

    Agreement, with the sign changed if agreeing points to the negative pole; unchanged if a
    statement is on no axis.
    """

    lines: Sequence[StatementRow]
    models: Sequence[str]
    values: NDArray[np.float64]


def statement_grid(tables: Tables) -> StatementGrid:
    """The matrix, with statements by axis, then topic, each in order of appearance.

    Raises:
        UsageError: there is no such table, or it is empty.
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
    signs = np.array([-1.0 if line.pull < 0 else 1.0 for line in lines])
    return StatementGrid(lines, models, signs[:, None] * np.array(values, dtype=np.float64) + 0.0)


def split(grid: StatementGrid, blocks: int) -> list[StatementGrid]:
    """The grid in `blocks` blocks with about equal numbers of rows, split between topics."""
    lines, parts, start = grid.lines, list[StatementGrid](), 0
    for i in range(1, blocks + 1):
        end = len(lines) * i // blocks
        while end < len(lines) and (lines[end].axis, lines[end].topic) == (
            lines[end - 1].axis,
            lines[end - 1].topic,
        ):
            end += 1
        if end > start:
            top = lines[start].y
            rows = [replace(line, y=line.y - top) for line in lines[start:end]]
            parts.append(StatementGrid(rows, grid.models, grid.values[start:end]))
            start = end
    return parts


def _text(cell: object) -> str:
    """A text cell; empty for NaN, as pandas reads an empty cell of a CSV."""
    return cell if isinstance(cell, str) else ""
