"""Recorded replies: a file -> the reply of each model to each statement.

``FILE[?COLUMN=NAME&...][#MODEL]`` is a CSV or JSONL file with the columns (or keys) of `COLUMNS`;
``?`` gives their names in the file, ``#`` picks one model. A run folder, or one of its
``answers/*.jsonl``, is read as well. Does not read which option a reply chose.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

from probes.backends.recordings.rows import COLUMNS, RecordedReply, rows
from probes.errors import ModelError, UsageError, nearest
from probes.files.escape import typed
from probes.types import MIRRORED, ModelSpec, StatementSet

CSV_OPTIONS = ("delimiter", "encoding")
"""Further names that ``?`` may set, for CSV files."""
StatementRef = tuple[str, bool]
"""A statement's id, and whether its mirror is meant."""
Cell = tuple[str, bool, str, int, int]
"""Statement, mirror, wording, order, seed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The replies of a file."""

    path: Path
    rows: tuple[RecordedReply, ...]
    sha256: str
    """Of the file's bytes and of the column names given by ``?``."""
    numbered: bool = False
    """Whether statements are given by their number in the set."""

    @property
    def models(self) -> list[str]:
        """The models that replied, in order of appearance."""
        return list(dict.fromkeys(row.model for row in self.rows))

    def of(self, model: str) -> "Recording":
        """The replies of one model.

        Raises:
            ModelError: the file holds none.
        """
        if model not in self.models:
            near = nearest(model, self.models)
            raise ModelError(f"{self.path}: holds no replies of {model!r}: {near}")
        return replace(self, rows=tuple(row for row in self.rows if row.model == model))

    def places(self, statements: StatementSet) -> list[StatementRef]:
        """The statement that each row is about.

        Raises:
            ModelError: some are not in the set (the error lists all of them), or two rows have the
                same statement, wording, order and seed.
        """
        by_name = _names_of_statements(statements, numbered=self.numbered)
        matches = [by_name.get(_normalised(row.about, numbered=self.numbered)) for row in self.rows]
        unknown = dict.fromkeys(
            r.about for r, match in zip(self.rows, matches, strict=True) if not match
        )
        if unknown:
            shown = ", ".join(f"{about[:60]!r}" for about in unknown)
            raise ModelError(
                f"{self.path}: {len(unknown)} of its statements are not in the set "
                f"{statements.name}, by id or text: {shown}"
            )
        places = [match for match in matches if match]
        seen: dict[tuple[str, Cell], str] = {}
        for row, match in zip(self.rows, places, strict=True):
            cell = row.model, (*match, row.wording, row.order, row.seed)
            first = seen.setdefault(cell, row.where)
            if first != row.where:
                raise ModelError(
                    f"{self.path}: {row.where}: a second reply of {row.model} to "
                    f"{row.about[:60]!r} in wording {row.wording!r}, first in {first}; "
                    "number repetitions in a column 'seed'"
                )
        return places


def read(text: str) -> Recording:
    """The recording that ``FILE[?COLUMN=NAME&...][#MODEL]`` names.

    Raises:
        ModelError: no such file or model, or the file is damaged, binary or lacks a column.
        UsageError: a name after ``?`` is unknown.
    """
    named, _, model = text.partition("#")
    file, _, query = named.partition("?")
    columns = _parse_query(query)
    csv_options = {name: columns.pop(name) for name in CSV_OPTIONS if name in columns}
    path = typed(file)
    replies, raw = rows(path, columns, csv_options)
    if not replies:
        raise ModelError(f"{path}: holds no replies")
    if not any(row.reply.strip() for row in replies):
        raise ModelError(f"{path}: every reply in it is empty")
    digest = hashlib.sha256(raw + b"\0" + repr(sorted(columns.items())).encode()).hexdigest()
    recording = Recording(path, tuple(replies), digest, "number" in columns)
    return recording.of(model) if model else recording


def expanded(specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The models; a recorded file becomes one model for each that it holds, under its name there.

    Raises:
        UsageError: one name is given to a file that holds several models.
    """
    expanded_specs = list[ModelSpec]()
    for spec in specs:
        if spec.backend != "recorded":
            expanded_specs.append(spec)
            continue
        names, named = read(spec.id).models, spec.name != f"recorded:{spec.id}"
        if named and len(names) > 1:
            raise UsageError(
                f"--model {spec.name}=recorded:{spec.id}: it holds {len(names)} models "
                f"({', '.join(names)}); name one, as in {spec.name}=recorded:FILE#{names[0]}"
            )
        base = spec.id.partition("#")[0]
        expanded_specs += [
            replace(spec, name=spec.name if named else name, id=f"{base}#{name}") for name in names
        ]
    return expanded_specs


# --- which statement is meant ------------------------------------------------------------------


def _parse_query(query: str) -> dict[str, str]:
    """Column -> its name in the file, from the part after ``?``."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    for name in values:
        if name not in COLUMNS and name not in CSV_OPTIONS:
            raise UsageError(f"recorded: ?{name}=: {nearest(name, [*COLUMNS, *CSV_OPTIONS])}")
    if {"statement", "number"} <= values.keys():
        raise UsageError("recorded: ?statement= and ?number= say the same in two ways; give one")
    return values


def _normalised(about: str, *, numbered: bool) -> str:
    """The form in which two names of one statement are equal: its number, or single spaces."""
    if numbered:
        match = re.fullmatch(r"\D*?0*(\d+)", about, re.ASCII)
        return match.group(1) if match else about
    return " ".join(about.split())


def _names_of_statements(statements: StatementSet, *, numbered: bool) -> dict[str, StatementRef]:
    """Number, id or text of each statement and mirror -> the statement."""
    names: dict[str, StatementRef] = {}
    for number, statement in enumerate(statements.statements, start=1):
        if numbered:
            names[str(number)] = statement.id, False
            continue
        names[" ".join(statement.text.split())] = statement.id, False
        if statement.mirror:
            names[" ".join(statement.mirror.split())] = statement.id, True
            names[statement.id + MIRRORED] = statement.id, True
    if not numbered:
        names |= {s.id: (s.id, False) for s in statements.statements}
    return names
