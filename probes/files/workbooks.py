"""Reads untrusted workbooks (.xlsx) as located rows, one by one, for `foreign_tables`.

Formulas are read as text and never evaluated. Independent of the cells' meaning.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from probes.errors import ProbesError, UsageError, nearest
from probes.files.text import read_bytes

SUFFIXES = frozenset({".xlsx", ".xlsm"})
FOREIGN = frozenset({".xls", ".ods", ".numbers"})
"""Suffixes of spreadsheets that are not supported."""


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    """Size limits for a workbook, and how its faults are reported."""

    error: type[ProbesError]
    """Class raised for a file at fault."""
    typed: str
    """How to type a sheet's name, with ``{}`` for the name."""
    rows: int
    columns: int
    unpacked: int
    """Maximum unpacked size in bytes, and maximum number of characters in all cells."""


def rows(
    path: Path, limits: WorkbookLimits, sheet: str | None = None
) -> Iterator[tuple[str, list[object]]]:
    """The rows of one sheet with their location; none shorter than the first non-empty one.

    Yields one row more than `limits` allows, so that the caller can tell.

    Raises:
        limits.error: it is no workbook, or too large.
        UsageError: openpyxl or the sheet is missing.
    """
    width = 0
    for number, values in enumerate(_sheet(path, limits, sheet), start=1):
        row = [_cell(value) for value in values]
        while row and not str(row[-1]).strip():
            row.pop()  # workbooks pad their rows
        width = width or len(row)
        yield f"row {number}", [*row, *[""] * (width - len(row))]


def refuse_foreign(path: Path, error: type[ProbesError]) -> None:
    """Raise an error for spreadsheets of other kinds."""
    if (suffix := path.suffix.lower()) in FOREIGN:
        raise error(f"{path}: save it as .xlsx or .csv first; {suffix} files are not read")


def _sheet(path: Path, limits: WorkbookLimits, sheet: str | None) -> Iterator[tuple[object, ...]]:
    """The rows of one sheet of a workbook."""
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            f"{path}: workbooks need openpyxl: pip install 'political-probes[xlsx]' (or save the "
            "sheet as CSV)"
        ) from None
    content = io.BytesIO(read_bytes(path, limits.error))
    try:
        _refuse_large(path, content, limits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on unsupported features, which do not matter here
            book = openpyxl.load_workbook(content, read_only=True, keep_links=False)
            names = [sheet.title for sheet in book.worksheets]
            chosen = book[_sheet_name(path, names, sheet, limits)]
            chosen.reset_dimensions()  # the declared size may be wrong
        yield from _bounded(
            path, chosen.iter_rows(max_col=limits.columns, values_only=True), limits
        )
    except ProbesError:
        raise
    except Exception:  # noqa: BLE001  anything at all comes out of a damaged workbook
        raise limits.error(f"{path}: not a workbook in XLSX format, or damaged") from None


def _bounded(
    path: Path, rows: Iterator[tuple[object, ...]], limits: WorkbookLimits
) -> Iterator[tuple[object, ...]]:
    """The rows, up to the limit of characters: one shared text may occur in a million cells."""
    shown = 0
    for row in islice(rows, limits.rows + 2):
        shown += sum(len(cell) for cell in row if isinstance(cell, str))
        if shown > limits.unpacked:
            raise limits.error(f"{path}: its cells hold more than {limits.unpacked:,} characters")
        yield row


def _refuse_large(path: Path, content: io.BytesIO, limits: WorkbookLimits) -> None:
    """Raise an error for a workbook that unpacks to more than the limit."""
    with zipfile.ZipFile(content) as archive:
        if sum(part.file_size for part in archive.infolist()) > limits.unpacked:
            raise limits.error(f"{path}: unpacks to more than {limits.unpacked:,} bytes")


def _sheet_name(path: Path, names: list[str], sheet: str | None, limits: WorkbookLimits) -> str:
    """The sheet that was asked for, or the only one."""
    if sheet is None and len(names) != 1:
        typed = limits.typed.format("NAME")
        raise UsageError(f"{path}: has several sheets; add {typed} ({', '.join(names)})")
    if sheet is not None and sheet not in names:
        raise UsageError(f"{path}: has no sheet {sheet!r}: {nearest(sheet, names)}")
    return sheet or names[0]


def _cell(value: object) -> object:
    """A cell as text, number or boolean; a formula as its text."""
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return value
    formula = getattr(value, "text", None)
    return formula if isinstance(formula, str) else str(value)
