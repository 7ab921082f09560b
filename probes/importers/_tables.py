"""Tables of other people: CSV and XLSX -> records.

A cell is what it says: a formula, or what a spreadsheet would take for one, is text and is never
worked out. Knows nothing of statements.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from probes.errors import SetError, UsageError, nearest
from probes.importers._json import data, text
from probes.importers._records import ForeignRecord, ForeignTable

ROWS, COLUMNS = 100_000, 500
"""Most rows and columns of a table that is read."""
UNPACKED = 50_000_000
"""Most bytes that a workbook may unpack to."""
OPTIONS = {
    "delimiter": "what stands between the cells of a CSV file: ; or tab, if it is no comma",
    "encoding": "of a CSV file, such as cp1252, if it is not UTF-8",
    "sheet": "name of the sheet of a workbook that has several",
}
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


def table(path: Path, options: Mapping[str, str]) -> ForeignTable:
    """The records of a CSV (or .tsv) file, or of a workbook (.xlsx); see `OPTIONS`."""
    suffix = path.suffix.lower()
    if suffix in {".xlsx", ".xlsm"}:
        rows = enumerate(_sheet(path, options.get("sheet")), start=1)
        return _records(path, ((f"row {number}", row) for number, row in rows))
    if suffix in {".xls", ".ods", ".numbers"}:
        raise SetError(f"{path}: save it as .xlsx or .csv first; {suffix} files are not read")
    usual = "tab" if suffix == ".tsv" else ","
    return comma_separated(path, options.get("delimiter", usual), options.get("encoding", ""))


def comma_separated(path: Path, delimiter: str = ",", encoding: str = "") -> ForeignTable:
    """The records of a CSV file whose first row names the columns.

    Raises:
        SetError: it is none; a row has more or fewer cells than the first; it ends within quotes.
    """
    delimiter = _DELIMITERS.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n ' or not delimiter.isascii():
        raise UsageError(f"--option delimiter={delimiter}: must be one character, or 'tab'")
    content = io.StringIO(text(path, "CSV", encoding or "utf-8-sig"), newline="")
    reader = csv.reader(content, delimiter=delimiter, strict=True)

    def numbered() -> Iterator[tuple[str, list[str]]]:
        try:
            for row in reader:
                yield f"line {reader.line_num}", row
        except csv.Error as error:
            ended = "a quote that is never closed" if "end of data" in str(error) else error
            raise SetError(f"{path}: line {reader.line_num}: not CSV: {ended}") from None

    return _records(path, _whole(path, numbered()))


def _whole(path: Path, rows: Iterator[tuple[str, list[str]]]) -> Iterator[tuple[str, list[str]]]:
    """The rows of a CSV file, if none has fewer cells than the first."""
    width = 0
    for where, row in rows:
        if not width and len(row) == 1 and re.search(r"[;\t|]", row[0]):
            raise SetError(
                f"{path}: {where}: the names of the columns are one cell, {row[0]!r:.60}; say what "
                "stands between cells, such as --option 'delimiter=;'"
            )
        width = width or len(row)
        if any(row) and len(row) < width:
            cells = f"has {len(row)} cells, the first row {width}"
            raise SetError(f"{path}: {where}: {cells}; is the file cut off?")
        yield where, row


def _records(path: Path, rows: Iterable[tuple[str, Iterable[object]]]) -> ForeignTable:
    """The records of named rows, of which the first that is not blank holds the columns' names."""
    columns: list[str] | None = None
    found: list[ForeignRecord] = []
    for where, row in rows:
        cells = [_plain(cell) for cell in row]
        while cells and not str(cells[-1]).strip():
            cells.pop()  # spreadsheets pad their rows
        if not cells:
            continue
        if columns is None:
            columns = [str(cell).strip() for cell in cells]
            continue
        if len(found) == ROWS:
            raise SetError(f"{path}: longer than {ROWS:,} rows, which no instrument is")
        if len(cells) > len(columns):
            raise SetError(f"{path}: {where}: has {len(cells)} cells, the first row {len(columns)}")
        cells += [""] * (len(columns) - len(cells))
        found.append(ForeignRecord(where, dict(zip(columns, cells, strict=True))))
    if not found:
        raise SetError(f"{path}: holds no rows below the names of its columns")
    return ForeignTable(path, tuple(columns or ()), tuple(found), "column")


def _sheet(path: Path, sheet: str | None) -> list[tuple[object, ...]]:
    """The rows of one sheet of a workbook."""
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            f"{path}: workbooks need openpyxl: pip install 'political-probes[xlsx]' (or save the "
            "sheet as CSV)"
        ) from None
    content = io.BytesIO(data(path))
    try:
        _small(path, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on features of the workbook that say nothing here
            book = openpyxl.load_workbook(content, read_only=True, keep_links=False)
            chosen = book[_chosen(path, [one.title for one in book.worksheets], sheet)]
            chosen.reset_dimensions()  # what a file says of its size need not be so
            return list(islice(chosen.iter_rows(max_col=COLUMNS, values_only=True), ROWS + 2))
    except (SetError, UsageError):
        raise
    except Exception:  # noqa: BLE001  anything at all comes out of a damaged workbook
        raise SetError(f"{path}: not a workbook in XLSX format, or damaged") from None


def _small(path: Path, content: io.BytesIO) -> None:
    """Refuse a workbook that is small only as long as it is packed."""
    with zipfile.ZipFile(content) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED:
            raise SetError(f"{path}: unpacks to more than {UNPACKED:,} bytes")


def _chosen(path: Path, names: list[str], sheet: str | None) -> str:
    """The sheet that was asked for, or the only one."""
    if sheet is None and len(names) != 1:
        shown = ", ".join(names)
        raise UsageError(f"{path}: has several sheets; add --option sheet=NAME ({shown})")
    if sheet is not None and sheet not in names:
        raise UsageError(f"{path}: has no sheet {sheet!r}: {nearest(sheet, names)}")
    return sheet or names[0]


def _plain(cell: object) -> object:
    """A cell as text, number or truth value; a formula as the text that it is."""
    if cell is None:
        return ""
    if isinstance(cell, str | int | float):
        return cell
    formula = getattr(cell, "text", None)
    return formula if isinstance(formula, str) else str(cell)
