"""Rows of a task's text file, with cells by column name (JSON: by a path of keys)."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.downstream.task.schema import TaskFile
from probes.errors import SetError, nearest
from probes.files.foreign_tables import ForeignRecord, TableOptions, csv_records, records
from probes.files.nested import at_path
from probes.files.text import decode, parse_json


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
    options, path = TableOptions(SetError, delimiter="comma"), Path(str(place))
    lines: Iterator[str] = io.StringIO(content, newline="")
    if file.format == "tsv":  # quote characters have no special meaning in TSV
        numbered = enumerate(re.split(r"\r?\n", content), start=1)
        cells = ((f"line {n}", line.split("\t")) for n, line in numbered if line)
        head = [("line 0", file.columns)] if file.columns else []
        read = records(path, (*head, *cells), options)
    elif file.columns:
        named = io.StringIO(newline="")
        named.write(",".join('"' + name.replace('"', '""') + '"' for name in file.columns) + "\n")
        read = csv_records(path, (named.getvalue(), *lines), options)
    else:
        read = csv_records(path, lines, options)
    for name in (name for names in file.used.values() for name in names):
        if read[0].count(name) > 1:
            raise SetError(f"{place}: the column {name!r} stands {read[0].count(name)} times")
    yield from read[1]


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
            near = nearest(column, map(str, self.record.values))
            raise SetError(
                f"{self.place}: {self.record.where}: has no column {column!r}: {near}"
            ) from None

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
        return SetError(f"{self.place}: {self.record.where}: {sentence}")


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
