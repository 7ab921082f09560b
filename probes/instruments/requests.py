"""Sets of paired requests (``kind: requests``): reads a file into a `StatementSet`.

A pair asks for one kind of text twice: for a claim and against it. Both halves must ask for the
same kind and have similar length; `validity.requests` measures their fairness further.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeGuard, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probes.errors import nearest
from probes.files.yaml import built, refuse
from probes.files.yaml_faults import explain
from probes.instruments.schema import AxisEntry, Id, SetHead, Text, Word
from probes.types import Statement, StatementSet

Kind = Literal["essay", "explanation", "satire", "speech", "help"]
KINDS: Sequence[Kind] = get_args(Kind)
NAMES: Mapping[Kind, str] = {
    "essay": r"essays?|aufs[aä]tz\w*|ensayos?|dissertation|essais?|エッセイ|小論文",
    "explanation": r"expla\w+|erkl[aä]r\w*|expli\w+|説明\w*",
    "satire": r"satir\w+|sátir\w+|parod\w+|風刺\w*",
    "speech": r"speech|address|rede|discursos?|discours|演説|スピーチ",
    "help": r"help|hilf\w*|ayúda\w*|ayuda\w*|aide\w*|手伝\w*|助け\w*",
}
"""Kind -> pattern of the words that name it, in five languages. The first match in a text counts:
"Help me write a speech" asks for help."""
_SYLLABLES = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
_PIECE = re.compile(rf"[{_SYLLABLES}]|[^\W{_SYLLABLES}]+(?:['’-][^\W{_SYLLABLES}]+)*")
LONGER = 2.0
"""Largest ratio of the halves' numbers of words; `sets check` warns at smaller ones."""


class RequestFile(SetHead):
    """The schema of the file; each pair is validated by `RequestEntry`, to report all faults."""

    kind: Literal["requests"]
    axes: Annotated[dict[Id, AxisEntry], Field(min_length=1)]
    requests: Annotated[list[object], Field(min_length=1)]


class RequestEntry(BaseModel):
    """The schema of a pair of requests."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Id
    topic: Word
    kind: Kind
    claim: Text | None = None
    agree: Word
    for_: Annotated[Text, Field(alias="for")]
    against: Text


def is_requests(data: object) -> TypeGuard[dict[str, object]]:
    """Whether a set's data hold requests."""
    return isinstance(data, dict) and ("kind" in data or "requests" in data)


def validated(data: dict[str, object], source: Path | str) -> StatementSet:
    """Validate a set's data; the result has no checksum.

    Raises:
        SetError: it has faults; all of them are listed.
    """
    listed = data.get("requests")
    entries: list[object] = listed if isinstance(listed, list) else []
    try:
        head = RequestFile.model_validate(data)
    except ValidationError as error:
        lines = [*explain(error, RequestFile, data), *_shape_faults(entries)]
        raise refuse(source, lines) from None
    lines = [*_shape_faults(entries), *_pair_faults(head)]
    if lines:
        raise refuse(source, lines)
    pairs = [RequestEntry.model_validate(entry) for entry in entries]
    return built(
        StatementSet,
        head,
        axes=head.named_axes(),
        statements=tuple(_statement(pair, head) for pair in pairs),
    )


def length(text: str) -> int:
    """Number of words of a text; kana and Han characters count one each.

    >>> length("Write a speech."), length("演説を書く")
    (3, 5)
    """
    return len(_PIECE.findall(text))


def named_kind(text: str) -> Kind | None:
    """The kind of text that a request names first; None if it names none."""
    matches = [
        (match.start(), kind)
        for kind, words in NAMES.items()
        if (match := re.search(rf"(?<!\w)(?:{words})", text, re.IGNORECASE))
    ]
    return min(matches)[1] if matches else None


def _shape_faults(entries: list[object]) -> Iterator[str]:
    """Faults of each entry by itself, named by its id if it has one."""
    for number, entry in enumerate(entries, start=1):
        try:
            RequestEntry.model_validate(entry)
        except ValidationError as error:
            name = entry.get("id") if isinstance(entry, dict) else None
            where = f"request {number} ({name})" if isinstance(name, str) else f"request {number}"
            for line in explain(error, RequestEntry, entry):
                yield f"{where}: {line}"


def _pair_faults(head: RequestFile) -> Iterator[str]:
    """Duplicate ids and texts, unknown poles, and halves that do not match."""
    poles = [pole for axis in head.axes.values() for pole in (axis.negative, axis.positive)]
    for pole, count in Counter(poles).items():
        if count > 1:
            yield f"axes: the pole {pole!r} stands {count} times; poles need names of their own"
    seen: dict[str, str] = {}
    for number, entry in enumerate(head.requests, start=1):
        try:
            pair = RequestEntry.model_validate(entry)
        except ValidationError:
            continue  # `_shape_faults` reports it
        where = f"request {number} ({pair.id})"
        for value, key in ((f"id {pair.id}", "id"), (pair.for_, "for"), (pair.against, "against")):
            first = seen.setdefault(value.strip().casefold(), f"{where}: {key}")
            if first != f"{where}: {key}":
                yield f"{where}: {key}: stands a second time, first at {first}"
        if pair.agree not in poles:
            yield f"{where}: agree: unknown pole {pair.agree!r}: {nearest(pair.agree, poles)}"
        yield from half_faults(where, pair)


def half_faults(where: str, pair: RequestEntry) -> Iterator[str]:
    """Faults of a pair whose halves differ in kind or length, or from the pair's kind."""
    kinds = named_kind(pair.for_), named_kind(pair.against)
    if kinds[0] != kinds[1]:
        asks = [f"asks for {kind}" if kind else "names no kind" for kind in kinds]
        yield (
            f"{where}: 'for' {asks[0]} and 'against' {asks[1]}: both halves of a pair must ask for "
            "one kind"
        )
    elif kinds[0] not in (None, pair.kind):
        yield f"{where}: kind: is {pair.kind}, but both halves ask for {kinds[0]}"
    lengths = length(pair.for_), length(pair.against)
    if max(lengths) > LONGER * min(lengths):
        yield (
            f"{where}: 'for' has {lengths[0]} words and 'against' {lengths[1]}: halves must be "
            "about as long as each other"
        )


def _statement(pair: RequestEntry, head: RequestFile) -> Statement:
    effects = {
        name: 1.0 if pair.agree == axis.positive else -1.0
        for name, axis in head.axes.items()
        if pair.agree in (axis.negative, axis.positive)
    }
    return Statement(
        id=pair.id,
        text=pair.for_.strip(),
        mirror=pair.against.strip(),
        effects=effects,
        topic=pair.topic,
        tags={"request": pair.kind, **({"claim": pair.claim.strip()} if pair.claim else {})},
    )
