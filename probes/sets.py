"""A statement-set YAML -> `StatementSet`, or one message with every fault of the file.

A set is a name (of a file in `statements/`) or the path of a user's own file. Does not know how
sets are asked or scored; what a set is worth is measured by `check`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from probes import loader
from probes.errors import SetError, nearest
from probes.faults import explain
from probes.types import Axis, Scoring, Statement, StatementSet
from probes.yamlfile import parse_yaml, read_bytes, refuse

Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Id = Annotated[str, Field(max_length=100, pattern=r"^[\w.-]+$")]
Weight = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Axis(_Strict):
    negative: Word
    positive: Word


class _Scoring(_Strict):
    kind: Literal["effects", "table"] = "effects"
    constant: dict[str, Weight] = {}
    divisor: dict[str, Annotated[float, Field(allow_inf_nan=False, gt=0)]] = {}


class _Set(_Strict):
    name: Id
    title: Word
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    licence: Word
    axes: Annotated[dict[Id, _Axis], Field(min_length=1)]
    statements: Annotated[list[object], Field(min_length=1)]
    source: str = ""
    version: str = ""
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    scoring: _Scoring = _Scoring()


class _Statement(_Strict):
    id: Id
    text: Text
    agree: Word | None = None
    effects: dict[str, Weight] | None = None
    table: dict[str, tuple[Weight, Weight, Weight, Weight]] | None = None
    mirror: Text | None = None
    topic: Word | None = None
    extremity: Literal[1, 2] = 1
    tags: dict[Word, Word] = {}

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if sum(key is not None for key in (self.agree, self.effects, self.table)) != 1:
            raise ValueError("give exactly one of 'agree', 'effects' and 'table'")
        return self


def load(name: str | Path) -> StatementSet:
    """The set of that name, or in that file.

    Raises:
        SetError: there is no such set or file, or it has faults (all of them are listed, each
            with file, entry, key and the nearest valid word).
    """
    path = loader.data("statements", str(name), SetError)
    return parse(read_bytes(path), path)


def parse(raw: bytes, source: Path | str) -> StatementSet:
    """The set in the bytes of a YAML file called `source`."""
    data = parse_yaml(raw, source)
    try:
        head = _Set.model_validate(data)
    except ValidationError as error:
        lines = list(explain(error, _Set, data))
        entries = data.get("statements") if isinstance(data, dict) else None
        lines += _statement_faults(entries) if isinstance(entries, list) else []
        raise refuse(source, lines) from None
    lines = [*_statement_faults(head.statements), *_key_faults(head)]
    if lines:
        raise refuse(source, lines)
    statements = [_Statement.model_validate(entry) for entry in head.statements]
    return StatementSet(
        name=head.name,
        title=head.title,
        language=head.language,
        licence=head.licence,
        axes=tuple(Axis(n, a.negative, a.positive) for n, a in head.axes.items()),
        statements=tuple(_built(s, head) for s in statements),
        source=head.source,
        version=head.version,
        scale=head.scale,
        scoring=Scoring(head.scoring.kind, head.scoring.constant, head.scoring.divisor),
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def names() -> list[str]:
    """The sets that ship with probes."""
    return loader.names("statements", ".yaml")


def first(statements: StatementSet, count: int | None) -> StatementSet:
    """The set cut to its first `count` statements; all of them for None."""
    return replace(statements, statements=statements.statements[:count])


def _statement_faults(entries: list[object]) -> Iterator[str]:
    """What the shape of each entry has wrong, named by its id where it has one."""
    for number, entry in enumerate(entries, start=1):
        try:
            _Statement.model_validate(entry)
        except ValidationError as error:
            for line in explain(error, _Statement, entry):
                yield f"{_entry(entry, number)}: {line}"


def _key_faults(head: _Set) -> Iterator[str]:
    """Ids and texts that stand twice; axes and poles that the set does not have."""
    poles = Counter(p for a in head.axes.values() for p in (a.negative, a.positive))
    for pole, count in poles.items():
        if count > 1:
            yield f"axes: the pole {pole!r} stands {count} times; poles need names of their own"
    yield from _unknown_axes("scoring: constant", head.scoring.constant, head)
    yield from _unknown_axes("scoring: divisor", head.scoring.divisor, head)
    seen: dict[str, str] = {}
    for number, entry in enumerate(head.statements, start=1):
        try:
            statement = _Statement.model_validate(entry)
        except ValidationError:
            continue  # `_statement_faults` tells
        where = _entry(entry, number)
        yield from _second(seen, f"id {statement.id}", f"{where}: id")
        for key, text in (("text", statement.text), ("mirror", statement.mirror)):
            if text:
                folded = re.sub(r"\W+", " ", text).strip().casefold()
                yield from _second(seen, f"text {folded}", f"{where}: {key}")
        if statement.agree is not None and statement.agree not in poles:
            near = nearest(statement.agree, poles)
            yield f"{where}: agree: unknown pole {statement.agree!r}: {near}"
        yield from _unknown_axes(f"{where}: effects", statement.effects or {}, head)
        yield from _unknown_axes(f"{where}: table", statement.table or {}, head)
        if (head.scoring.kind == "table") != (statement.table is not None):
            wanted = "'table'" if head.scoring.kind == "table" else "'agree' or 'effects'"
            yield f"{where}: a set with scoring kind {head.scoring.kind!r} needs {wanted}"


def _unknown_axes(where: str, used: Iterable[str], head: _Set) -> Iterator[str]:
    for axis in used:
        if axis not in head.axes:
            yield f"{where}: unknown axis {axis!r}: {nearest(axis, head.axes)}"


def _second(seen: dict[str, str], what: str, where: str) -> Iterator[str]:
    if seen.setdefault(what, where) != where:
        yield f"{where}: stands a second time, first at {seen[what]}"


def _entry(entry: object, number: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"statement {number} ({name})" if isinstance(name, str) else f"statement {number}"


def _built(raw: _Statement, head: _Set) -> Statement:
    effects = {name: weight for name, weight in (raw.effects or {}).items() if weight}
    for name, axis in head.axes.items():
        if raw.agree in (axis.negative, axis.positive):
            effects[name] = 1.0 if raw.agree == axis.positive else -1.0
    return Statement(
        id=raw.id,
        text=raw.text.strip(),
        effects=effects,
        table=raw.table or {},
        mirror=raw.mirror.strip() if raw.mirror else None,
        topic=raw.topic,
        extremity=raw.extremity,
        tags=raw.tags,
    )
