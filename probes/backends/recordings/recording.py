"""Recorded replies: a file -> what each model in it said of each statement.

``FILE[?COLUMN=NAME&...][#MODEL]`` is a CSV or JSONL file with the columns (or keys) of `COLUMNS`;
``?`` says what they are called in it, ``#`` picks one model. A folder of a run, or one of its
``answers/*.jsonl``, will do as well. What replies mean is no matter of this module.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

from probes.backends.recordings.rows import COLUMNS, RecordedReply, rows
from probes.errors import ModelError, UsageError, nearest
from probes.files.escape import typed
from probes.types import MIRRORED, StatementSet

WAYS = ("delimiter", "encoding")
"""What else ``?`` may say, of CSV files."""
Place = tuple[str, bool]
"""A statement's id, and whether it is its mirror."""
Cell = tuple[str, bool, str, int, int]
"""Statement, mirror, wording, order, seed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The replies of a file."""

    path: Path
    rows: tuple[RecordedReply, ...]
    sha256: str
    """Of the file, and of how its columns are read."""
    numbered: bool = False
    """Statements go by their number in the set."""

    @property
    def models(self) -> list[str]:
        """Who replied, in order of appearance."""
        return list(dict.fromkeys(row.model for row in self.rows))

    def of(self, model: str) -> "Recording":
        """The replies of one model.

        Raises:
            ModelError: it holds none.
        """
        if model not in self.models:
            near = nearest(model, self.models)
            raise ModelError(f"{self.path}: holds no replies of {model!r}: {near}")
        return replace(self, rows=tuple(row for row in self.rows if row.model == model))

    def places(self, statements: StatementSet) -> list[Place]:
        """The statement that each row is about.

        Raises:
            ModelError: some are not in the set (all of them are listed), or a row stands twice.
        """
        known = _known(statements, numbered=self.numbered)
        found = [known.get(_key(row.about, numbered=self.numbered)) for row in self.rows]
        unknown = dict.fromkeys(r.about for r, at in zip(self.rows, found, strict=True) if not at)
        if unknown:
            shown = ", ".join(f"{about[:60]!r}" for about in unknown)
            raise ModelError(
                f"{self.path}: {len(unknown)} of its statements are not in the set "
                f"{statements.name}, by id or text: {shown}"
            )
        places = [place for place in found if place]
        seen: dict[tuple[str, Cell], str] = {}
        for row, place in zip(self.rows, places, strict=True):
            cell = row.model, (*place, row.wording, row.order, row.seed)
            first = seen.setdefault(cell, row.where)
            if first != row.where:
                raise ModelError(
                    f"{self.path}: {row.where}: a second reply of {row.model} to "
                    f"{row.about[:60]!r} in wording {row.wording!r}, first in {first}; "
                    "number repetitions in a column 'seed'"
                )
        return places


def read(text: str) -> Recording:
    """The recording that ``FILE[?COLUMN=NAME&...][#MODEL]`` means.

    Raises:
        ModelError: there is none, it is damaged or binary, or lacks a column.
        UsageError: what follows ``?`` cannot mean anything.
    """
    named, _, model = text.partition("#")
    file, _, query = named.partition("?")
    said = _said(query)
    ways = {name: said.pop(name) for name in WAYS if name in said}
    path = typed(file)
    found, raw = rows(path, said, ways)
    if not found:
        raise ModelError(f"{path}: holds no replies")
    if not any(row.reply.strip() for row in found):
        raise ModelError(f"{path}: every reply in it is empty")
    digest = hashlib.sha256(raw + b"\0" + repr(sorted(said.items())).encode()).hexdigest()
    recording = Recording(path, tuple(found), digest, "number" in said)
    return recording.of(model) if model else recording


# --- which statement is meant ------------------------------------------------------------------


def _said(query: str) -> dict[str, str]:
    """Column -> its name in the file, from what follows ``?``."""
    said = dict(parse_qsl(query, keep_blank_values=True))
    for name in said:
        if name not in COLUMNS and name not in WAYS:
            raise UsageError(f"recorded: ?{name}=: {nearest(name, [*COLUMNS, *WAYS])}")
    if {"statement", "number"} <= said.keys():
        raise UsageError("recorded: ?statement= and ?number= say the same in two ways; give one")
    return said


def _key(about: str, *, numbered: bool) -> str:
    """What names of the same statement have in common."""
    if numbered:
        found = re.fullmatch(r"\D*?0*(\d+)", about, re.ASCII)
        return found.group(1) if found else about
    return " ".join(about.split())


def _known(statements: StatementSet, *, numbered: bool) -> dict[str, Place]:
    """Name of a statement, or of a mirror -> which one it is."""
    found: dict[str, Place] = {}
    for number, statement in enumerate(statements.statements, start=1):
        if numbered:
            found[str(number)] = statement.id, False
            continue
        found[" ".join(statement.text.split())] = statement.id, False
        if statement.mirror:
            found[" ".join(statement.mirror.split())] = statement.id, True
            found[statement.id + MIRRORED] = statement.id, True
    if not numbered:
        found |= {s.id: (s.id, False) for s in statements.statements}
    return found
