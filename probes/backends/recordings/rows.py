"""Files of recorded replies -> rows: CSV, JSON, a run's answers. Independent of sets and options.

Cells are plain text: formulas are not evaluated. In JSON a column may be a path such as
``response.text``; output of OpenAI's batch API is recognized by its keys.
"""

import contextlib
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.backends.recordings import json_entries
from probes.backends.recordings.cell import SampleCell
from probes.errors import ModelError
from probes.files.escape import NO_NAME
from probes.files.foreign_tables import TableOptions, csv_records, require_column
from probes.files.nested import at_path
from probes.files.text import (
    decode,
    marked_encoding,
    read_bytes,
)
from probes.types import MIRRORED

COLUMNS = {
    "model": "who replied",
    "statement": "the statement's id or exact text; of a mirror ID:mirror or its text, of variant "
    "number 1 ID:1, of its mirror ID:1:mirror",
    "number": "instead of statement: its number in the set from 1 up, such as 7 or pc-07",
    "reply": "the text",
    "wording": "name of the wording, if there are several",
    "order": "0 if the options were listed from disagreement up, 1 if from agreement down",
    "seed": "number of the repetition, if there are several",
}
BATCH = {
    "model": "response.body.model",
    "statement": "custom_id",
    "reply": "response.body.choices.0.message.content",
}
"""Our column -> its path in a line of OpenAI's batch output; failed requests have no reply."""
ORDERS = 2
"""Number of orders of options."""
TYPED = "'recorded:FILE?{}'"
"""How a column or option of a file is given on the command line."""
SHEET = "sheet"
"""Default name of the wording."""


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """One reply, as in the file."""

    where: str
    """Position in the file, for messages."""
    model: str
    """Name of the model; empty if the file does not give it."""
    about: str
    """The statement by id, text or number."""
    reply: str
    wording: str = SHEET
    order: int = 0
    seed: int = 0
    cell: SampleCell | None = None
    """The cell of the row, if the file gives it."""
    logprobs: Mapping[str, float] | None = None
    """Option label -> natural log-probability, instead of a text."""
    before: str = ""
    """The text before the slot, if there are probabilities."""


def rows(
    path: Path, raw: bytes, named: Mapping[str, str], csv_options: Mapping[str, str]
) -> list[RecordedReply]:
    """The rows of a file.

    Args:
        path: the file; its suffix gives the format.
        raw: its bytes.
        named: our column -> its name in the file.
        csv_options: `delimiter` and `encoding`.

    Raises:
        ModelError: the file cannot be read, is damaged, or lacks a column.
        UsageError: the encoding or delimiter is unknown.
    """
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return list(_replies(path, json_entries.lines(path, raw), named))
    if path.suffix.lower() == ".json":
        return list(_replies(path, json_entries.entries(path, raw), named))
    encoding = csv_options.get("encoding") or marked_encoding(raw)
    text = decode(raw, path, "CSV", ModelError, encoding, TYPED)
    options = TableOptions(ModelError, TYPED, csv_options.get("delimiter", ""))
    columns, records = csv_records(path, io.StringIO(text, newline=""), options)
    names = column_names(path, columns, named)
    return [row(path, record.where, record.values, names) for record in records]


def _replies(
    path: Path, located: Iterable[tuple[str, object]], named: Mapping[str, str]
) -> Iterator[RecordedReply]:
    """The rows of a JSON file, or of a run's answers."""
    model, names, entries = "", dict[str, str](), [*located]
    keys = [*dict.fromkeys(k for _, entry in entries if isinstance(entry, dict) for k in entry)]
    for number, (where, entry) in enumerate(entries):
        if not isinstance(entry, dict):
            raise ModelError(f"{path}: {where}: should be a JSON object")
        if number == 0 and "format" in entry and isinstance(entry.get("model"), dict):
            model = str(entry["model"].get("name", ""))
        elif model:
            yield from _reply_of_answer(path, where, entry, model)
        else:
            is_batch = {"custom_id", "response"} <= entry.keys()
            if is_batch and _at(entry, BATCH["model"]) is None:
                continue  # a failed request has no reply
            batch = BATCH if is_batch else {}
            names = names or column_names(path, keys, {**batch, **named})
            yield row(path, where, flat(entry, names), names)


def flat(entry: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """Path -> value, for the paths in `names`; None for a missing value."""
    values = {name: _at(entry, name) for name in names.values()}
    if values.get(BATCH["reply"], "") is None:
        values[BATCH["reply"]] = _at(entry, BATCH["reply"].replace("content", "refusal"))
    return values


def _at(entry: Mapping[str, object], path: str) -> object:
    with contextlib.suppress(KeyError):
        return at_path(entry, path)
    return None


def _reply_of_answer(
    path: Path, where: str, entry: Mapping[str, object], model: str
) -> Iterator[RecordedReply]:
    """The reply in a line of a run's answers; none for blanks, controls and missing replies."""
    if entry.get("logprobs") is not None:
        raise ModelError(
            f"{path}: {where}: holds probabilities, not replies; `probes place` places such a run"
        )
    if entry.get("role") in {"statement", "mirror"} and entry.get("reply") is not None:
        about = variant_name(str(entry.get("statement")), entry.get("variant", 0))
        about += MIRRORED if entry["role"] == "mirror" else ""
        names = {name: name for name in ("reply", "wording", "order", "seed", "model", "statement")}
        yield row(path, where, {**entry, "model": model, "statement": about}, names)


def variant_name(statement: str, variant: object) -> str:
    """Name of a statement's variant in a file: ``ID:1``; ``ID`` for the statement's own text."""
    return f"{statement}:{variant}" if variant else statement


def folder(path: Path) -> tuple[list[RecordedReply], bytes]:
    """``(rows, bytes)`` of the answers in a run's folder.

    Raises:
        ModelError: there are no answers, they are damaged, or they are not texts.
    """
    inside = path / "answers" if (path / "answers").is_dir() else path
    files = sorted(inside.glob("*.jsonl"))
    if not files:
        raise ModelError(f"{path}: a folder without answers (*.jsonl)")
    contents = [read_bytes(file, ModelError) for file in files]
    rows = [
        row
        for file, raw in zip(files, contents, strict=True)
        for row in _replies(file, json_entries.lines(file, raw), {})
    ]
    return rows, b"".join(contents)


def column_names(path: Path, columns: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """Our column -> its name in the file; optional columns that the file lacks are left out."""
    subject = "number" if "number" in named else "statement"
    names = {name: named.get(name, name) for name in COLUMNS if name not in {"statement", "number"}}
    names["statement"] = named.get(subject, subject)
    tops = {role: n if n in columns else n.partition(".")[0] for role, n in names.items()}
    for role, name in tops.items():
        if name in columns or role in named or role in {"statement", "reply"}:
            option = subject if role == "statement" else role
            typed = TYPED.format(f"{option}=ITS-NAME")
            hint = f"it says {COLUMNS[option]}; if another one is meant: {typed}"
            require_column(path, columns, name, ModelError, hint)
    return {role: name for role, name in names.items() if tops[role] in columns}


def row(
    path: Path, where: str, cells: Mapping[str, object], names: Mapping[str, str]
) -> RecordedReply:
    """Build a row from its cells; `names` maps our columns to their names in `cells`.

    Raises:
        ModelError: a required cell is empty, or a value is invalid for its column.
    """
    values = {role: _as_text(path, where, name, cells.get(name)) for role, name in names.items()}
    for role in ("model", "statement"):
        if not values.get(role, "unnamed").strip():
            raise ModelError(f"{path}: {where}: {names[role]} is empty")
    for role in ("model", "wording"):
        if NO_NAME.search(values.get(role, "").strip()):
            raise ModelError(f"{path}: {where}: {names[role]} holds a control character")
    wording = values.get("wording", "").strip() or SHEET
    if "{" in wording or "}" in wording:
        raise ModelError(f"{path}: {where}: the name of a wording cannot hold braces: {wording!r}")
    order, seed = (_number(path, where, role, values.get(role, "")) for role in ("order", "seed"))
    if order >= ORDERS:
        raise ModelError(f"{path}: {where}: order is {COLUMNS['order']}; not {order}")
    about = values["statement"].strip()
    model = values.get("model", "").strip()
    return RecordedReply(where, model, about, values.get("reply", ""), wording, order, seed)


def _as_text(path: Path, where: str, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value == int(value) else str(value)
    raise ModelError(f"{path}: {where}: {name} should be text, not {type(value).__name__}")


def _number(path: Path, where: str, role: str, text: str) -> int:
    if text.strip() and not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        raise ModelError(f"{path}: {where}: {role} should be a whole number, not {text[:40]!r}")
    return int(text.strip() or 0)
