"""A set's key applied to people's answers.

Effects keys and table keys get one form: answers in [-1, 1], signed along the axis, with weights,
and position = offset + scale x weighted mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probes.people.answers import PeopleAnswers, Values
from probes.people.options import TABLE
from probes.placement.interval import Floats
from probes.types import Axis, Statement, StatementSet


@dataclass(frozen=True, slots=True)
class AxisKey:
    """Key of one axis: position = offset + scale x weighted mean of keyed answers."""

    axis: Axis
    statements: tuple[Statement, ...]
    """Statements that load on the axis."""
    columns: NDArray[np.int64]
    """Column of each statement in the matrix of answers."""
    direction: Floats
    """+1 or -1: the pole that agreement points to."""
    weight: Floats
    """Weight of each statement, above 0."""
    scale: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class KeyedAnswers:
    """People's answers on one axis, signed so that its positive pole is above 0."""

    key: AxisKey
    statement: Values
    """``(persons, statements)`` in [-1, 1]: keyed answers to the statements; NaN where missing."""
    mirror: Values | None
    """Keyed answers to the mirrors, with the sign of the mirror included."""

    def cut(self, rows: slice) -> "KeyedAnswers":
        """The answers of some of the people."""
        mirror = None if self.mirror is None else self.mirror[rows]
        return replace(self, statement=self.statement[rows], mirror=mirror)

    @property
    def z(self) -> Values:
        """``(persons, statements)``: mean of the answers to statement and mirror, if given."""
        if self.mirror is None:
            return self.statement
        has_both = np.isfinite(self.statement) & np.isfinite(self.mirror)
        either = np.where(np.isfinite(self.statement), self.statement, self.mirror)
        mean: Values = np.where(has_both, (self.statement + self.mirror) / 2, either)
        return mean


def axis_keys(of: StatementSet) -> list[AxisKey]:
    """The key of each axis that a statement loads on."""
    keys = (_table_key if of.scoring.kind == "table" else _effects_key)(of)
    return [key for key in keys if len(key.statements)]


def _effects_key(statement_set: StatementSet) -> Iterator[AxisKey]:
    for axis in statement_set.axes:
        loads = [(n, s) for n, s in enumerate(statement_set.statements) if s.effects.get(axis.name)]
        pull = np.array([s.effects[axis.name] for _, s in loads], dtype=np.float64)
        columns = np.array([n for n, _ in loads], dtype=np.int64)
        yield AxisKey(
            axis,
            tuple(s for _, s in loads),
            columns,
            np.sign(pull),
            np.abs(pull),
            statement_set.scale,
        )


def _table_key(statement_set: StatementSet) -> Iterator[AxisKey]:
    """Points as leanings: (points - midpoint) / half the range, weighted by half the range."""
    for axis in statement_set.axes:
        loads = [
            (n, s)
            for n, s in enumerate(statement_set.statements)
            if np.ptp(s.table.get(axis.name, (0.0,)))
        ]
        points = np.array([s.table[axis.name] for _, s in loads], dtype=np.float64).reshape(-1, 4)
        half = np.ptp(points, axis=1) / 2
        middle = (points.max(axis=1) + points.min(axis=1)).sum() / 2
        divisor = statement_set.scoring.divisor.get(axis.name, 1.0)
        offset = float(middle + statement_set.scoring.constant.get(axis.name, 0.0)) / divisor
        yield AxisKey(
            axis,
            tuple(s for _, s in loads),
            np.array([n for n, _ in loads], dtype=np.int64),
            np.sign(points[:, 3] - points[:, 0]),
            half,
            float(half.sum()) / divisor,
            offset,
        )


def keyed(key: AxisKey, answers: PeopleAnswers) -> KeyedAnswers:
    """People's answers on one axis."""
    return KeyedAnswers(
        key,
        _leanings(key, answers.matrix),
        None if answers.mirrors is None else _leanings(key, -answers.mirrors),
    )


def _leanings(key: AxisKey, matrix: Values) -> Values:
    """Answers signed by the key; under a table key its points, interpolated linearly."""
    answers: Values = matrix[:, key.columns]
    if not any(s.table for s in key.statements):
        signed: Values = answers * key.direction.astype(np.float32)
        return signed
    points = np.array([s.table[key.axis.name] for s in key.statements], dtype=np.float64)
    middle = (points.max(axis=1) + points.min(axis=1)) / 2
    shares = (points - middle[:, None]) / (np.ptp(points, axis=1) / 2)[:, None]
    leanings = [np.interp(answers[:, n], list(TABLE.values()), row) for n, row in enumerate(shares)]
    table: Values = np.stack(leanings, axis=1).astype(np.float32)
    return table
