"""Reads records of answers person by person; every fault is one sentence with file and line.

A person's answers have twice the length of the set: first its statements, then their mirrors.
"""

import math
import re
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.backends.recordings.recording import comparable, places_by_name
from probes.errors import SetError, nearest
from probes.files.escape import NO_NAME
from probes.files.foreign_tables import ForeignRecord, require_column
from probes.instruments.codes import codes
from probes.people.options import AnswerScale, plain
from probes.types import StatementSet

STATEMENT, ANSWER = "statement", "answer"
"""Columns of a file in long format."""
PERSON = "person"
"""Default column with the person's name."""
HEAVIEST = 1e9
"""Maximum weight, and maximum ratio to the lightest: squares of larger ones lose precision."""
_WEIGHT = re.compile(r"\d*\.?\d+(?:[eE][-+]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    """Names of a file's columns; empty: no such column."""

    person: str = ""
    """Empty: `PERSON` if the file has it, else people are numbered by row."""
    group: str = ""
    weight: str = ""
    language: str = ""
    """Column with the language in which each person was asked."""

    @property
    def named(self) -> tuple[str, ...]:
        """Columns named by the user."""
        return tuple(filter(None, (self.person, self.group, self.weight, self.language)))


class PeopleRows:
    """People and their answers, collected while reading."""

    def __init__(
        self, of: StatementSet, columns: PeopleColumns, values: AnswerScale, *, several: bool
    ) -> None:
        self.ids = tuple(s.id for s in of.statements)
        self.people: dict[str, str] = {}
        """Person -> where the person was first read, in order of appearance."""
        self.groups: list[str] = []
        self.languages: list[str] = []
        self.weights = array("d")
        self.cells = array("f")
        self.passed_over: dict[str, None] = {}
        self._set = of.name
        self._places = places_by_name(of, numbered=False)
        self._codes = codes(of)
        self._columns, self._values, self._several = columns, values, several
        self._number = {name: n for n, name in enumerate(self.ids)}
        self._rows: dict[str, int] = {}
        self._blank = array("f", [math.nan] * (2 * len(self.ids)))

    def add(self, path: Path, names: Sequence[str], records: Iterator[ForeignRecord]) -> None:
        """Add the people in one file with these column names.

        Raises:
            SetError: see `answers.read_answers`.
        """
        for name in self._columns.named:
            require_column(path, names, name, SetError)
        places = {name: place for name in names if (place := self._place(name)) is not None}
        used = next((name for name in self._columns.named if name in places), None)
        if used is not None:
            raise SetError(
                f"{path}: the column {used[:60]!r} is a statement of the set, and cannot say who a "
                "person is, too: what people answer would be held against itself"
            )
        twice = next((name for name in places if list(names).count(name) > 1), None)
        person = self._columns.person or (PERSON if PERSON in names else "")
        if twice is not None or len({*places.values()}) < len(places):
            name = twice or next(n for n, p in places.items() if [*places.values()].count(p) > 1)
            raise SetError(f"{path}: more than one column is the statement {name[:60]!r}")
        if places:
            ours = {*places, *self._columns.named, person}
            self.passed_over |= dict.fromkeys(n for n in names if n and n not in ours)
            self._wide(path, person, places, records)
        elif {STATEMENT, ANSWER} <= set(names):
            self._long(path, person, records)
        else:
            raise SetError(
                f"{path}: no column is a statement of the set {self._set}, by id or text, and it "
                f"has not the columns {STATEMENT!r} and {ANSWER!r}; its columns: "
                f"{', '.join(names)[:200]}"
            )

    def _place(self, name: str) -> int | None:
        """Index among a person's cells for the name of a statement, a mirror, or a variant."""
        place = self._places.get(comparable(name, numbered=False)) or self._codes.get(name)
        if place is None:
            return None
        statement, is_mirror = place[0], place[-1]
        return self._number[statement] + is_mirror * len(self.ids)

    def _wide(
        self, path: Path, person: str, places: Mapping[str, int], records: Iterator[ForeignRecord]
    ) -> None:
        for record in records:
            cells, start = record.values, len(self.cells)
            name = self._person(path, record, person)
            if name in self.people:
                raise SetError(
                    f"{path}: {record.where}: the person {name[:60]!r} stands in "
                    f"{self.people[name]} already; a person has one row"
                )
            self._begin(path, record, name)
            for column, place in places.items():
                cell = cells[column]
                if cell != "":
                    value = self._values.of(cell, path, record.where, column)
                    self.cells[start + place] = value

    def _long(self, path: Path, person: str, records: Iterator[ForeignRecord]) -> None:
        if not person:
            raise SetError(
                f"{path}: a row an answer needs a column that names the person: --person"
            )
        for record in records:
            about = str(record.values[STATEMENT])
            place = self._place(about)
            if place is None:
                raise SetError(
                    f"{path}: {record.where}: {about[:60]!r} is no statement of the set "
                    f"{self._set}, by id or text: {nearest(about, self.ids)[:300]}"
                )
            name = self._person(path, record, person)
            if name in self.people:
                self._agree(path, record, name)
            else:
                self._begin(path, record, name)
            value = self._values.of(record.values[ANSWER], path, record.where, ANSWER)
            index = self._rows[name] * len(self._blank) + place
            if not math.isnan(self.cells[index]):
                raise SetError(
                    f"{path}: {record.where}: a second answer of {name[:60]!r} to {about[:60]!r}"
                )
            self.cells[index] = value

    def _person(self, path: Path, record: ForeignRecord, column: str) -> str:
        if not column:
            return f"{path.name} {record.where}" if self._several else record.where
        name = str(record.values[column]).strip()
        if not name or NO_NAME.search(name):
            raise SetError(f"{path}: {record.where}: column {column!r} names no person")
        return name

    def _begin(self, path: Path, record: ForeignRecord, name: str) -> None:
        """Add a person without answers."""
        self._rows[name] = len(self.people)
        self.people[name] = f"{path.name} {record.where}"
        self.groups.append(self._fact(path, record, self._columns.group))
        self.languages.append(self._fact(path, record, self._columns.language))
        self.weights.append(self._weight(path, record))
        self.cells.extend(self._blank)

    def _agree(self, path: Path, record: ForeignRecord, name: str) -> None:
        """Raise an error if the same person has another group, language or weight."""
        row = self._rows[name]
        facts = (self.groups[row], self.languages[row], self.weights[row])
        recorded = (
            self._fact(path, record, self._columns.group),
            self._fact(path, record, self._columns.language),
            self._weight(path, record),
        )
        if facts != recorded:
            raise SetError(
                f"{path}: {record.where}: the person {name[:60]!r} has another group, language or "
                f"weight here than in {self.people[name]}"
            )

    @staticmethod
    def _fact(path: Path, record: ForeignRecord, column: str) -> str:
        """A cell with the name of a group; may be empty."""
        name = plain_name(record.values[column]) if column else ""
        if NO_NAME.search(name):
            raise SetError(f"{path}: {record.where}: column {column!r} holds a control character")
        return sys.intern(name)

    def _weight(self, path: Path, record: ForeignRecord) -> float:
        if not (column := self._columns.weight):
            return 1.0
        text = plain(record.values[column])
        value = float(text) if _WEIGHT.fullmatch(text) else math.inf
        if value > HEAVIEST or 0 < value < 1 / HEAVIEST:
            raise SetError(
                f"{path}: {record.where}: column {column!r}: {text[:40]!r} is no weight; it should "
                f"be a number, 0 or from {1 / HEAVIEST:g} to {HEAVIEST:g}"
            )
        return value


def plain_name(cell: object) -> str:
    """Name of a group as shown: whole numbers without a point; empty for NA."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).strip()
    return "" if text == "NA" else text
