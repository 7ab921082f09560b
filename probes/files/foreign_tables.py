"""Reads untrusted CSV tables as records: a row's cells by column name, and its line.

A cell is text: formulas are never evaluated. A fault is one sentence with file and line, raised as
the error class that the caller names. Independent of column names. CSV written by probes itself is
read by `csv`.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from probes.errors import ProbesError, UsageError, nearest

DELIMITERS = {"": ",", "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t"}
"""Name of a delimiter -> the character."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Format of a table, and how its faults are reported."""

    error: type[ProbesError]
    """Class raised for a file at fault."""
    typed: str = ""
    """How to type an option in this context, with ``{}`` for ``NAME=VALUE``; empty: no options."""
    delimiter: str = ""
    """A character, or one of `DELIMITERS`; empty: a comma, or a semicolon or tab if the first line
    has no comma."""
    padded: bool = False
    """Whether empty cells after the last column are ignored."""
    quoted: bool = True
    """Whether a quoted cell may contain the delimiter."""


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One row or object of an untrusted file."""

    where: str
    """Location for messages: ``line 3``, ``entry 3``."""
    values: Mapping[str, object]


Records = tuple[tuple[str, ...], Iterator[ForeignRecord]]
"""Column names, and an iterator over the rows below."""


def csv_records(path: Path, lines: Iterable[str], options: TableOptions) -> Records:
    """The records in the lines of a CSV file, whose first row names the columns.

    Raises:
        options.error: now or while reading: it is no CSV, or a row has more or fewer cells than
            the first.
        UsageError: there is no such delimiter.
    """
    lines = iter(lines)
    first = next(lines, "")
    if match := re.fullmatch(r"\ufeff?sep=(.)\s*", first):  # Excel marks its delimiter so
        options = replace(options, delimiter=match.group(1))
        return records(path, _csv_rows(path, lines, options, 1), options)
    if not options.delimiter and "," not in first:
        usual = next((mark for mark in (";", "\t") if mark in first), "")
        options = replace(options, delimiter=usual)
    return records(path, _csv_rows(path, chain((first,), lines), options), options)


def records(
    path: Path, rows: Iterable[tuple[str, Sequence[object]]], options: TableOptions
) -> Records:
    """The records of located rows; the first row that is not blank names the columns.

    A row with one cell of several words, above a row with more cells, is a title and ignored.

    Raises:
        options.error: now or while reading: there are no rows below it, or one has another width.
    """
    filled: Iterator[tuple[str, Sequence[object]]] = (
        (where, cells) for where, cells in rows if not _is_blank(cells)
    )
    where, head = next(filled, ("", ()))
    for after in filled:
        if _count(head) == 1 < _count(after[1]) and " " in "".join(map(str, head)).strip():
            where, head = after
            continue
        filled = chain((after,), filled)
        break
    columns = tuple(str(cell).strip() for cell in head)
    if options.typed and len(columns) == 1 and re.search(r"[;\t|]", columns[0]):
        raise options.error(
            f"{path}: {where}: the names of the columns are one cell, {columns[0]!r:.60}; say what "
            f"stands between cells, such as {options.typed.format('delimiter=;')}"
        )
    return columns, _records(path, columns, filled, options)


def require_column(
    source: Path,
    columns: Sequence[str],
    name: str,
    error: type[ProbesError],
    hint: str = "",
    word: str = "column",
) -> None:
    """Raise `error` unless there is exactly one column of that name.

    Args:
        source: The file.
        columns: All columns of the file.
        name: The required column.
        error: Class of the error.
        hint: Addition to the message if there is none, such as how to name another one.
        word: Word for a column: ``key`` if the file is JSON.
    """
    count = list(columns).count(name)
    if count > 1:
        raise error(f"{source}: the {word} {name!r} stands {count} times")
    if not count:
        near = nearest(name, columns)
        raise error(f"{source}: has no {word} {name!r}: {near}{f'; {hint}' if hint else ''}")


def _csv_rows(
    path: Path, lines: Iterable[str], options: TableOptions, before: int = 0
) -> Iterator[tuple[str, list[str]]]:
    """The rows of a CSV text, each with the line on which it ends; a fault gives its first line.

    Args:
        path: The file.
        lines: Its lines, without the first `before` lines.
        options: Format of the file.
        before: Number of lines already read.
    """
    reader = csv.reader(lines, delimiter=_delimiter(options), strict=True)
    ended = before
    try:
        for row in reader:
            ended = before + reader.line_num
            yield f"line {ended}", row
    except csv.Error as error:
        fault = "a quote that is never closed" if "end of data" in str(error) else error
        raise options.error(f"{path}: line {ended + 1}: not CSV: {fault}") from None


def _delimiter(options: TableOptions) -> str:
    delimiter = delimiter_sign(options.delimiter)
    if not delimiter:
        typed = options.typed.format(f"delimiter={options.delimiter}")
        raise UsageError(f"{typed}: must be one character, or 'tab'")
    return delimiter


def delimiter_sign(text: str) -> str:
    """The delimiter character that an option names; empty if it is invalid."""
    sign = DELIMITERS.get(text, text)
    return "" if len(sign) != 1 or sign in '"\r\n ' or not sign.isascii() else sign


def _spoilt(options: TableOptions) -> str:
    """A hint why a row may have more cells than the first."""
    sign = delimiter_sign(options.delimiter)
    signs = {",": "commas", ";": "semicolons", "\t": "tabs"}.get(sign, f"{sign!r}")
    return f"a cell with {signs} needs quotes" if options.quoted else f"a cell holds {signs}"


def _records(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[tuple[str, Sequence[object]]],
    options: TableOptions,
) -> Iterator[ForeignRecord]:
    """The rows below the column names.

    Raises:
        options.error: there are none, or one has another width.
    """
    width, count = len(columns), 0
    for count, (where, row) in enumerate(rows, start=1):  # noqa: B007 - asked for after the loop
        cells = row[:width] if options.padded and _is_blank(row[width:]) else row
        if len(cells) != width:
            fault = _spoilt(options) if len(cells) > width else "is the file cut off?"
            counts = f"has {len(cells)} cells, the first row {width}"
            raise options.error(f"{path}: {where}: {counts}; {fault}")
        yield ForeignRecord(where, dict(zip(columns, cells, strict=True)))
    if not count:
        raise options.error(f"{path}: holds no rows below the names of its columns")


def _count(cells: Sequence[object]) -> int:
    """Number of cells that are not blank."""
    return sum(bool(str(cell).strip()) for cell in cells)


def _is_blank(cells: Sequence[object]) -> bool:
    return _count(cells) == 0
