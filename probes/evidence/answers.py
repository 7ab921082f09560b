"""The evidence: one JSONL file a model, a header line and then one answer a line.

Knows how lines look and what is damaged, not what an answer means; files grow by `journal`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path
from typing import cast, get_args

from pydantic import TypeAdapter, ValidationError

from probes.errors import RunError
from probes.files.escape import NO_NAME
from probes.files.journal import Journal, json_object, lines
from probes.types import FACTS, Answer, Header, ModelInfo, Prompt, Reply, Role, Status

FORMAT = 1
MEND = "restore the file, or remove it to ask this model again"
ROLES, STATUSES = get_args(Role), get_args(Status)
NUMBERS = (float, int)
MAX_ORDERS, MAX_VARIANTS = 2**15, 1000
"""No wording has so many orders, no statement so many variants."""
MAX_SEED = 2**63
"""Seeds and counts are whole numbers of 64 bits."""
HALVES = re.compile("[\ud800-\udfff]")
PAIR = 2
LEAST, MOST = -1e300, 700.0
"""Between them differences and exponentials of scores are numbers that a float can be."""
DEFAULTS = {
    "reply": None,
    "choice": None,
    "reason": "",
    "fills": None,
    "unseen": None,
    "variant": 0,
}
"""Fields that a line leaves out where they have their default, with that default."""
DESCRIPTIVE = {"id", *FACTS}
"""Fields of a model that may change while the hash of its weights stays the same."""
SHOWN = {"weights": "weights or settings (configuration, tokenizer, template, adapter) of sha256"}
"""How a field of a model is called in errors, where that is not its name."""


def key(header: Header, prompt: Prompt | Answer) -> str:
    """The cell's name: 20 hexadecimal digits over model revision, set, statement, role, wording,
    order, seed and variant, if it is not the statement's own text."""
    if isinstance(prompt, Prompt):
        name, variant = prompt.name, prompt.statement.variant
    else:
        name, variant = prompt.statement, prompt.variant
    cell = [
        header.model.revision or header.model.weights,
        header.set_sha256,
        name,
        prompt.role,
        prompt.wording,
        prompt.order,
        prompt.seed,
        *([variant] if variant else []),
    ]
    return hashlib.sha256(json.dumps(cell).encode()).hexdigest()[:20]


def answer(header: Header, prompt: Prompt, reply: Reply) -> Answer:
    """What one cell's prompt came to."""
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
    )


def line(value: Header | Answer) -> bytes:
    """A value as one line of JSON; floats in full, so that they are read back to the bit."""
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
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def read(path: Path) -> tuple[Header, Iterator[Answer]]:
    """The header, and the answers as they are read from disk; a torn last line is left out.

    Raises:
        RunError: no such file, or a damaged line (naming file and line), now or while reading.
    """
    rows = lines(path)
    header = _header(path, next(rows, b""))
    return header, (_answer(path, n, raw, header) for n, raw in enumerate(rows, start=2))


class AnswerLog(Journal):
    """An answers file being written: resumes at the last whole batch, appends batch by batch.

    Args:
        path: Of the JSONL file; its folder exists.
        header: What this run would write; an existing file must begin with an equal one.
        batches: The keys of the plan's cells, batch by batch, in the order of writing.

    Raises:
        RunError: the file holds something else, is damaged, or cannot be written.
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
        """One batch, on the disk before this returns."""
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
        answer = Answer(**fields)  # type: ignore[arg-type]
    except TypeError:
        raise RunError(f"{path}: line {number} is damaged: not the fields of an answer") from None
    if not _is_sound(answer) or answer.wording not in header.wordings:
        raise RunError(f"{path}: line {number} is damaged: a field holds what it never should")
    return answer


def _is_sound(answer: Answer) -> bool:
    """Whether every field has its type, in its range."""
    scores = {} if answer.logprobs is None else answer.logprobs
    said = (answer.reply, answer.choice)
    return (
        all(map(_is_text, (answer.statement, answer.wording, answer.key, answer.reason)))
        and all(map(_is_text, (answer.before, answer.after)))
        and all(text is None or _is_text(text) for text in said)
        and answer.role in ROLES
        and answer.status in STATUSES
        and type(answer.order) is int
        and 0 <= answer.order < MAX_ORDERS
        and type(answer.seed) is int
        and -MAX_SEED <= answer.seed < MAX_SEED
        and type(answer.variant) is int
        and 0 <= answer.variant <= MAX_VARIANTS
        and all(n is None or is_number(n) for n in (answer.mass, answer.unseen))
        and isinstance(scores, Mapping)
        and all(map(is_number, scores.values()))
        and (answer.fills is None or _are_fills(answer.fills))
    )


def _is_text(value: object) -> bool:
    """Whether it is text that UTF-8 can hold: JSON's escapes can name halves of a character."""
    return isinstance(value, str) and (value.isascii() or HALVES.search(value) is None)


def has_fills(raw: bytes) -> bool:
    """Whether the fills of a line, if it has any, are as they should be, and its fields known."""
    fields = json.loads(raw)
    fills = fields.get("fills")
    return fields.keys() <= {*Answer.__slots__} and (fills is None or _are_fills(fills))


def _are_fills(value: object) -> bool:
    """Whether it is a list of words with a number each."""
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == PAIR and _is_text(pair[0]) and is_number(pair[1])
        for pair in value
    )


def is_number(value: object) -> bool:
    """Whether it is a number, and one that can be reckoned with."""
    return type(value) in NUMBERS and LEAST <= cast("float", value) <= MOST


def refuse_other_run(path: Path, old_header: Header, header: Header) -> None:
    """A resumed run must be the same run: model, set, protocol, seed, limit and plan.

    Raises:
        RunError: it is not.
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
