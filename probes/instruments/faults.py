"""Faults in the file of a statement set, one line each, with entry and key."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from probes.errors import nearest
from probes.files.yaml_faults import explain
from probes.instruments import borrowed
from probes.instruments.schema import SetFile, StatementEntry


def statement_faults(entries: list[object]) -> Iterator[str]:
    """Faults of each entry by itself, named by its id if it has one."""
    for number, entry in enumerate(entries, start=1):
        where, content = _entry_name(entry, number), entry
        if isinstance(entry, dict) and "axis" in entry:
            yield f"{where}: axis: follows from the pole that 'agree' names; leave it out"
            content = {key: value for key, value in entry.items() if key != "axis"}
        try:
            StatementEntry.model_validate(content)
        except ValidationError as error:
            for line in explain(error, StatementEntry, content):
                yield f"{where}: {line}"


def poles(data: object) -> list[str]:
    """The poles of a file's axes, as far as they are readable."""
    axes = data.get("axes") if isinstance(data, dict) else None
    each = [a for a in (axes.values() if isinstance(axes, dict) else ()) if isinstance(a, dict)]
    values = [axis.get(end) for axis in each for end in ("negative", "positive")]
    return [pole for pole in values if isinstance(pole, str)]


def pole_faults(entries: list[object], known: list[str]) -> Iterator[str]:
    """Entries with poles that no axis has; works on files with other faults."""
    for number, entry in enumerate(entries, start=1):
        agree = entry.get("agree") if isinstance(entry, dict) else None
        if isinstance(agree, str) and agree not in known:
            where = _entry_name(entry, number)
            yield f"{where}: agree: unknown pole {agree!r}: {nearest(agree, known)}"


def key_faults(head: SetFile) -> Iterator[str]:
    """Duplicate ids, texts and poles; axes that the set does not have; keys of the wrong kind."""
    poles = Counter(p for a in head.axes.values() for p in (a.negative, a.positive))
    for pole, count in poles.items():
        if count > 1:
            yield f"axes: the pole {pole!r} stands {count} times; poles need names of their own"
    yield from _unknown_axes("scoring: constant", head.scoring.constant, head)
    yield from _unknown_axes("scoring: divisor", head.scoring.divisor, head)
    seen: dict[str, str] = {}
    for number, entry in enumerate(head.statements, start=1):
        try:
            statement = StatementEntry.model_validate(entry)
        except ValidationError:
            continue  # `statement_faults` reports it
        where = _entry_name(entry, number)
        yield from _repeated(seen, f"id {statement.id}", f"{where}: id")
        for key, text in _texts(statement):
            if text:
                yield from _repeated(seen, f"text {folded(text)}", f"{where}: {key}")
        if statement.text_hash not in (None, borrowed.text_hash(statement.text)):
            yield f"{where}: text: is not the text that its text_hash stands for"
        yield from _unknown_axes(f"{where}: effects", statement.effects or {}, head)
        yield from _unknown_axes(f"{where}: table", statement.table or {}, head)
        if (head.scoring.kind == "table") != (statement.table is not None):
            wanted = "'table'" if head.scoring.kind == "table" else "'agree' or 'effects'"
            yield f"{where}: a set with scoring kind {head.scoring.kind!r} needs {wanted}"


def folded(text: str) -> str:
    """A text without case and punctuation; texts equal in this are duplicates."""
    return re.sub(r"\W+", " ", text).strip().casefold()


def respondent_faults(head: SetFile) -> Iterator[str]:
    """Duplicate names of respondents, and answers to statements that the set does not have."""
    ids = [e["id"] for e in head.statements if isinstance(e, dict) and "id" in e]
    valid, seen = {name for name in ids if isinstance(name, str)}, dict[str, str]()
    for number, respondent in enumerate(head.respondents, start=1):
        where = f"respondent {number} ({respondent.name})"
        yield from _repeated(seen, respondent.name.strip().casefold(), f"{where}: name")
        for name in respondent.answers:
            if name not in valid:
                yield f"{where}: answers: unknown statement {name!r}: {nearest(name, valid)}"


def _unknown_axes(where: str, used: Iterable[str], head: SetFile) -> Iterator[str]:
    for axis in used:
        if axis not in head.axes:
            yield f"{where}: unknown axis {axis!r}: {nearest(axis, head.axes)}"


def _repeated(seen: dict[str, str], key: str, where: str) -> Iterator[str]:
    if seen.setdefault(key, where) != where:
        yield f"{where}: stands a second time, first at {seen[key]}"


def _entry_name(entry: object, number: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"statement {number} ({name})" if isinstance(name, str) else f"statement {number}"


def _texts(statement: StatementEntry) -> Iterator[tuple[str, str | None]]:
    """Every text of an entry, with its key."""
    yield from (("text", statement.text), ("mirror", statement.mirror))
    for number, variant in enumerate(statement.variants, start=1):
        yield f"variants: {number}: text", variant.text
        yield f"variants: {number}: mirror", variant.mirror
