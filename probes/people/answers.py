"""Reads files of people's answers into `PeopleAnswers`: persons x statements, in [-1, 1].

Wide format: one row per person, one column per statement, named by its id or exact text (for a
mirror ``ID:mirror`` or its text). Long format: one row per answer, with the columns `statement` and
`answer`. Rows are read one by one (`rows`): a million people fit into memory, as 32-bit floats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.errors import SetError
from probes.people import sheets
from probes.people.options import scale
from probes.people.rows import PeopleColumns, PeopleRows
from probes.types import StatementSet

Values = NDArray[np.float32]
"""Answers in [-1, 1]; NaN where missing."""
Names = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class PeopleAnswers:
    """People's answers to a set, with their groups and weights."""

    person: Names
    """``(persons,)``."""
    group: Names
    """``(persons,)``; empty text for a person without a group."""
    weight: NDArray[np.float64]
    """``(persons,)``, above 0; 1 if the file has no weights."""
    matrix: Values
    """``(persons, statements)``: answers to the statements."""
    statements: tuple[str, ...]
    """Ids of the columns of `matrix`: all statements of the set, in its order."""
    options: Mapping[str, float] = field(hash=False)
    """Label of an answer, in lower case -> its value; NaN: no answer."""
    mirrors: Values | None = None
    """Answers to the mirrors, same shape as `matrix`; None if no mirror was asked."""
    language: Names | None = None
    """``(persons,)``: language in which each person was asked; None if the file has none."""
    weighted: bool = False
    """Whether the file has weights."""
    source: tuple[str, ...] = ()
    """Names of the files."""
    sha256: tuple[str, ...] = ()
    """sha256 of each file."""
    passed_over: tuple[str, ...] = ()
    """Ignored columns: neither statements nor named by the user."""
    weightless: int = 0
    """Number of people with weight 0 in the files; they are left out."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups, the largest number of people first."""
        counts = pd.Series(self.group).value_counts()
        return tuple(str(name) for name in counts.index if name)

    def cut(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> "PeopleAnswers":
        """The answers of some of the people."""
        return replace(
            self,
            person=self.person[rows],
            group=self.group[rows],
            weight=self.weight[rows],
            matrix=self.matrix[rows],
            mirrors=None if self.mirrors is None else self.mirrors[rows],
            language=None if self.language is None else self.language[rows],
        )


def read_answers(
    paths: Sequence[Path],
    statements: StatementSet,
    columns: PeopleColumns | None = None,
    options: str = "",
    how: sheets.SheetOptions | None = None,
) -> PeopleAnswers:
    """The answers in one or several files (such as one file per person).

    Args:
        paths: The files.
        statements: The set that was answered.
        columns: Names of the columns.
        options: Values of answers, as `options.scale` parses it.
        how: Format of the files.

    People of weight 0 are left out and count in no number.

    Raises:
        SetError: a file is no table, lacks a column, or has an invalid cell.
        UsageError: the options do not fit.
    """
    columns, values = columns or PeopleColumns(), scale(statements, options)
    rows = PeopleRows(statements, columns, values, several=len(paths) > 1)
    for path in paths:
        rows.add(path, *sheets.read(path, how or sheets.SheetOptions()))
    count = len(rows.ids)
    cells: Values = np.frombuffer(rows.cells, dtype=np.float32).reshape(-1, 2 * count)
    if np.isnan(cells).all():
        raise SetError(f"{', '.join(map(str, paths))}: nobody answered any statement of the set")
    weight = np.frombuffer(rows.weights, dtype=np.float64)
    if not weight.any():
        raise SetError(f"{', '.join(map(str, paths))}: every weight is 0")
    mirrors = cells[:, count:]
    whole = PeopleAnswers(
        person=_names(rows.people),
        group=_names(rows.groups),
        weight=weight,
        matrix=cells[:, :count],
        statements=rows.ids,
        options=values.values,
        mirrors=None if np.isnan(mirrors).all() else mirrors,
        language=_names(rows.languages) if columns.language else None,
        weighted=bool(columns.weight),
        source=tuple(path.name for path in paths),
        sha256=tuple(sheets.digest(path) for path in paths),
        passed_over=tuple(rows.passed_over),
        weightless=int((weight == 0).sum()),
    )
    if not whole.weightless:
        return whole
    counted = whole.cut(weight > 0)
    if np.isnan(counted.matrix).all() and (
        counted.mirrors is None or np.isnan(counted.mirrors).all()
    ):
        raise SetError(
            f"{', '.join(map(str, paths))}: nobody with a weight above 0 answered any statement of "
            "the set"
        )
    return counted


def _names(texts: Sequence[str] | Mapping[str, object]) -> Names:
    names: Names = np.array([*texts], dtype=np.object_)
    return names
