"""Read one model's answers as columns: with pyarrow if it is installed, else line by line."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probes.evidence import answers, sound
from probes.evidence.columns import NOTHING, WORDS, AnswerColumns, CategoryColumn
from probes.types import Header

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 2**25
"""Bytes per block that is parsed at once."""
TEXTS = ("key", "before", "after", "reply", "reason")
"""Text fields that no number depends on: their type is checked, then they are dropped."""
NEEDED = ("statement", "role", "wording", "order", "seed", "status", "key", "before", "after")
"""Fields that every line has."""


def read(path: Path) -> tuple[Header, AnswerColumns]:
    """The header and the answers of a file of evidence; an incomplete last line is left out.

    Raises:
        RunError: no such file, or a damaged line (with file and line).
    """
    header, rows = answers.read(path)
    return header, _by_pyarrow(path, header) or AnswerColumns.of(rows)


def _by_pyarrow(path: Path, header: Header) -> AnswerColumns | None:
    """The columns read with pyarrow; None if it is not installed or the file looks damaged."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        return None
    try:
        with path.open("rb") as file:
            file.readline()  # the header
            parts = [_table(block, header) for block in _blocks(file)]
        if not parts:
            return None
        columns = _columns(pa.concat_tables(parts))
    except (pa.ArrowException, OSError, ValueError):
        return None
    return columns if _valid(columns, header) else None


def _valid(columns: AnswerColumns, header: Header) -> bool:
    """Whether all roles, statuses, wordings, orders and variants are valid."""
    return (
        0 <= columns.order.min() <= columns.order.max() < sound.MAX_ORDERS
        and 0 <= columns.variant.min() <= columns.variant.max() <= sound.MAX_VARIANTS
        and {*columns.role.words} <= {*sound.ROLES}
        and {*columns.status.words} <= {*sound.STATUSES}
        and {*columns.wording.words} <= header.wordings.keys()
        and "" not in columns.condition.words
    )


def _blocks(file: BufferedReader) -> Iterator[bytes]:
    """Blocks of whole lines; an incomplete last line is left out."""
    rest = b""
    while data := file.read(BLOCK):
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if lines:
            yield lines + newline


def _table(block: bytes, header: Header) -> pa.Table:
    """The lines of a block as a table, words as dictionary-encoded columns.

    Raises:
        ValueError: some line is not one answer, or holds an invalid number.
    """
    import pyarrow as pa
    from pyarrow import json

    absent = block.count(b'"mass":null') + block.count(b'"logprobs":null')
    if block.count(b"null") != absent:  # a null score would be read as an absent label
        raise ValueError("null where it may not be, or as a word")
    with_fills = b'"fills"' in block
    other_fields = "ignore" if with_fills else "error"  # pyarrow cannot read lists of two types
    options = json.ParseOptions(_schema(header), unexpected_field_behavior=other_fields)
    table = json.read_json(pa.BufferReader(block), parse_options=options)
    if len(table) != block.count(b"\n") or any(table[name].null_count for name in NEEDED):
        raise ValueError("not one answer a line")
    if any(block.count(b'"%s":' % name) < len(table) for name in (b"mass", b"logprobs")):
        raise ValueError("a line lacks what may be null")
    if not all(map(_finite, (table["mass"], table["unseen"], *table["logprobs"].flatten()))):
        raise ValueError("infinite, or not a number")
    if with_fills and not all(map(sound.has_fills, block.splitlines())):
        raise ValueError("fills are not words with a number each")
    for name in WORDS:
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, table[name].dictionary_encode())
    return table.drop_columns(["seed", *TEXTS])


def _finite(column: pa.ChunkedArray) -> bool:
    """Whether all numbers are finite and in range; pyarrow accepts more than JSON allows."""
    from pyarrow import compute

    is_finite: bool | None = compute.all(compute.is_finite(column)).as_py()
    ends = compute.min_max(column).as_py()
    within = ends["min"] is None or sound.LEAST <= ends["min"] <= ends["max"] <= sound.MOST
    return is_finite is not False and within


def _schema(header: Header) -> pa.Schema:
    """The schema of a line."""
    import pyarrow as pa

    labels = dict.fromkeys(o.label for options in header.wordings.values() for o in options)
    scores = pa.struct([(label, pa.float64()) for label in labels])
    whole = [(name, pa.int64()) for name in ("order", "seed", "variant")]
    numbers = [*whole, ("mass", pa.float64()), ("unseen", pa.float64())]
    words = [(name, pa.string()) for name in (*WORDS, *TEXTS)]
    return pa.schema([*words, *numbers, ("logprobs", scores)])


def _columns(table: pa.Table) -> AnswerColumns:
    scores = table["logprobs"].combine_chunks().flatten()
    labels = [field.name for field in table.schema.field("logprobs").type]
    return AnswerColumns(
        **{name: _words(table[name]) for name in WORDS},
        order=table["order"].to_numpy(),
        variant=table["variant"].fill_null(0).to_numpy(),
        mass=table["mass"].to_numpy().astype(np.float64),
        unseen=table["unseen"].to_numpy().astype(np.float64),
        logprobs={
            label: column.to_numpy(zero_copy_only=False)
            for label, column in zip(labels, scores, strict=True)
        },
    )


def _words(column: pa.ChunkedArray) -> CategoryColumn:
    """A dictionary-encoded column as a `CategoryColumn`, with sorted words."""
    whole = column.unify_dictionaries().combine_chunks()
    unsorted = whole.dictionary.to_pylist()
    words = sorted(unsorted)
    code_of = dict(zip(words, range(len(words)), strict=True))
    new_codes = np.array([*map(code_of.__getitem__, unsorted), NOTHING], dtype=np.int64)
    return CategoryColumn(tuple(words), new_codes[whole.indices.fill_null(NOTHING).to_numpy()])
