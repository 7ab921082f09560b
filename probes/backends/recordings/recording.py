"""Recorded replies: a file -> the replies of each of its models to each statement.

``FILE[?COLUMN=NAME&...][#MODEL]`` is a CSV or JSONL file with the columns (or keys) of `COLUMNS`;
``?`` gives their names in the file, ``#`` selects one model. A run's folder or one of its
``answers/*.jsonl`` can be given too. Replies are not interpreted here.
"""

import hashlib
import re
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

from probes.backends.recordings import logs, sheet
from probes.backends.recordings.rows import COLUMNS, RecordedReply, folder, rows, variant_name
from probes.errors import ModelError, UsageError, nearest
from probes.files.escape import expand_user
from probes.files.text import read_bytes
from probes.types import MIRRORED, StatementSet

SHOWN = 5
"""Maximum number of statements named in a message."""
WAYS = ("delimiter", "encoding", "sheet")
"""Other options after ``?``: the format of a CSV file, and the sheet of questions."""
Place = tuple[str, int, bool]
"""``(statement id, variant, whether it is the mirror)``."""
_Pairs = tuple[tuple[str, str], ...]
Cell = tuple[str, int, bool, str, int, int]
"""``(statement id, variant, mirrored, wording, order, seed)``."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded replies in a file."""

    path: Path
    rows: tuple[RecordedReply, ...]
    sha256: str
    """Hash of the file and of the names of its columns."""
    numbered: bool = False
    """Whether statements are given by their number in the set."""

    @property
    def scored(self) -> bool:
        """Whether the rows are probabilities of options instead of texts."""
        return any(row.logprobs is not None for row in self.rows)

    @property
    def models(self) -> list[str]:
        """The names of the models that replied, in order of appearance."""
        return list(dict.fromkeys(row.model for row in self.rows))

    def of(self, model: str) -> "Recording":
        """The replies of one model.

        Raises:
            ModelError: there are none.
        """
        if model not in self.models:
            near = nearest(model, self.models)
            raise ModelError(f"{self.path}: holds no replies of {model!r}: {near}")
        return replace(self, rows=tuple(row for row in self.rows if row.model == model))

    def require_set(self, statements: StatementSet) -> None:
        """Check that samples with a cell are about this version of the set.

        Raises:
            ModelError: one is not.
        """
        for row in self.rows:
            cell = row.cell
            if cell is not None and cell.set_sha256 != statements.sha256:
                raise ModelError(
                    f"{self.path}: {row.where}: is about the set {cell.set} of sha256 "
                    f"{cell.set_sha256[:12]}..., not the set {statements.name} of sha256 "
                    f"{statements.sha256[:12]}..."
                )

    def places(self, statements: StatementSet) -> list[Place]:
        """The statement of each row.

        Raises:
            ModelError: some are not in the set (the first are listed), or a row is repeated.
        """
        self.require_set(statements)
        place_of = places_by_name(statements, numbered=self.numbered)
        row_places = [
            place_of.get(comparable(row.about, numbered=self.numbered)) for row in self.rows
        ]
        located = zip(self.rows, row_places, strict=True)
        unknown = dict.fromkeys(row.about for row, place in located if not place)
        if unknown:
            shown = ", ".join(f"{about[:60]!r}" for about in [*unknown][:SHOWN])
            raise ModelError(
                f"{self.path}: {len(unknown)} of its statements "
                f"{'is' if len(unknown) == 1 else 'are'} not in the set {statements.name}, by id "
                f"or text: {shown}{', ...' if len(unknown) > SHOWN else ''}"
            )
        places = [place for place in row_places if place]
        seen: dict[tuple[str, Cell], str] = {}
        for row, place in zip(self.rows, places, strict=True):
            cell = row.model, (*place, row.wording, row.order, row.seed)
            first = seen.setdefault(cell, row.where)
            if first != row.where:
                whose = f" of {row.model}" if row.model else ""
                raise ModelError(
                    f"{self.path}: {row.where}: a second reply{whose} to "
                    f"{row.about[:60]!r} in wording {row.wording!r}, first in {first}; "
                    "number repetitions in a column 'seed'"
                )
        return places


def read(text: str) -> Recording:
    """Read the recording ``FILE[?COLUMN=NAME&...][#MODEL]``.

    Raises:
        ModelError: the file is missing, damaged or binary, or lacks a column.
        UsageError: an option after ``?`` is invalid.
    """
    named, _, model = text.partition("#")
    file, _, query = named.partition("?")
    query_options = _parse_query(query)
    csv_options = {name: query_options.pop(name) for name in WAYS if name in query_options}
    path = expand_user(file)
    try:
        state = path.stat().st_mtime_ns if path.is_file() else time.monotonic_ns()
    except OSError:
        state = 0  # `rows` raises the error
    options = (tuple(sorted(named.items())) for named in (query_options, csv_options))
    recording = _recording(path, *options, state)
    return recording.of(model) if model else recording


@lru_cache(1)
def _recording(path: Path, named: _Pairs, csv_options: _Pairs, _state: int) -> Recording:
    """All models of a file; cached, so that a file with many models is read once."""
    options = dict(csv_options)
    sheet_file = Path(options.pop("sheet")) if "sheet" in options else None
    replies, raw = _read(path, dict(named), options, by_sheet=sheet_file is not None)
    if not replies:
        raise ModelError(f"{path}: holds no replies")
    if not any(row.reply.strip() or row.logprobs for row in replies):
        raise ModelError(f"{path}: every reply in it is empty")
    if sheet_file is not None:
        replies = sheet.matched(path, replies, sheet_file)
        raw += read_bytes(sheet_file, ModelError)
    digest = hashlib.sha256(raw + b"\0" + repr(list(named)).encode()).hexdigest()
    return Recording(path, tuple(replies), digest, "number" in dict(named))


def _read(
    path: Path, named: dict[str, str], csv_options: dict[str, str], *, by_sheet: bool
) -> tuple[list[RecordedReply], bytes]:
    """``(rows, bytes)`` of a folder, a log of another program, or a table."""
    if path.is_dir():
        return folder(path)
    raw = read_bytes(path, ModelError)
    replies = logs.rows(path, raw, named, sheet=by_sheet)
    return rows(path, raw, named, csv_options) if replies is None else replies, raw


# --- identifying statements --------------------------------------------------------------------


def _parse_query(query: str) -> dict[str, str]:
    """Column or option -> value, from the text after ``?``."""
    plain = query.replace("+", "%2B")  # typed by hand: a plus is not a space
    query_options = dict(parse_qsl(plain, keep_blank_values=True))
    for name in query_options:
        if name not in COLUMNS and name not in WAYS:
            raise UsageError(f"recorded: ?{name}=: {nearest(name, [*COLUMNS, *WAYS])}")
    if {"statement", "number"} <= query_options.keys():
        raise UsageError("recorded: ?statement= and ?number= say the same in two ways; give one")
    return query_options


def comparable(about: str, *, numbered: bool) -> str:
    """The normalized form of a statement's id, text or number, for comparison."""
    if numbered:
        match = re.fullmatch(r"\D*?0*(\d+)", about, re.ASCII)
        return match.group(1) if match else about
    return " ".join(about.split())


def places_by_name(statements: StatementSet, *, numbered: bool) -> dict[str, Place]:
    """Normalized id, text or number of a statement or mirror -> its place."""
    places: dict[str, Place] = {}
    for number, statement in enumerate(statements.statements, start=1):
        if numbered:
            places[str(number)] = statement.id, 0, False
            continue
        for version in statement.versions:
            version_key = statement.id, version.variant
            places[" ".join(version.text.split())] = *version_key, False
            places[variant_name(*version_key) + MIRRORED] = *version_key, True
            if version.mirror:
                places[" ".join(version.mirror.split())] = *version_key, True
    if not numbered:
        versions = (v for s in statements.statements for v in s.versions)
        places |= {variant_name(v.id, v.variant): (v.id, v.variant, False) for v in versions}
    return places
