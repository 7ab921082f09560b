"""Logs of other evaluation programs -> rows of recorded replies.

A log is recognized by its suffix (``.eval``) or its keys. All samples of a log are matched with
statements in one way: by the cell that `probes export` wrote; by `statement` in the users' own
values (metadata); or by the prompt's text. ``?statement=PATH`` gives another key, ``?sheet=FILE`` a
sheet of questions (see `sheet`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from probes.backends.recordings import cell, inspect_log, lm_eval, promptfoo
from probes.backends.recordings.log import Entry, ForeignLog
from probes.backends.recordings.rows import (
    RecordedReply,
    column_names,
    flat,
    row,
    variant_name,
)
from probes.errors import ModelError
from probes.types import MIRRORED


def rows(
    path: Path, raw: bytes, named: Mapping[str, str], *, sheet: bool
) -> list[RecordedReply] | None:
    """The rows of a log; None if the file is not a log of a known program.

    Args:
        path: The file.
        raw: Its bytes.
        named: Our column -> its path, as given by the user.
        sheet: Whether statements are matched by the prompt's text.

    Raises:
        ModelError: the log is damaged, of a newer version, or has no readable replies.
        UsageError: the program's library is needed and not installed.
    """
    log = _log(path, raw)
    if log is None:
        return None
    if log.exported and not sheet and not {"statement", "number"} & named.keys():
        return list(_of_cells(path, log, named))
    columns = log.columns(named, sheet=sheet)
    keys = dict.fromkeys(key for _, entry in log.entries for key in entry)
    names = column_names(path, [*keys], columns)
    cells = [(where, flat(entry, names)) for where, entry in log.entries]
    replied = [(where, values) for where, values in cells if values[names["reply"]] is not None]
    return [row(path, where, values, names) for where, values in replied]


def _log(path: Path, raw: bytes) -> ForeignLog | None:
    suffix = path.suffix.lower()
    if suffix == ".eval":
        return inspect_log.from_eval(path)
    if suffix in {".jsonl", ".ndjson"}:
        first = _object(raw[: end if (end := raw.find(b"\n")) >= 0 else None])
        return lm_eval.read(path, raw) if first and first.keys() >= lm_eval.KEYS else None
    content = _object(raw) if suffix == ".json" else None
    if content is None:  # another format, JSON lines, or truncated
        return None
    if {"version", "eval"} <= content.keys():
        return inspect_log.from_json(path, content)
    results = content.get("results")
    if isinstance(results, Mapping) and {"version", "results"} <= results.keys():
        return promptfoo.read(path, cast("Mapping[str, object]", results))
    if b"\n" in raw.strip():
        shown = ", ".join(repr(key)[:40] for key in [*content][:5])
        raise ModelError(
            f"{path}: one JSON object ({shown}) that is neither a log of Inspect nor results of "
            "promptfoo; replies stand in an array, or an object a line"
        )
    return None


def _of_cells(path: Path, log: ForeignLog, named: Mapping[str, str]) -> Iterator[RecordedReply]:
    """The rows of samples with cells; blanks and controls are used only with probabilities."""
    names = {role: named.get(role, role) for role in ("model", "reply")}
    names |= {role: role for role in ("statement", "wording", "order", "seed")}
    for where, entry in log.entries:
        sample_cell = cell.read(path, where, cell.of(entry, log.own))
        scores = cast("dict[str, float] | None", entry.get(lm_eval.SCORES))
        is_claim = sample_cell.role in {"statement", "mirror"}
        if scores is None and (not is_claim or entry.get("reply") is None):
            continue
        about = variant_name(sample_cell.statement, sample_cell.variant) + (
            MIRRORED if sample_cell.mirrored else ""
        )
        cells = {
            **flat(entry, {role: name for role, name in names.items() if name in entry}),
            "statement": about,
            "wording": sample_cell.wording,
            "order": sample_cell.order,
            "seed": sample_cell.seed,
        }
        present = {role: name for role, name in names.items() if name in cells}
        if scores is None:
            yield replace(row(path, where, cells, present), cell=sample_cell)
            continue
        before = str(cast("Mapping[str, object]", entry["doc"]).get(lm_eval.BEFORE))
        scored = row(path, where, {**cells, "order": 0}, present)
        yield replace(
            scored, order=sample_cell.order, cell=sample_cell, logprobs=scores, before=before
        )


def _object(raw: bytes) -> Entry | None:
    """The JSON object in these bytes; None if they are something else."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
