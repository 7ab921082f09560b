"""Makes the statements of a set from records of a foreign table, by a mapping of columns.

Options, or the format, name the column of each value. The key is read only from the column named
for it: a statement with an empty cell there has no key, and is listed as a gap.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from probes.errors import SetError, UsageError
from probes.files.foreign_tables import ForeignRecord, require_column
from probes.importers import _head
from probes.importers._head import plain_id

OPTIONS = {
    "id": "column with the ids (left out: numbered q1, q2 ...)",
    "text": "column with the texts",
    "agree": "column with the pole that agreeing pulls to; needs axes",
    "effects": "columns with signed weights, AXIS:COLUMN,... (or AXIS,... where they are one)",
    "loading": "column with the axis of a statement, and that of its weight, AXIS:WEIGHT",
    "mirror": "column with the mirrors",
    "topic": "column with the topics",
    "extremity": "column with 1 (mild) or 2 (strong)",
}
"""Option -> its explanation; ``column`` means key if the format is JSON."""


_COLUMN_NAME = re.compile(r"[^\s_]*(?:_+[^\s_]+){2,}(?<=[.!?])")
"""Matches a sentence of three words joined by underscores; translation keys have no full stop."""
_NUMBER = re.compile(r"^\d{1,3}\._")
"""Matches the number of a question before its text."""


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """Records of a foreign file, and the names of its columns (or keys)."""

    source: Path
    columns: tuple[str, ...]
    rows: tuple[ForeignRecord, ...]
    word: Literal["column", "key"]


def from_objects(source: Path, entries: list[dict[str, object]]) -> ForeignTable:
    """The objects of a JSON list as records."""
    keys = dict.fromkeys(key for entry in entries for key in entry)
    rows = tuple(ForeignRecord(f"entry {n}", entry) for n, entry in enumerate(entries, start=1))
    return ForeignTable(source, tuple(keys), rows, "key")


def as_set(
    records: ForeignTable,
    paths: Sequence[Path],
    options: Mapping[str, str],
    defaults: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A set of all records, as plain data; `axes` only if options name them.

    Args:
        records: The table.
        paths: Files of the table.
        options: Given by the user, merged over the format's defaults; must have ``text``.
        defaults: Values of the set's head from the files.

    Raises:
        SetError: a column is missing, or a cell is invalid.
        UsageError: the options do not fit the table, or each other.
    """
    typed_axes = _head.axes(options.get("axes", ""))
    if "text" not in options:
        raise UsageError(
            f"{records.source}: say which {records.word} holds the texts: --option text=NAME "
            f"({', '.join(records.columns)})"
        )
    if "agree" in options and "effects" in options:
        raise UsageError("--option agree and --option effects say the same in two ways; give one")
    if "agree" in options and not typed_axes:
        raise UsageError("--option agree holds poles: add --option axes=NAME:NEGATIVE:POSITIVE")
    if "loading" in options and ("agree" in options or "effects" in options):
        raise UsageError("--option loading says what agree and effects say; give one of them")
    roles = {role: column for role, column in options.items() if role in OPTIONS}
    if "loading" in roles:
        roles["axis"], roles["weight"] = _axis_and_column(roles.pop("loading"))
    weights = dict(_axis_and_column(p) for p in roles.pop("effects", "").split(",") if p.strip())
    for column in [*roles.values(), *weights.values()]:
        require_column(records.source, records.columns, column, SetError, word=records.word)
    entries = [_statement(records, n, roles, weights) for n in range(1, len(records.rows) + 1)]
    notes = _spaced(entries)
    if "axis" in roles:
        loaded = (cast("Mapping[str, object]", e.get("effects", {})) for e in entries)
        weights = dict.fromkeys((axis for effects in loaded for axis in effects), "")
    axes = _head.with_axes(weights, typed_axes, {}) if weights else typed_axes
    statement_set = _head.head(paths, options, defaults) | ({"axes": axes} if axes else {})
    return statement_set | {"statements": entries} | ({"notes": notes} if notes else {})


def _spaced(entries: Sequence[dict[str, object]]) -> list[str]:
    """Replace underscores by spaces in texts that are sentences (names of columns have none);
    returns a note with the number of such statements."""
    changed = 0
    for entry in entries:
        before = dict(entry)
        for role in ("text", "mirror"):
            if role in entry and _COLUMN_NAME.fullmatch(text := str(entry[role])):
                entry[role] = _NUMBER.sub("", text, count=1).replace("_", " ").strip()
        changed += entry != before
    if not changed:
        return []
    return [f"underscores between words became blanks in {changed} of {len(entries)} statements"]


def _statement(
    records: ForeignTable, number: int, roles: Mapping[str, str], weights: Mapping[str, str]
) -> dict[str, object]:
    """The statement in a row, with the keys that `sets` defines."""
    row = records.rows[number - 1]

    def cell(role: str) -> str:
        return cell_text(records, row, roles[role]) if role in roles else ""

    statement: dict[str, object] = {"id": f"q{number}", "text": cell("text")}
    if not statement["text"]:
        raise SetError(f"{records.source}: {row.where}: {roles['text']} is empty")
    if "id" in roles:
        statement["id"] = plain_id(cell("id"))
        if not statement["id"]:
            raise SetError(f"{records.source}: {row.where}: {roles['id']} holds no id")
    statement |= {role: cell(role) for role in ("agree", "mirror", "topic") if cell(role)}
    effects = {axis: _weight(records, row, column) for axis, column in weights.items()}
    if "axis" in roles and (axis := plain_id(cell("axis"))):
        effects = {axis: _weight(records, row, roles["weight"])}
    if any(weight is not None for weight in effects.values()):
        statement["effects"] = {axis: weight for axis, weight in effects.items() if weight}
    if extremity := cell("extremity"):
        if extremity not in {"1", "2"}:
            raise SetError(f"{records.source}: {row.where}: extremity is 1 or 2, not {extremity}")
        statement["extremity"] = int(extremity)
    return statement


def cell_text(records: ForeignTable, row: ForeignRecord, column: str) -> str:
    """The text of a cell, stripped; empty for None."""
    value = row.values.get(column)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise SetError(f"{records.source}: {row.where}: {column} should be text, not a list or object")


def _weight(records: ForeignTable, row: ForeignRecord, column: str) -> int | float | None:
    """The number in a cell, int if whole; None if it is empty."""
    text = cell_text(records, row, column)
    if not text:
        return None
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SetError(
            f"{records.source}: {row.where}: {column} should be a number, not {text!r:.60}"
        )
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _axis_and_column(part: str) -> tuple[str, str]:
    axis, _, column = part.partition(":")
    return axis.strip(), column.strip() or axis.strip()
