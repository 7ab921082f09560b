"""Rows of a task's text file, with cells by column name (JSON: by a path of keys)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from probes.downstream.task.faults import CUT, TaskRowError
from probes.downstream.task.schema import TaskFile
from probes.errors import SetError, nearest
from probes.files.foreign_tables import (
    DELIMITERS,
    ForeignRecord,
    TableOptions,
    csv_records,
    delimiter_sign,
    records,
)
from probes.files.nested import at_path
from probes.files.text import decode, parse_json
from probes.files.yaml import refuse

FIRST = 100_000
"""Maximum characters of the first line that are searched for delimiters."""


def read(place: Path | str, raw: bytes, file: TaskFile) -> Iterator["TaskRow"]:
    """The rows of a text file, lazily.

    Raises:
        SetError: (also during iteration) the file is not in the task's declared format.
    """
    return (TaskRow(place, record) for record in _records(place, raw, file))


def _records(place: Path | str, raw: bytes, file: TaskFile) -> Iterator[ForeignRecord]:
    content = decode(raw, place, file.format.upper(), SetError)
    if file.format in ("json", "jsonl"):
        yield from _objects(place, content, file.format)
        return
    sign = "tab" if file.format == "tsv" else file.delimiter or "comma"
    options, path = TableOptions(SetError, delimiter=sign), Path(str(place))
    lines: Iterator[str] = io.StringIO(content, newline="")
    if file.format == "tsv":  # quote characters have no special meaning in TSV
        numbered = enumerate(re.split(r"\r?\n", content), start=1)
        cells = ((f"line {n}", line.split("\t")) for n, line in numbered if line)
        head = [("line 0", file.columns)] if file.columns else []
        read = records(path, (*head, *cells), replace(options, quoted=False))
    else:
        _require_delimiter(place, content, delimiter_sign(sign), file)
        if file.columns:
            quoted = ('"' + name.replace('"', '""') + '"' for name in file.columns)
            lines = chain((delimiter_sign(sign).join(quoted) + "\n",), lines)
        read = csv_records(path, lines, options)
    if faults := list(_column_faults(read[0], file)):
        raise refuse(place, faults)
    yield from read[1]


def _column_faults(columns: Sequence[str], file: TaskFile) -> Iterator[str]:
    """A sentence for each used column that is missing or repeated."""
    for name in dict.fromkeys(name for names in file.used.values() for name in names):
        if columns.count(name) > 1:
            yield f"the column {name!r} stands {columns.count(name)} times"
        if not {name, name.partition(".")[0]} & set(columns):
            yield f"has no column {name!r}: {_nearest(name, columns)}"


def _require_delimiter(place: Path | str, content: str, sign: str, file: TaskFile) -> None:
    """Refuse a CSV file whose first line matches more columns with another delimiter.

    Raises:
        SetError: naming that sign.
    """
    first = content.partition("\n")[0][:FIRST]
    if re.fullmatch(r"sep=.\s*", first):
        return
    used = {name for names in file.used.values() for name in names}

    def worth(mark: str) -> tuple[int, int]:
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=mark), [])]
        if file.columns:
            return int(len(cells) == len(file.columns)), 0
        return len(used.intersection(cells)), int(len(cells) > 1)

    best = max((sign, *DELIMITERS.values(), "|"), key=worth)
    if best != sign:
        said = "tab" if best == "\t" else repr(best)
        raise SetError(
            f"{place}: line 1: its cells seem to be separated by {said}, not {sign!r}: say "
            f"delimiter: {said} in the task file"
        )


def _nearest(column: str, columns: Iterable[object]) -> str:
    """Suggestion from the column names, shortened: without a header they are cells of text."""
    return nearest(column, (str(name)[:CUT] for name in columns))


def _objects(place: Path | str, content: str, kind: str) -> Iterator[ForeignRecord]:
    """Rows of JSON lines, of a list of objects, or of an object of objects (keys in ``key``)."""
    if kind == "jsonl":
        for number, line in enumerate(content.split("\n"), start=1):
            if line.strip():
                value = parse_json(line, f"{place}: line {number}", SetError)
                yield _object(place, f"line {number}", value)
        return
    whole = parse_json(content, str(place), SetError)
    if isinstance(whole, dict):
        whole = [{"key": k} | v if isinstance(v, dict) else v for k, v in whole.items()]
    for number, value in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        yield _object(place, f"entry {number}", value)


def _object(place: Path | str, where: str, value: object) -> ForeignRecord:
    if not isinstance(value, dict):
        raise SetError(f"{place}: {where}: should be a JSON object")
    return ForeignRecord(where, value)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A record with access to its cells by column name or path of keys."""

    place: Path | str
    record: ForeignRecord

    def values(self, column: str) -> list[str]:
        """The cell as a list of texts: one, or the entries of a list; ``*`` in a path means every
        entry."""
        try:
            return [_plain(value) for value in _every(self.record.values, column)]
        except TypeError:
            raise self.fault(f"column {column!r}: should be text, not an object") from None
        except KeyError:
            near = _nearest(column, self.record.values)
            raise self.fault(f"has no column {column!r}: {near}") from None

    def text(self, column: str) -> str:
        """The cell as one text; entries of a list are joined by spaces."""
        return " ".join(self.values(column))

    def has(self, column: str) -> bool:
        """Whether the row has a value in a column."""
        try:
            return any(True for _ in _every(self.record.values, column))
        except KeyError:
            return False

    def fault(self, sentence: str) -> SetError:
        """An error that names this row."""
        return TaskRowError(self.place, self.record.where, sentence)


class Forbidden:
    """Checks that the files have every forbidden column: a misspelt name would forbid nothing.

    Args:
        columns: columns that the task file forbids.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self._absent, self._names = list(columns), set[str]()

    def sought(self, read: Iterable[TaskRow]) -> Iterator[TaskRow]:
        """The same rows; notes the columns that occur in them."""
        for row in read:
            self._absent = [column for column in self._absent if not row.has(column)]
            if self._absent:
                self._names.update(map(str, row.record.values))
            yield row

    def faults(self, places: Iterable[Path | str]) -> Iterator[str]:
        """A sentence for each forbidden column that is in no row; `places` are the files read."""
        for column in self._absent:
            where = ", ".join(map(str, places))
            yield f"forbid: no column {column!r} in {where}: {nearest(column, self._names)}"


def _every(value: object, path: str) -> Iterator[object]:
    before, star, after = path.partition(".*")
    cell = value if not before else at_path(value, before)
    entries = cell if isinstance(cell, list) else [cell]
    for entry in entries:
        if star and after:
            yield from _every(entry, after.lstrip("."))
        else:
            yield entry


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError
