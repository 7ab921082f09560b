"""Reads tables of foreign formats, CSV or a workbook (.xlsx), as a `ForeignTable`.

CSV is read by `files.foreign_tables` and workbooks by `files.workbooks`: formulas are read as text
and never evaluated. Independent of statements.
"""

import io
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from probes.errors import SetError
from probes.files import workbooks
from probes.files.foreign_tables import Records, TableOptions, csv_records, records
from probes.files.text import decode, marked_encoding
from probes.importers._json import read_file, refuse_control
from probes.importers._records import ForeignTable

ROWS, COLUMNS = 100_000, 500
"""Maximum numbers of rows and columns of a table."""
UNPACKED = 50_000_000
"""Maximum unpacked size of a workbook in bytes, and maximum number of characters in its cells."""
LIMITS = workbooks.WorkbookLimits(SetError, "--option sheet={}", ROWS, COLUMNS, UNPACKED)
OPTIONS = {
    "delimiter": "what stands between the cells of a CSV file: ; or tab, if it is no comma",
    "encoding": "of a CSV file, such as cp1252, if it is not UTF-8",
    "sheet": "name of the sheet of a workbook that has several",
}


def table(path: Path, options: Mapping[str, str]) -> ForeignTable:
    """The records of a CSV (or .tsv) file, or of a workbook (.xlsx); see `OPTIONS`."""
    suffix = path.suffix.lower()
    if suffix in workbooks.SUFFIXES:
        read_file(path)
        rows = workbooks.rows(path, LIMITS, options.get("sheet"))
        return _all_records(path, records(path, rows, TableOptions(SetError, padded=True)))
    workbooks.refuse_foreign(path, SetError)
    usual = "tab" if suffix == ".tsv" else ","
    delimiter, encoding = options.get("delimiter", usual), options.get("encoding", "")
    return _csv(path, TableOptions(SetError, "--option '{}'", delimiter, padded=True), encoding)


def comma_separated(path: Path) -> ForeignTable:
    """The records of a CSV file in a format with a fixed delimiter and encoding."""
    return _csv(path, TableOptions(SetError, padded=True))


def _csv(path: Path, options: TableOptions, encoding: str = "") -> ForeignTable:
    raw = read_file(path)
    content = decode(raw, path, "CSV", SetError, encoding or marked_encoding(raw), options.typed)
    refuse_control(path, content, "CSV")
    return _all_records(path, csv_records(path, io.StringIO(content, newline=""), options))


def _all_records(path: Path, read: Records) -> ForeignTable:
    """All records; raises an error if they are too many."""
    columns, rows = read
    first = tuple(islice(rows, ROWS + 1))
    if len(first) > ROWS:
        raise SetError(f"{path}: longer than {ROWS:,} rows, which no instrument is")
    return ForeignTable(path, columns, first, "column")
