"""The evidence: one JSONL file a model, a header line and then one answer a line.

Knows how lines look, what is torn and what is damaged, and how a file is cut back to whole batches
of a plan. Does not know what an answer means.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from pydantic import TypeAdapter, ValidationError

from probes.errors import RunError
from probes.plain import NO_NAME
from probes.types import Answer, Header, ModelInfo, Prompt, Reply

FORMAT = 1
WRITTEN = {"reply": None, "choice": None, "reason": "", "fills": None}
"""Fields of an answer that stand in its line only where they say something, and what else holds."""
WHEREABOUTS = {"id", "family", "parent", "corpus", "step", "released", "parameters", "access"}
"""What may change of a model while its weights' hash says that it is the same."""


def key(header: Header, prompt: Prompt) -> str:
    """The cell's name: 20 hexadecimal digits over model revision, set, statement, role, wording,
    order and seed."""
    cell = [
        header.model.revision or header.model.weights,
        header.set_sha256,
        prompt.name,
        prompt.role,
        prompt.wording,
        prompt.order,
        prompt.seed,
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
    )


def line(value: Header | Answer) -> bytes:
    """A value as one line of JSON; floats in full, so that they are read back to the bit."""
    if isinstance(value, Header):
        fields = {"format": FORMAT, "bos": value.model.bos, **asdict(value)}
        fields["wordings"] = {n: {"options": o} for n, o in fields["wordings"].items()}
    else:
        fields = {name: getattr(value, name) for name in Answer.__slots__}
        for name, nothing in WRITTEN.items():
            if fields[name] == nothing:
                del fields[name]
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def read(path: Path) -> tuple[Header, Iterator[Answer]]:
    """The header, and the answers as they are read from disk; a torn last line is left out.

    Raises:
        RunError: no such file, or a damaged line (naming file and line), now or while reading.
    """
    lines = _lines(path)
    header = _header(path, next(lines, b""))
    return header, (_answer(path, n, raw) for n, raw in enumerate(lines, start=2))


class Log:
    """An answers file being written: resumes at the last whole batch, appends batch by batch.

    Args:
        path: of the JSONL file; its folder exists.
        header: what this run would write; an existing file must begin with an equal one.
        batches: the keys of the plan's cells, batch by batch, in the order of writing.
    """

    def __init__(self, path: Path, header: Header, batches: Sequence[Sequence[str]]) -> None:
        self.done = 0
        """Whole batches that are already on disk."""
        if path.exists() and next(_lines(path), None):
            size = self._resume(path, header, batches)
            self._file = path.open("r+b", buffering=0)
            self._file.truncate(size)
            self._file.seek(size)
        else:
            self._file = path.open("wb", buffering=0)
            self._write(line(header))

    def write(self, answers: Sequence[Answer]) -> None:
        """One batch, in one write, flushed to the disk before this returns."""
        self._write(b"".join(line(a) for a in answers))
        self.done += 1

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:  # a disk that is nearly full takes a part, and says why when it takes no more
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _resume(self, path: Path, header: Header, batches: Sequence[Sequence[str]]) -> int:
        """Check that what is there is the beginning of this plan; the bytes that are kept."""
        lines = _lines(path)
        first = next(lines, b"")
        _same(path, _header(path, first), header)
        size, keys = len(first), []
        sizes = [size]
        for number, raw in enumerate(lines, start=2):
            keys.append(_answer(path, number, raw).key)
            sizes.append(sizes[-1] + len(raw))
        planned, count = [key for batch in batches for key in batch], 0
        if keys != planned[: len(keys)]:
            number = next(i for i, k in enumerate(keys) if i >= len(planned) or k != planned[i])
            raise RunError(
                f"{path}: line {number + 2} is not the answer that this run's plan has there; "
                "use another --out, or remove the file to ask again"
            )
        for batch in batches:
            if count + len(batch) > len(keys):
                break
            count += len(batch)
            self.done += 1
        return sizes[count]


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines with their ends; what follows the last line end was torn by a kill."""
    try:
        with path.open("rb") as file:
            for raw in file:
                if raw.endswith(b"\n"):
                    yield raw
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None


def _header(path: Path, raw: bytes) -> Header:
    fields = _mapping(path, 1, raw)
    if fields.pop("format", None) != FORMAT:
        raise RunError(f"{path}: line 1 is not the header of an answers file of this version")
    fields.pop("bos", None)
    try:
        wordings = cast("dict[str, dict[str, object]]", fields["wordings"])
        fields["wordings"] = {name: entry["options"] for name, entry in wordings.items()}
        header = TypeAdapter(Header).validate_python(fields)
    except (KeyError, TypeError, AttributeError, ValidationError):
        raise RunError(f"{path}: line 1 is damaged: not the header of an answers file") from None
    if any(NO_NAME.search(name) for name in (header.model.name, *header.wordings)):
        raise RunError(f"{path}: line 1 is damaged: a name in it holds a control character")
    return header


def _answer(path: Path, number: int, raw: bytes) -> Answer:
    fields = _mapping(path, number, raw)
    try:
        found = Answer(**fields)  # type: ignore[arg-type]
    except TypeError:
        raise RunError(f"{path}: line {number} is damaged: not the fields of an answer") from None
    scores = found.logprobs
    if not isinstance(found.key, str) or not (scores is None or isinstance(scores, Mapping)):
        raise RunError(f"{path}: line {number} is damaged: a field has the wrong type")
    return found


def _mapping(path: Path, number: int, raw: bytes) -> dict[str, object]:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise RunError(
            f"{path}: line {number} is damaged: not JSON; restore the file, or remove it to ask "
            "this model again"
        ) from None
    if not isinstance(fields, dict):
        raise RunError(f"{path}: line {number} is damaged: not a JSON object")
    return fields


def _same(path: Path, there: Header, here: Header) -> None:
    """A resumed run must be the same run: model, set, protocol, seed, limit and plan."""
    for name in ("set", "set_sha256", "protocol", "protocol_sha256", "seed", "limit"):
        if getattr(there, name) != getattr(here, name):
            raise RunError(
                f"{path}: holds answers for {name} {getattr(there, name)!r}, not "
                f"{getattr(here, name)!r}; use another --out"
            )
    for name in (f.name for f in fields_of(ModelInfo) if f.name not in WHEREABOUTS):
        old, new = getattr(there.model, name), getattr(here.model, name)
        if old != new:
            raise RunError(
                f"{path}: holds answers of a model with {name} {old!r}, not {new!r}; use "
                "another --out, or another name (--model NAME=PATH)"
            )
    if there.versions != here.versions:
        raise RunError(
            f"{path}: holds answers made with {there.versions}, not {here.versions}; numbers may "
            "differ between them: use another --out"
        )
    if there.plan != here.plan:
        raise RunError(f"{path}: holds answers of another plan of batches; use another --out")
