"""Tables of foreign formats: a CSV file or a workbook (.xlsx) -> a `ForeignTable`.

CSV is read by `files.foreign_tables`, whose rules hold for workbooks, too: a formula is text and is
never worked out. Knows nothing of statements.
"""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from probes.errors import SetError, UsageError, nearest
from probes.files.foreign_tables import Records, TableOptions, csv_records, records
from probes.files.text import decode, marked_encoding
from probes.importers._json import read_file, refuse_control
from probes.importers._records import ForeignTable

ROWS, COLUMNS = 100_000, 500
"""Most rows and columns of a table that is read."""
UNPACKED = 50_000_000
"""Most bytes that a workbook may unpack to, and most characters that its cells may show."""
OPTIONS = {
    "delimiter": "what stands between the cells of a CSV file: ; or tab, if it is no comma",
    "encoding": "of a CSV file, such as cp1252, if it is not UTF-8",
    "sheet": "name of the sheet of a workbook that has several",
}


def table(path: Path, options: Mapping[str, str]) -> ForeignTable:
    """The records of a CSV (or .tsv) file, or of a workbook (.xlsx); see `OPTIONS`."""
    suffix = path.suffix.lower()
    if suffix in {".xlsx", ".xlsm"}:
        rows = _equally_wide(_sheet(path, options.get("sheet")))
        numbered = ((f"row {number}", row) for number, row in enumerate(rows, start=1))
        return _all_records(path, records(path, numbered, TableOptions(SetError, padded=True)))
    if suffix in {".xls", ".ods", ".numbers"}:
        raise SetError(f"{path}: save it as .xlsx or .csv first; {suffix} files are not read")
    usual = "tab" if suffix == ".tsv" else ","
    delimiter, encoding = options.get("delimiter", usual), options.get("encoding", "")
    return _csv(path, TableOptions(SetError, "--option '{}'", delimiter, padded=True), encoding)


def comma_separated(path: Path) -> ForeignTable:
    """The records of a CSV file of a format that has no other delimiter or encoding."""
    return _csv(path, TableOptions(SetError, padded=True))


def _csv(path: Path, options: TableOptions, encoding: str = "") -> ForeignTable:
    raw = read_file(path)
    content = decode(raw, path, "CSV", SetError, encoding or marked_encoding(raw), options.typed)
    refuse_control(path, content, "CSV")
    return _all_records(path, csv_records(path, io.StringIO(content, newline=""), options))


def _all_records(path: Path, read: Records) -> ForeignTable:
    """All records, if they are not too many."""
    columns, rows = read
    first = tuple(islice(rows, ROWS + 1))
    if len(first) > ROWS:
        raise SetError(f"{path}: longer than {ROWS:,} rows, which no instrument is")
    return ForeignTable(path, columns, first, "column")


def _equally_wide(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """The rows with text for empty cells, none shorter than the first that is not blank."""
    filled = [[_cell(value) for value in row] for row in rows]
    for row in filled:
        while row and not str(row[-1]).strip():
            row.pop()  # workbooks pad their rows
    width = next((len(row) for row in filled if row), 0)
    return [[*row, *[""] * (width - len(row))] for row in filled]


def _sheet(path: Path, sheet: str | None) -> list[tuple[object, ...]]:
    """The rows of one sheet of a workbook."""
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            f"{path}: workbooks need openpyxl: pip install 'political-probes[xlsx]' (or save the "
            "sheet as CSV)"
        ) from None
    content = io.BytesIO(read_file(path))
    try:
        _refuse_large(path, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on features of the workbook that say nothing here
            book = openpyxl.load_workbook(content, read_only=True, keep_links=False)
            chosen = book[_sheet_name(path, [sheet.title for sheet in book.worksheets], sheet)]
            chosen.reset_dimensions()  # what a file says of its size need not be so
            return list(_bounded(path, chosen.iter_rows(max_col=COLUMNS, values_only=True)))
    except (SetError, UsageError):
        raise
    except Exception:  # noqa: BLE001  anything at all comes out of a damaged workbook
        raise SetError(f"{path}: not a workbook in XLSX format, or damaged") from None


def _bounded(path: Path, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """The rows, as far as cells may be shown: one text may stand in a million of them."""
    shown = 0
    for row in islice(rows, ROWS + 2):
        shown += sum(len(cell) for cell in row if isinstance(cell, str))
        if shown > UNPACKED:
            raise SetError(f"{path}: its cells hold more than {UNPACKED:,} characters")
        yield row


def _refuse_large(path: Path, content: io.BytesIO) -> None:
    """Refuse a workbook that is small only as long as it is packed."""
    with zipfile.ZipFile(content) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED:
            raise SetError(f"{path}: unpacks to more than {UNPACKED:,} bytes")


def _sheet_name(path: Path, names: list[str], sheet: str | None) -> str:
    """The sheet that was asked for, or the only one."""
    if sheet is None and len(names) != 1:
        shown = ", ".join(names)
        raise UsageError(f"{path}: has several sheets; add --option sheet=NAME ({shown})")
    if sheet is not None and sheet not in names:
        raise UsageError(f"{path}: has no sheet {sheet!r}: {nearest(sheet, names)}")
    return sheet or names[0]


def _cell(value: object) -> object:
    """A cell as text, number or truth value; a formula as the text that it is."""
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return value
    formula = getattr(value, "text", None)
    return formula if isinstance(formula, str) else str(value)
