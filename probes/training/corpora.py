"""Corpora to train on: files and folders as typed, and their documents, one after the other.

A text file has a document a line; a JSONL, CSV, TSV or Parquet file a document a row, in one
column; a folder is all such files in it, or a data set that the library `datasets` saved. Nothing
is held beyond one document (or one batch of a table). Knows no tokens; see `blocks`.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from probes.errors import CorpusError
from probes.files.escape import NO_NAME, expand_user
from probes.files.lines import LONGEST, lines, whole_lines

ROWS = 64
"""Rows of a table that are read together."""
DATASET = "dataset_info.json"
"""Marks a folder that `datasets` saved."""
DATASETS = "dataset_dict.json"
"""Marks one that holds several data sets, such as train and test."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files to read, in the order in which they are read."""

    files: tuple[Path, ...]
    """Files, and folders that `datasets` saved."""
    column: str = "text"
    """Which column of a table holds the documents."""

    def documents(self) -> Iterator[str]:
        """Every document that is not blank.

        Raises:
            CorpusError: a file is binary, in another encoding, damaged, or lacks the column.
        """
        for path in self.files:
            read = _dataset if path.is_dir() else READERS[path.suffix.lower()]
            for text in read(path, self.column):
                if text.strip():
                    yield text

    def hashes(self) -> dict[str, str]:
        """File -> sha256 of its bytes."""
        return {str(path): _sha256(path) for path in self.files}


def find_corpus(paths: Sequence[str], column: str = "text") -> Corpus:
    """The corpus of these files and folders; a folder's files by name.

    Raises:
        CorpusError: one is not there, is of no known kind, or holds nothing.
    """
    files = [file for text in paths for file in _files(expand_user(text), text)]
    twice = {str(file) for file in files if files.count(file) > 1}
    for name in filter(NO_NAME.search, map(str, files)):
        raise CorpusError(f"{name!r}: holds a control character; rename it")
    if twice:
        raise CorpusError(f"{min(twice)}: is given twice")
    return Corpus(tuple(files), column)


def sha256(hashes: Sequence[str]) -> str:
    """One hash over those of a corpus's files, in order, whatever they are called."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _files(path: Path, text: str) -> list[Path]:
    """The files at a path, which was typed as `text`."""
    suffixes = ", ".join(READERS)
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise CorpusError(f"{text}: of no kind that can be read ({suffixes}, by its ending)")
        return [path]
    if not path.is_dir():
        raise CorpusError(f"{text}: there is no such file or folder")
    if (path / DATASETS).is_file():
        parts = sorted(p.name for p in path.iterdir() if (p / DATASET).is_file())
        raise CorpusError(f"{text}: holds several data sets; give one, as in {path / parts[0]}")
    if (path / DATASET).is_file():
        return [path]
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in READERS)
    if not files:
        raise CorpusError(f"{text}: a folder without files that can be read ({suffixes})")
    return files


def _sha256(path: Path) -> str:
    """Of a file's bytes; of a folder, one hash over those of its files."""
    total = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            try:
                with file.open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
            except OSError as error:
                raise CorpusError(f"{file}: cannot be read: {error.strerror}") from None
    return total.hexdigest()


# --- kinds of files ----------------------------------------------------------------------------


def _text(path: Path, _: str) -> Iterator[str]:
    return (text.rstrip("\r\n") for _, text in lines(path))


def _jsonl(path: Path, column: str) -> Iterator[str]:
    for number, line in whole_lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise CorpusError(f"{path}: line {number} is not a JSON object: JSONL has one a line")
        if column not in row:
            raise _no_column(path, column, row, f"line {number}")
        yield _cell(path, f"line {number}", column, row[column])


def _csv(path: Path, column: str) -> Iterator[str]:
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    before = csv.field_size_limit(LONGEST)
    try:
        rows = csv.DictReader((text for _, text in whole_lines(path)), delimiter=separator)
        if column not in (rows.fieldnames or ()):
            raise _no_column(path, column, rows.fieldnames or (), "its first line")
        for row in rows:
            yield row[column] or ""
    except csv.Error as error:
        raise CorpusError(f"{path}: is no CSV that can be read: {error}") from None
    finally:
        csv.field_size_limit(before)


def _parquet(path: Path, column: str) -> Iterator[str]:
    _require("pyarrow", path)
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            if column not in file.schema_arrow.names:
                raise _no_column(path, column, file.schema_arrow.names, "its schema")
            for batch in file.iter_batches(ROWS, columns=[column]):
                for value in batch.column(0).to_pylist():
                    yield _cell(path, "a row", column, value)
    except (OSError, pa.ArrowException) as error:
        raise CorpusError(
            f"{path}: is no Parquet file that can be read: {_first_line(error)}"
        ) from None


def _dataset(path: Path, column: str) -> Iterator[str]:
    """A data set as ``Dataset.save_to_disk`` leaves it; mapped, not loaded."""
    _require("datasets", path)
    import datasets

    try:
        dataset = datasets.load_from_disk(str(path))
    except Exception as error:  # whatever a damaged folder makes a third party raise
        raise CorpusError(f"{path}: is no saved data set: {_first_line(error)}") from error
    if column not in dataset.column_names:
        raise _no_column(path, column, dataset.column_names, "the data set")
    for batch in dataset.select_columns([column]).iter(ROWS):
        for value in batch[column]:
            yield _cell(path, "a row", column, value)


READERS: dict[str, Callable[[Path, str], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _jsonl,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}
"""Ending -> how such a file is read."""


def _cell(path: Path, where: str, column: str, value: object) -> str:
    """The document in a cell; no value is an empty document."""
    if value is None:
        return ""
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise CorpusError(f"{path}: {where} holds half a character (a lone surrogate)")
        return value
    kind = type(value).__name__
    raise CorpusError(f"{path}: {where} holds no text in {column!r}, but a value of type {kind}")


def _no_column(
    path: Path, column: str, columns: Sequence[str] | dict[str, object], where: str
) -> CorpusError:
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
