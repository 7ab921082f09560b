"""One model's answers as columns: all that agreement is made of, faster to read and smaller.

`read` has pyarrow parse the evidence where it is installed and the file is as it should be; else,
or to say what is wrong with it, it is read line by line as `answers` does. Texts and keys are left
out. Does not know what an answer means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes import answers
from probes.types import MIRRORED, Answer, Header

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 2**25
"""Bytes that are parsed at once."""
WORDS = ("statement", "role", "wording", "status", "choice")
NEEDED = ("statement", "role", "wording", "order", "seed", "status", "key")
"""What no line lacks."""
NOTHING = -1

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Words:
    """A column of few different words: these, sorted, and each answer's place among them."""

    words: tuple[str, ...]
    codes: Ints
    """`NOTHING` for none."""

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Self:
        """From a word an answer."""
        words = tuple(sorted({value for value in values if value is not None}))
        place: dict[str | None, int] = {word: n for n, word in enumerate(words)}
        at = (place.get(value, NOTHING) for value in values)
        return cls(words, np.fromiter(at, np.int64, len(values)))

    def match(self, word: str) -> Mask:
        """Where it says that word."""
        where: Mask = self.codes == (self.words.index(word) if word in self.words else -2)
        return where


@dataclass(frozen=True, slots=True)
class Columns:
    """A value an answer, in the order of the evidence."""

    statement: Words
    role: Words
    wording: Words
    status: Words
    choice: Words
    order: Ints
    mass: Floats
    unseen: Floats
    """Probability that was not told of; NaN where all was."""
    logprobs: Mapping[str, Floats]
    """Option label -> natural log of its probability; NaN where it was not scored."""

    @classmethod
    def of(cls, given: Iterable[Answer]) -> Self:
        """From answers one by one."""
        rows = list(given)
        scores = [row.logprobs or {} for row in rows]
        labels = dict.fromkeys(label for one in scores for label in one)
        return cls(
            **{name: Words.of([getattr(row, name) for row in rows]) for name in WORDS},
            order=np.array([row.order for row in rows], dtype=np.int64),
            mass=np.array([row.mass for row in rows], dtype=np.float64),
            unseen=np.array([row.unseen for row in rows], dtype=np.float64),
            logprobs={
                label: np.array([one.get(label) for one in scores], dtype=np.float64)
                for label in labels
            },
        )

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which statement in which wording answers are about, mirrors with what they mirror."""

    number: Ints
    """An answer's pair; pairs are numbered as they appear."""
    mirrored: Mask
    """Whether the answer is about the mirror."""
    names: Mapping[str, list[str]]
    """Role, statement and wording of each pair."""

    @classmethod
    def of(cls, given: Columns, rows: Ints) -> Self:
        """Of some of the answers."""
        roles, role = _merged(given.role, {"mirror": "statement"})
        bare = {word: word.removesuffix(MIRRORED) for word in given.statement.words}
        statements, statement = _merged(given.statement, bare)
        wordings = given.wording.words
        number = (role * len(statements) + statement) * len(wordings) + given.wording.codes
        at, found = pd.factorize(number[rows])
        ends = np.array([word.endswith(MIRRORED) for word in given.statement.words], bool)
        mirrored = given.role.match("mirror") | ends[given.statement.codes]
        rest, wording = np.divmod(found, len(wordings))
        about = {"role": (roles, rest // len(statements))}
        about |= {"statement": (statements, rest % len(statements)), "wording": (wordings, wording)}
        names = {name: [words[i] for i in which] for name, (words, which) in about.items()}
        return cls(at, mirrored[rows], names)


def _merged(column: Words, changes: Mapping[str, str]) -> tuple[tuple[str, ...], Ints]:
    """The words, some changed, and the answers' places among them."""
    found = Words.of([changes.get(word, word) for word in column.words])
    return found.words, found.codes[column.codes]


def read(path: Path) -> tuple[Header, Columns]:
    """The header and the answers of a file; a torn last line is left out.

    Raises:
        RunError: no such file, or a damaged line (naming file and line).
    """
    header, rows = answers.read(path)
    return header, _parsed(path, header) or Columns.of(rows)


def _parsed(path: Path, header: Header) -> Columns | None:
    """By pyarrow; None where there is none, or where the file is not as it should be."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        return None
    try:
        with path.open("rb") as file:
            file.readline()
            parts = [_table(block, header) for block in _blocks(file)]
        found = _columns(pa.concat_tables(parts)) if parts else None
        return found if found and _known(found, header) else None
    except (pa.ArrowException, OSError, ValueError):
        return None


def _known(found: Columns, header: Header) -> bool:
    """Whether there are only roles, statuses and wordings that there can be."""
    return (
        {*found.role.words} <= {*answers.ROLES}
        and {*found.status.words} <= {*answers.STATUSES}
        and {*found.wording.words} <= header.wordings.keys()
    )


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, many at a time."""
    rest = b""
    while data := file.read(BLOCK):
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if lines:
            yield lines + newline


def _table(block: bytes, header: Header) -> pa.Table:
    """The lines of a block, words as dictionaries.

    Raises:
        ValueError: there is not one answer a line.
    """
    import pyarrow as pa
    from pyarrow import json

    options = json.ParseOptions(_schema(header), unexpected_field_behavior="ignore")
    table = json.read_json(pa.BufferReader(block), parse_options=options)
    if len(table) != block.count(b"\n") or any(table[name].null_count for name in NEEDED):
        raise ValueError("not one answer a line")
    for name in WORDS:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].dictionary_encode())
    return table.drop_columns(["seed", "key"])


def _schema(header: Header) -> pa.Schema:
    import pyarrow as pa

    labels = dict.fromkeys(o.label for options in header.wordings.values() for o in options)
    scores = pa.struct([(label, pa.float64()) for label in labels])
    whole = [("order", pa.int64()), ("seed", pa.int64())]
    numbers = [*whole, ("mass", pa.float64()), ("unseen", pa.float64())]
    words = [(name, pa.string()) for name in (*WORDS, "key")]
    return pa.schema([*words, *numbers, ("logprobs", scores)])


def _columns(table: pa.Table) -> Columns:
    scores = table["logprobs"].combine_chunks().flatten() if len(table) else []
    labels = [field.name for field in table.schema.field("logprobs").type]
    return Columns(
        **{name: _words(table[name]) for name in WORDS},
        order=table["order"].to_numpy(),
        mass=table["mass"].to_numpy().astype(np.float64),
        unseen=table["unseen"].to_numpy().astype(np.float64),
        logprobs={
            label: column.to_numpy(zero_copy_only=False)
            for label, column in zip(labels, scores, strict=True)
        },
    )


def _words(column: pa.ChunkedArray) -> Words:
    """A dictionary column, its words sorted."""
    whole = column.unify_dictionaries().combine_chunks()
    found = whole.dictionary.to_pylist()
    words = sorted(found)
    place = dict(zip(words, range(len(words)), strict=True))
    moved = np.array([*map(place.__getitem__, found), NOTHING], dtype=np.int64)
    return Words(tuple(words), moved[whole.indices.fill_null(NOTHING).to_numpy()])
