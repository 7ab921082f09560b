"""Files of recorded replies -> rows: CSV, JSONL, a run's answers. Knows no set and no option.

Cells are text: formulas of spreadsheets are not evaluated.
"""

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.errors import ModelError, UsageError
from probes.files.escape import NO_NAME
from probes.types import MIRRORED

COLUMNS = {
    "model": "who replied",
    "statement": "the statement's id or exact text; of a mirror ID:mirror or its text",
    "number": "instead of statement: its number in the set from 1 up, such as 7 or pc-07",
    "reply": "the text",
    "wording": "name of the wording, if there are several",
    "order": "0 if the options were listed from disagreement up, 1 if from agreement down",
    "seed": "number of the repetition, if there are several",
}
ORDERS = 2
DEFAULT_WORDING = "sheet"
"""Name of the wording if the file gives none."""


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """One reply, with the values of its row."""

    where: str
    model: str
    about: str
    """The statement's id, text or number."""
    reply: str
    wording: str = DEFAULT_WORDING
    order: int = 0
    seed: int = 0


def rows(
    path: Path, names_given: Mapping[str, str], csv_options: Mapping[str, str]
) -> tuple[list[RecordedReply], bytes]:
    """The rows of a file or run folder, and its bytes.

    Args:
        path: the file; its suffix says which format it has.
        names_given: our column name -> its name in the file.
        csv_options: `delimiter` and `encoding` of a CSV file.

    Raises:
        ModelError: it cannot be read, is damaged, or lacks a column.
        UsageError: there is no such encoding or delimiter.
    """
    if path.is_dir():
        return _run_rows(path)
    raw = _read_bytes(path)
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return list(_jsonl_rows(path, raw, names_given)), raw
    return list(_csv_rows(path, raw, names_given, csv_options)), raw


def _read_bytes(path: Path) -> bytes:
    """The file's bytes."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def _decoded(path: Path, raw: bytes, encoding: str = "utf-8-sig") -> str:
    """The file's text; refused if it is not text in this encoding."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        hint = "; if it is CSV, name its encoding: recorded:FILE?encoding=cp1252"
        raise ModelError(f"{path}: not text in UTF-8 (byte {error.start}){hint}") from None
    except LookupError:
        raise UsageError(f"recorded: ?encoding={encoding}: there is no such encoding") from None
    if "\0" in text:
        raise ModelError(f"{path}: a binary file, neither CSV nor JSONL")
    return text


def _csv_rows(
    path: Path, raw: bytes, names_given: Mapping[str, str], csv_options: Mapping[str, str]
) -> Iterator[RecordedReply]:
    """The rows of a CSV file."""
    text = _decoded(path, raw, csv_options.get("encoding", "utf-8-sig"))
    delimiter = {"tab": "\t", "": ","}.get(mark := csv_options.get("delimiter", ""), mark)
    if len(delimiter) != 1:
        raise UsageError(f"recorded: ?delimiter={mark}: must be one character, or 'tab'")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns, names = list[str](), dict[str, str]()
    try:
        for cells in reader:
            where = f"line {reader.line_num}"
            if not any(cells):
                continue
            if not columns:
                columns = [cell.strip() for cell in cells]
                names = _columns_in_file(path, columns, names_given)
                continue
            if len(cells) != len(columns):
                too_many = len(cells) > len(columns)
                hint = "a reply with commas needs quotes" if too_many else "is the file cut off?"
                counts = f"{len(cells)} cells, the first line {len(columns)}"
                raise ModelError(f"{path}: {where}: has {counts}; {hint}")
            yield _row(path, where, dict(zip(columns, cells, strict=True)), names)
    except csv.Error as error:
        raise ModelError(f"{path}: line {reader.line_num}: not CSV: {error}") from None


def _jsonl_rows(path: Path, raw: bytes, names_given: Mapping[str, str]) -> Iterator[RecordedReply]:
    """The rows of a JSONL file, or of a run's answers."""
    model, names = "", dict[str, str]()
    for number, line in enumerate(_decoded(path, raw).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            raise ModelError(f"{path}: line {number}: not JSON; is the file cut off?") from None
        if not isinstance(entry, dict):
            raise ModelError(f"{path}: line {number}: should be a JSON object")
        if number == 1 and "format" in entry and isinstance(entry.get("model"), dict):
            model = str(entry["model"].get("name", ""))
        elif model:
            yield from _answer_rows(path, f"line {number}", entry, model)
        else:
            names = names or _columns_in_file(path, list(entry), names_given)
            yield _row(path, f"line {number}", entry, names)


def _answer_rows(
    path: Path, where: str, entry: Mapping[str, object], model: str
) -> Iterator[RecordedReply]:
    """The reply in a line of a run's answers; blanks, controls and missing replies are left out."""
    if entry.get("logprobs") is not None:
        raise ModelError(
            f"{path}: {where}: holds probabilities, not replies; `probes place` places such a run"
        )
    if entry.get("role") in {"statement", "mirror"} and entry.get("reply") is not None:
        about = str(entry.get("statement")) + (MIRRORED if entry["role"] == "mirror" else "")
        names = {name: name for name in ("reply", "wording", "order", "seed", "model", "statement")}
        yield _row(path, where, {**entry, "model": model, "statement": about}, names)


def _run_rows(path: Path) -> tuple[list[RecordedReply], bytes]:
    """The rows of all answer files of a run folder."""
    folder = path / "answers" if (path / "answers").is_dir() else path
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ModelError(f"{path}: a folder without answers (*.jsonl)")
    contents = [_read_bytes(file) for file in files]
    rows = [
        row for file, raw in zip(files, contents, strict=True) for row in _jsonl_rows(file, raw, {})
    ]
    return rows, b"".join(contents)


def _columns_in_file(
    path: Path, columns: Sequence[str], names_given: Mapping[str, str]
) -> dict[str, str]:
    """Our column name -> its name in the file; optional columns that it lacks are left out."""
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    subject = "number" if "number" in names_given else "statement"
    names = {
        name: names_given.get(name, name) for name in COLUMNS if name not in {"statement", "number"}
    }
    names["statement"] = names_given.get(subject, subject)
    for role, name in names.items():
        if name in repeated:
            raise ModelError(f"{path}: the column {name!r} stands twice")
        if name not in columns and (role in names_given or role in {"model", "statement", "reply"}):
            raise ModelError(
                f"{path}: has no column {name!r} ({COLUMNS[role]}): there are "
                f"{', '.join(columns)}; if another one is meant: recorded:FILE?{role}=ITS-NAME"
            )
    return {role: name for role, name in names.items() if name in columns}


def _row(
    path: Path, where: str, cells: Mapping[str, object], names: Mapping[str, str]
) -> RecordedReply:
    """One row's reply; every value is checked."""
    values = {role: _cell_text(path, where, name, cells.get(name)) for role, name in names.items()}
    for role in ("model", "statement"):
        if not values[role].strip():
            raise ModelError(f"{path}: {where}: {names[role]} is empty")
    for role in ("model", "wording"):
        if NO_NAME.search(values.get(role, "").strip()):
            raise ModelError(f"{path}: {where}: {names[role]} holds a control character")
    wording = values.get("wording", "").strip() or DEFAULT_WORDING
    if "{" in wording or "}" in wording:
        raise ModelError(f"{path}: {where}: the name of a wording cannot hold braces: {wording!r}")
    order, seed = (
        _whole_number(path, where, role, values.get(role, "")) for role in ("order", "seed")
    )
    if order >= ORDERS:
        raise ModelError(f"{path}: {where}: order is {COLUMNS['order']}; not {order}")
    about = values["statement"].strip()
    return RecordedReply(
        where, values["model"].strip(), about, values["reply"], wording, order, seed
    )


def _cell_text(path: Path, where: str, name: str, value: object) -> str:
    """A value of a row as text; refused if it is no text and no number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value == int(value) else str(value)
    raise ModelError(f"{path}: {where}: {name} should be text, not {type(value).__name__}")


def _whole_number(path: Path, where: str, role: str, text: str) -> int:
    """The whole number in a cell, 0 if it is empty."""
    if text.strip() and not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        raise ModelError(f"{path}: {where}: {role} should be a whole number, not {text[:40]!r}")
    return int(text.strip() or 0)
