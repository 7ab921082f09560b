"""The evidence files: one JSONL file per model, with a header line and one answer per line.

Reads, checks and writes lines, and does not interpret answers; `journal` appends to files.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter, ValidationError

from probes.errors import RunError
from probes.evidence.sound import is_sound
from probes.files.escape import NO_NAME
from probes.files.journal import Journal, json_object, lines
from probes.types import FACTS, Answer, Header, ModelInfo, Prompt, Reply, Turn
from probes.types.condition import Speaker

FORMAT = 1
MEND = "restore the file, or remove it to ask this model again"
DEFAULTS = {
    "reply": None,
    "choice": None,
    "reason": "",
    "fills": None,
    "unseen": None,
    "variant": 0,
    "condition": "",
    "turns": (),
}
"""Fields that are omitted from a line if they have these defaults."""
DESCRIPTIVE = {"id", *FACTS}
"""Fields of a model that may differ between runs on the same weights."""
SHOWN = {"weights": "weights or settings (configuration, tokenizer, template, adapter) of sha256"}
"""Field of a model -> its description in error messages, if that is not its name."""


def key(header: Header, prompt: Prompt | Answer) -> str:
    """The key of a cell: 20 hexadecimal digits, a hash of model revision, set, statement, role,
    wording, order, seed, variant (unless 0) and condition (if any)."""
    if isinstance(prompt, Prompt):
        name, variant, condition = prompt.name, prompt.statement.variant, prompt.told
    else:
        name, variant, condition = prompt.statement, prompt.variant, prompt.condition
    cell = [
        header.model.revision or header.model.weights,
        header.set_sha256,
        name,
        prompt.role,
        prompt.wording,
        prompt.order,
        prompt.seed,
        *([variant] if variant else []),
        *([condition] if condition else []),
    ]
    return hashlib.sha256(json.dumps(cell).encode()).hexdigest()[:20]


def answer(header: Header, prompt: Prompt, reply: Reply) -> Answer:
    """The answer of one cell, from its prompt and reply."""
    return Answer(
        statement=prompt.name,
        role=prompt.role,
        wording=prompt.wording,
        order=prompt.order,
        seed=prompt.seed,
        before=prompt.before,
        after=prompt.after,
        logprobs=reply.logprobs,
        mass=reply.mass,
        status=reply.status,
        key=key(header, prompt),
        reply=reply.text,
        choice=reply.choice,
        reason=reply.reason,
        fills=reply.fills,
        unseen=reply.unseen,
        variant=prompt.statement.variant,
        condition=prompt.told,
        turns=prompt.turns,
    )


def line(value: Header | Answer) -> bytes:
    """A header or answer as one line of JSON; floats are read back exactly."""
    if isinstance(value, Header):
        fields = {"format": FORMAT, "bos": value.model.bos, **asdict(value)}
        fields["wordings"] = {n: {"options": o} for n, o in fields["wordings"].items()}
        if value.model.rewards is None:
            del fields["model"]["rewards"]
    else:
        fields = {name: getattr(value, name) for name in Answer.__slots__}
        for name, nothing in DEFAULTS.items():
            if fields[name] == nothing:
                del fields[name]
        if value.turns:
            fields["turns"] = [[turn.role, turn.text] for turn in value.turns]
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def read(path: Path) -> tuple[Header, Iterator[Answer]]:
    """The header, and an iterator over the answers; an incomplete last line is left out.

    Raises:
        RunError: no such file, or a damaged line (with file and line), now or during iteration.
    """
    rows = lines(path)
    header = _header(path, next(rows, b""))
    return header, (_answer(path, n, raw, header) for n, raw in enumerate(rows, start=2))


class AnswerLog(Journal):
    """A file of answers opened for writing: resumes after the last whole batch, appends batches.

    Args:
        path: Path of the JSONL file; its folder exists.
        header: The header of this run; that of an existing file must be equal.
        batches: The keys of the plan's cells by batch, in the order of writing.

    Raises:
        RunError: the file belongs to another run, is damaged, or cannot be written.
    """

    def __init__(self, path: Path, header: Header, batches: Sequence[Sequence[str]]) -> None:
        super().__init__(
            path,
            line(header),
            lambda first: refuse_other_run(path, _header(path, first), header),
            lambda number, raw: _answer(path, number, raw, header).key,
            batches,
        )

    def write(self, answers: Sequence[Answer]) -> None:
        """Append one batch; it is flushed to disk before this returns."""
        self.append(b"".join(line(a) for a in answers))


def _header(path: Path, raw: bytes) -> Header:
    fields = json_object(path, 1, raw, MEND)
    if fields.pop("format", None) != FORMAT:
        raise RunError(f"{path}: line 1 is not the header of an answers file of this version")
    fields.pop("bos", None)
    try:
        wordings = cast("dict[str, dict[str, object]]", fields["wordings"])
        fields["wordings"] = {name: entry["options"] for name, entry in wordings.items()}
        header = _headers().validate_python(fields)
    except (KeyError, TypeError, AttributeError, ValidationError):
        raise RunError(f"{path}: line 1 is damaged: not the header of an answers file") from None
    if any(NO_NAME.search(name) for name in (header.model.name, *header.wordings)):
        raise RunError(f"{path}: line 1 is damaged: a name in it holds a control character")
    return header


@cache
def _headers() -> TypeAdapter[Header]:
    return TypeAdapter(Header)


def _answer(path: Path, number: int, raw: bytes, header: Header) -> Answer:
    fields = json_object(path, number, raw, MEND)
    try:
        entries = cast("list[list[str]]", fields.pop("turns", []))
        turns = tuple(Turn(cast("Speaker", role), text) for role, text in entries)
        answer = Answer(**fields, turns=turns)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise RunError(f"{path}: line {number} is damaged: not the fields of an answer") from None
    if not is_sound(answer) or answer.wording not in header.wordings:
        raise RunError(f"{path}: line {number} is damaged: a field holds what it never should")
    return answer


def refuse_other_run(path: Path, old_header: Header, header: Header) -> None:
    """Check that a file belongs to this run: same model, set, protocol, seed, limit and plan.

    Raises:
        RunError: it does not.
    """
    for name in ("set", "set_sha256", "protocol", "protocol_sha256", "seed", "limit"):
        if getattr(old_header, name) != getattr(header, name):
            raise RunError(
                f"{path}: holds answers for {name} {getattr(old_header, name)!r}, not "
                f"{getattr(header, name)!r}; use another --out"
            )
    for name in (f.name for f in fields_of(ModelInfo) if f.name not in DESCRIPTIVE):
        old, new = getattr(old_header.model, name), getattr(header.model, name)
        if old != new:
            raise RunError(
                f"{path}: holds answers of a model with {SHOWN.get(name, name)} {old!r}, not "
                f"{new!r}; use another --out, or another name (--model NAME=PATH)"
            )
    if old_header.versions != header.versions:
        raise RunError(
            f"{path}: holds answers made with {old_header.versions}, not {header.versions}; "
            "numbers may differ between them: use another --out"
        )
    if old_header.plan != header.plan:
        raise RunError(f"{path}: holds answers of another plan of batches; use another --out")
