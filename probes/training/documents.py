"""Readers of corpus files, one for each kind of file; each yields documents.

A text file has one document per line; a JSON (lines or array), CSV, TSV or Parquet file and a data
set saved by `datasets` have one per row, in one column. Files ending in ``.gz`` or ``.zst`` are
decompressed. Only one document or one batch of rows is in memory (but a JSON array as a whole).
Tables are read strictly: a row of wrong width or a stray quote is an error with its line number,
because a lenient reader would lose or join rows.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from probes.errors import CorpusError
from probes.files.foreign_tables import TableOptions, csv_records, require_column
from probes.files.nested import at_path
from probes.files.text import regular
from probes.training.lines import COMPRESSED, LONGEST, lines, whole_lines

ROWS = 64
"""Rows of a Parquet file in a batch."""


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """Column and delimiter of tables of documents."""

    column: str = "text"
    """Column of the documents; ``a.b`` is the key b in the object in column a."""
    delimiter: str = ""
    """Delimiter of CSV files; empty for a comma (a tab in .tsv)."""


def kind(path: Path) -> str:
    """The file extension (lower case) that decides the reader; that of a compression is removed."""
    packed = path.suffix.lower() in COMPRESSED
    ending = Path(path.stem if packed else path.name).suffix.lower()
    return "" if packed and ending == ".parquet" else ending


def read(path: Path, layout: DocumentFormat) -> Iterator[str]:
    """The documents of a file, or of a folder saved by `datasets`, blank ones included.

    Raises:
        CorpusError: the file is binary, not UTF-8, damaged, or lacks the column.
    """
    reader = _dataset if path.is_dir() else READERS[kind(path)]
    return reader(regular(path, CorpusError), layout)


def _text(path: Path, _: DocumentFormat) -> Iterator[str]:
    return (text.rstrip("\r\n") for _, text in lines(path))


def _json(path: Path, layout: DocumentFormat) -> Iterator[str]:
    """Documents in JSON lines, or in a JSON array of objects."""
    numbered = ((n, line) for n, line in whole_lines(path) if line.strip())
    first = next(numbered, (1, ""))
    if first[1].lstrip().startswith("["):
        return _json_array(path, chain((first,), numbered), layout)
    return _json_lines(path, chain((first,), numbered), layout)


def _json_lines(
    path: Path, numbered: Iterable[tuple[int, str]], layout: DocumentFormat
) -> Iterator[str]:
    for number, line in numbered:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise CorpusError(f"{path}: line {number} is not a JSON object: JSONL has one a line")
        yield _field(path, f"line {number}", row, layout.column)


def _json_array(
    path: Path, numbered: Iterable[tuple[int, str]], layout: DocumentFormat
) -> Iterator[str]:
    try:
        rows = json.loads("".join(line for _, line in numbered))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: is no JSON array: {_first_line(error)}") from None
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise CorpusError(f"{path}: entry {number} is not a JSON object")
        yield _field(path, f"entry {number}", row, layout.column)


def _csv(path: Path, layout: DocumentFormat) -> Iterator[str]:
    tabs = "tab" if kind(path) == ".tsv" else ""
    options = TableOptions(CorpusError, typed="--{}", delimiter=layout.delimiter or tabs)
    before = csv.field_size_limit(LONGEST)
    try:
        columns, records = csv_records(path, (text for _, text in whole_lines(path)), options)
        if layout.column not in columns:
            raise _no_column(path, layout.column, columns, "its first line")
        require_column(path, columns, layout.column, CorpusError)
        for record in records:
            yield str(record.values[layout.column])
    finally:
        csv.field_size_limit(before)


def _parquet(path: Path, layout: DocumentFormat) -> Iterator[str]:
    _require("pyarrow", path)
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            column = _top(path, layout.column, file.schema_arrow.names, "its schema")
            for batch in file.iter_batches(ROWS, columns=[column]):
                for row in batch.to_pylist():
                    yield _field(path, "a row", row, layout.column)
    except (OSError, pa.ArrowException) as error:
        raise CorpusError(
            f"{path}: is no Parquet file that can be read: {_first_line(error)}"
        ) from None


def _dataset(path: Path, layout: DocumentFormat) -> Iterator[str]:
    """Documents of a folder of ``Dataset.save_to_disk``; memory-mapped, not loaded."""
    _require("datasets", path)
    import datasets

    try:
        dataset = datasets.load_from_disk(str(path))
    except Exception as error:  # `datasets` raises many types for a damaged folder
        raise CorpusError(f"{path}: is no saved data set: {_first_line(error)}") from error
    column = _top(path, layout.column, dataset.column_names, "the data set")
    for row in dataset.select_columns([column]):
        yield _field(path, "a row", row, layout.column)


READERS: dict[str, Callable[[Path, DocumentFormat], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".jsonl": _json,
    ".ndjson": _json,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}
"""File extension -> reader."""


def _field(path: Path, where: str, row: Mapping[str, object], column: str) -> str:
    """The document in a row; a null value is an empty document."""
    try:
        value = at_path(row, column)
    except KeyError:
        raise _no_column(path, column, row, where) from None
    if value is None:
        return ""
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise CorpusError(f"{path}: {where} holds half a character (a lone surrogate)")
        return value
    type_name = type(value).__name__
    raise CorpusError(
        f"{path}: {where} holds no text in {column!r}, but a value of type {type_name}"
    )


def _top(path: Path, column: str, columns: Iterable[str], where: str) -> str:
    """The column to load: `column` itself, or the first key of a nested path ``a.b``."""
    names = list(columns)
    for name in (column, column.partition(".")[0]):
        if name in names:
            return name
    raise _no_column(path, column, names, where)


def _no_column(path: Path, column: str, columns: Iterable[str], where: str) -> CorpusError:
    names = ", ".join(map(repr, columns)) or "none"
    return CorpusError(
        f"{path}: {where} has no column {column!r}; it has {names}: choose one with --column"
    )


def _require(library: str, path: Path) -> None:
    if find_spec(library) is None:
        raise CorpusError(
            f"{path}: needs {library}, which is not installed: "
            "pip install 'political-probes[train]'"
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
