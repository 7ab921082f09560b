"""One model's answers as columns, from disk: by pyarrow where it is installed, else line by line.

Large evidence is parsed once. Its columns are cached as Parquet files below the user's cache folder
(see `files.download.cache_folder`), named by the sha256 of the whole file of evidence. They do not
lie in the run folder, for that may be a stranger's, and numbers come from evidence alone. A cached
file can be removed at any time; columns that cannot be cached, or are damaged, are parsed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probes.errors import ProbesError
from probes.evidence import answers
from probes.evidence.columns import NOTHING, WORDS, AnswerColumns, CategoryColumn
from probes.files import atomic, download
from probes.types import Header

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 2**25
"""Bytes that are parsed at once."""
NEEDED = ("statement", "role", "wording", "order", "seed", "status", "key")
"""What no line lacks."""
LARGE = 2**21
"""Bytes of evidence, some 5,000 answers, from which on columns are kept: less is parsed at once."""
MARK, FORMAT = b"probes.evidence.columns", 1
"""Stands in what is kept. Another one where evidence comes to other columns than before."""


def read(path: Path, *, keep: bool = False) -> tuple[Header, AnswerColumns]:
    """The header and the answers of a file of evidence; a torn last line is left out.

    Args:
        path: Of the evidence.
        keep: Take what was kept of large evidence, and keep what was not.

    Raises:
        RunError: no such file, or a damaged line (naming file and line).
    """
    header, rows = answers.read(path)
    return header, _fast(path, header, keep=keep) or AnswerColumns.of(rows)


def _fast(path: Path, header: Header, *, keep: bool) -> AnswerColumns | None:
    """By pyarrow; None where there is none, or where the file is not as it should be."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        return None
    try:
        with path.open("rb") as file:
            keep = keep and path.stat().st_size >= LARGE
            kept = _kept(file, header) if keep else None
            table, sha256 = (kept, "") if kept else _parsed(file, header)
        found = _columns(table)
    except (pa.ArrowException, OSError, ValueError):
        return None
    if not len(found) or not _known(found, header):
        return None
    if keep and not kept:
        _keep(table, sha256)
    return found


def _known(found: AnswerColumns, header: Header) -> bool:
    """Whether there are only roles, statuses, wordings and orders that there can be."""
    return (
        0 <= found.order.min() <= found.order.max() < answers.MOST
        and {*found.role.words} <= {*answers.ROLES}
        and {*found.status.words} <= {*answers.STATUSES}
        and {*found.wording.words} <= header.wordings.keys()
    )


def _parsed(file: BufferedReader, header: Header) -> tuple[pa.Table, str]:
    """The answers, and the sha256 of all that was read for them."""
    import pyarrow as pa

    file.seek(0)
    seen = hashlib.sha256(file.readline())
    parts = [_table(block, header) for block in _blocks(file, seen.update)]
    return pa.concat_tables(parts or [_layout(header).empty_table()]), seen.hexdigest()


def _blocks(file: BufferedReader, see: Callable[[bytes], None]) -> Iterator[bytes]:
    """Whole lines, many at a time; all bytes are seen, also those of a torn last line."""
    rest = b""
    while data := file.read(BLOCK):
        see(data)
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if lines:
            yield lines + newline


def _table(block: bytes, header: Header) -> pa.Table:
    """The lines of a block, words as dictionaries.

    Raises:
        ValueError: there is not one answer a line, or a number is none that a float can be.
    """
    import pyarrow as pa
    from pyarrow import json

    options = json.ParseOptions(_schema(header), unexpected_field_behavior="ignore")
    table = json.read_json(pa.BufferReader(block), parse_options=options)
    if len(table) != block.count(b"\n") or any(table[name].null_count for name in NEEDED):
        raise ValueError("not one answer a line")
    if not all(map(_finite, (table["mass"], table["unseen"], *table["logprobs"].flatten()))):
        raise ValueError("infinite, or not a number")
    for name in WORDS:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].dictionary_encode())
    return table.drop_columns(["seed", "key"])


def _finite(column: pa.ChunkedArray) -> bool:
    """Whether all numbers that are there are finite; JSON has no others, pyarrow reads them."""
    from pyarrow import compute

    is_finite: bool | None = compute.all(compute.is_finite(column)).as_py()
    return is_finite is not False


def _schema(header: Header) -> pa.Schema:
    """Of a line."""
    import pyarrow as pa

    labels = dict.fromkeys(o.label for options in header.wordings.values() for o in options)
    scores = pa.struct([(label, pa.float64()) for label in labels])
    whole = [("order", pa.int64()), ("seed", pa.int64())]
    numbers = [*whole, ("mass", pa.float64()), ("unseen", pa.float64())]
    words = [(name, pa.string()) for name in (*WORDS, "key")]
    return pa.schema([*words, *numbers, ("logprobs", scores)])


def _layout(header: Header) -> pa.Schema:
    """Of the columns."""
    import pyarrow as pa

    word = pa.dictionary(pa.int32(), pa.string())
    fields = [field for field in _schema(header) if field.name not in ("seed", "key")]
    return pa.schema([f.with_type(word) if f.name in WORDS else f for f in fields])


def _columns(table: pa.Table) -> AnswerColumns:
    scores = table["logprobs"].combine_chunks().flatten() if len(table) else []
    labels = [field.name for field in table.schema.field("logprobs").type]
    return AnswerColumns(
        **{name: _words(table[name]) for name in WORDS},
        order=table["order"].to_numpy(),
        mass=table["mass"].to_numpy().astype(np.float64),
        unseen=table["unseen"].to_numpy().astype(np.float64),
        logprobs={
            label: column.to_numpy(zero_copy_only=False)
            for label, column in zip(labels, scores, strict=True)
        },
    )


def _words(column: pa.ChunkedArray) -> CategoryColumn:
    """A dictionary column, its words sorted."""
    whole = column.unify_dictionaries().combine_chunks()
    found = whole.dictionary.to_pylist()
    words = sorted(found)
    place = dict(zip(words, range(len(words)), strict=True))
    moved = np.array([*map(place.__getitem__, found), NOTHING], dtype=np.int64)
    return CategoryColumn(tuple(words), moved[whole.indices.fill_null(NOTHING).to_numpy()])


def place(sha256: str) -> Path:
    """Where the columns of evidence are kept.

    Raises:
        SetError: there is no folder to keep anything in.
    """
    return download.cache_folder("columns") / f"{sha256}.parquet"


def _kept(file: BufferedReader, header: Header) -> pa.Table | None:
    """What was kept of a file of evidence; None if nothing was, or it is not what it should be."""
    import pyarrow as pa
    from pyarrow import parquet

    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        with parquet.ParquetFile(place(sha256), page_checksum_verification=True) as kept:
            table = kept.read()
    except (pa.ArrowException, OSError, ValueError, ProbesError):
        return None
    if (table.schema.metadata or {}).get(MARK) != _mark(sha256):
        return None
    return table if table.schema.equals(_layout(header)) else None


def _keep(table: pa.Table, sha256: str) -> None:
    """Keep columns, whole or not at all; nothing is lost where they cannot be kept."""
    import pyarrow as pa
    from pyarrow import parquet

    with suppress(pa.ArrowException, OSError, ValueError, ProbesError):
        path = place(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as part:
            parquet.write_table(
                table.replace_schema_metadata({MARK: _mark(sha256)}),
                part,
                use_dictionary=list(WORDS),  # all scores differ
                write_statistics=False,
                write_page_checksum=True,
            )


def _mark(sha256: str) -> bytes:
    return f"{FORMAT} {sha256}".encode()
