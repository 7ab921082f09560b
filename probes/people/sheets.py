"""Reads files of people's answers as records: CSV or a workbook (.xlsx).

Only workbooks are loaded whole. Independent of statements.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.errors import SetError, UsageError
from probes.files import workbooks
from probes.files.foreign_tables import Records, TableOptions, csv_records, records
from probes.files.text import UTF8, marked_encoding, regular

_WIDE = re.compile("utf[-_]?(16|32)", re.IGNORECASE)
"""Encodings in which text contains null bytes."""
PIECE = 1 << 20
"""Number of bytes inspected or hashed at a time."""
LIMITS = workbooks.WorkbookLimits(SetError, "--sheet {}", 1_100_000, 2_000, 1_000_000_000)


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """Format of the files."""

    delimiter: str = ""
    """Delimiter of a CSV file; empty: comma, or semicolon or tab if line 1 has no comma."""
    encoding: str = ""
    """Encoding of a CSV file; empty: UTF-8, or UTF-16 or -32 by its byte order mark."""
    sheet: str | None = None
    """Sheet of a workbook with several."""


def read(path: Path, options: SheetOptions) -> Records:
    """Column names and records of a file.

    Raises:
        SetError: now or while reading: it cannot be read, or is no table.
        UsageError: the options do not fit.
    """
    if path.is_dir():
        raise SetError(f"{path}: this is a folder, not a file of answers")
    table = TableOptions(SetError, "--{}", options.delimiter, padded=True)
    if path.suffix.lower() in workbooks.SUFFIXES:
        rows = workbooks.rows(path, LIMITS, options.sheet)
        return records(path, rows, table)
    workbooks.refuse_foreign(path, SetError)
    return csv_records(path, _lines(path, options.encoding), table)


def digest(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as cause:
        raise SetError(f"{path}: cannot be read: {cause.strerror}") from None


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines of a CSV file, decoded while they are read."""
    try:
        with regular(path, SetError).open("rb") as file:
            begins = file.read(PIECE)
        codec = encoding or marked_encoding(begins) or UTF8
        if not begins.strip():
            raise SetError(f"{path}: the file is empty")
        if not _WIDE.match(codec) and b"\0" in begins:
            raise SetError(
                f"{path}: a binary file, not CSV; or UTF-16 without its mark: --encoding utf-16-le"
            )
        with path.open(encoding=codec, newline="") as text:
            yield from text
    except OSError as cause:
        raise SetError(f"{path}: cannot be read: {cause.strerror}") from None
    except UnicodeError:
        name = (encoding or UTF8).removesuffix("-sig").upper()
        raise SetError(
            f"{path}: not text in {name}; for another encoding: --encoding cp1252"
        ) from None
    except LookupError:
        raise UsageError(f"--encoding {encoding}: there is no such encoding") from None
