"""Stances on disk: one JSONL file per model, a header line and then one reply per line.

A line holds a stance model's logits for each hypothesis about a reply; its key is that of the first
answer with that statement and reply. Appending is done by `journal`. Interpretation of the logits
is in `stance`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter, ValidationError

from probes.errors import RunError
from probes.evidence.sound import is_number
from probes.files.journal import Journal, json_object, lines
from probes.types import ModelInfo, Verdict

FORMAT = 1
LOGITS = 3
MEND = "remove the file to judge the replies again"


@dataclass(frozen=True, slots=True)
class StanceHeader:
    """First line of a stances file: the stance model and the plan."""

    model: ModelInfo
    """The stance model."""
    premise: str
    hypotheses: Mapping[str, str]
    plan: str
    """sha256 over every reply in order, and the batches."""
    replies: int
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StanceLine:
    """Judgement of one reply to one statement."""

    key: str
    verdicts: Mapping[str, Verdict]
    """Stance -> the logits of its hypothesis."""


class StanceLog(Journal):
    """A stances file to which batches are appended.

    Args:
        path: Path of the JSONL file; its folder must exist.
        head: Header; an existing file must begin with an equal one.
        batches: The keys of every planned batch.

    Raises:
        RunError: the file is of another stance model or other replies, is damaged, or cannot be
            written.
    """

    def __init__(self, path: Path, head: StanceHeader, batches: Sequence[Sequence[str]]) -> None:
        super().__init__(
            path,
            _json({"format": FORMAT, **asdict(head)}),
            lambda first: _refuse_other(path, _head(path, first), head),
            lambda number, raw: _line(path, number, raw).key,
            batches,
        )

    def write(self, lines: Sequence[StanceLine]) -> None:
        """Append one batch; flushed to disk before this returns."""
        self.append(b"".join(_json(_fields(line)) for line in lines))


def read(path: Path) -> tuple[StanceHeader, dict[str, Mapping[str, Verdict]]]:
    """The header, and key -> verdicts; a truncated last line is left out.

    Raises:
        RunError: no such file, a damaged line (naming file and line), or replies are missing.
    """
    whole = list(lines(path))
    head = _head(path, whole[0] if whole else b"")
    stance_lines = [_line(path, n, raw) for n, raw in enumerate(whole[1:], start=2)]
    if len(stance_lines) < head.replies:
        raise RunError(
            f"{path}: {len(stance_lines)} of {head.replies} replies are judged so far; the command "
            "that began it goes on from there"
        )
    return head, {line.key: line.verdicts for line in stance_lines}


def _json(fields: object) -> bytes:
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _fields(line: StanceLine) -> dict[str, object]:
    logits = {name: [v.entailment, v.neutral, v.contradiction] for name, v in line.verdicts.items()}
    cut = any(verdict.cut for verdict in line.verdicts.values())
    return {"key": line.key, "logits": logits} | ({"cut": True} if cut else {})


def _head(path: Path, raw: bytes) -> StanceHeader:
    fields = json_object(path, 1, raw, MEND)
    if fields.pop("format", None) != FORMAT:
        raise RunError(f"{path}: line 1 is not the header of a stances file of this version")
    try:
        return TypeAdapter(StanceHeader).validate_python(fields)
    except ValidationError:
        raise RunError(f"{path}: line 1 is damaged: not the header of a stances file") from None


def _line(path: Path, number: int, raw: bytes) -> StanceLine:
    fields = json_object(path, number, raw, MEND)
    key, logits, cut = fields.get("key"), fields.get("logits"), fields.get("cut", False)
    if not (isinstance(key, str) and isinstance(cut, bool) and _are_logits(logits)):
        raise RunError(f"{path}: line {number} is damaged: no logits; {MEND}")
    rows = cast("Mapping[str, Sequence[float]]", logits)
    return StanceLine(key, {name: _verdict(row, cut=cut) for name, row in rows.items()})


def _verdict(row: Sequence[float], *, cut: bool) -> Verdict:
    entailment, neutral, contradiction = map(float, row)
    return Verdict(entailment, neutral, contradiction, cut)


def _are_logits(value: object) -> bool:
    """Whether there are three finite numbers for each stance."""
    return isinstance(value, dict) and all(
        isinstance(row, list) and len(row) == LOGITS and all(map(is_number, row))
        for row in value.values()
    )


def _refuse_other(path: Path, old_header: StanceHeader, header: StanceHeader) -> None:
    """Raise an error if an existing file is of another stance model or other settings."""
    old, new = old_header.model, header.model
    if (old.weights, old.tokenizer, old.dtype) != (new.weights, new.tokenizer, new.dtype):
        raise RunError(
            f"{path}: holds stances by {old.id} (weights {old.weights[:12]}, {old.dtype}), not by "
            f"{new.id} (weights {new.weights[:12]}, {new.dtype}); {MEND}"
        )
    for name in ("premise", "hypotheses", "versions"):
        if getattr(old_header, name) != getattr(header, name):
            raise RunError(
                f"{path}: holds stances with {name} {getattr(old_header, name)!r}, not "
                f"{getattr(header, name)!r}; {MEND}"
            )
    if old_header.plan != header.plan:
        raise RunError(f"{path}: holds stances of other replies, or in other batches; {MEND}")
