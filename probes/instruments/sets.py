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
from typing import cast

from pydantic import ValidationError

from probes import plugins
from probes.errors import SetError, UsageError, nearest
from probes.files.yaml import built, parse_yaml, read_bytes, refuse
from probes.files.yaml_faults import explain
from probes.instruments import borrowed, requests
from probes.instruments.schema import SetFile, StatementEntry
from probes.types import Respondent, Scoring, Statement, StatementSet, Variant


def load(name: str | Path, text: Path | None = None, *, fetch: bool = True) -> StatementSet:
    """The set of that name, or in that file; texts that it borrows are fetched on first use.

    Args:
        name: Of a set that ships with probes, or the path of a file.
        text: A local copy of the file that the set borrows its texts from.
        fetch: Whether the address that it names may be asked for them.

    Raises:
        SetError: there is no such set or file, or it has faults (all of them are listed, each
            with file, entry, key and the nearest valid word); its texts cannot be had.
    """
    path = plugins.data("statements", str(name), SetError)
    return _read(read_bytes(path), path, text, fetch=fetch)[0]


def read(name: str | Path, text: Path | None = None) -> tuple[StatementSet, bytes]:
    """What `load` gives, and the bytes of a YAML file that holds it with all its texts."""
    path = plugins.data("statements", str(name), SetError)
    return _read(read_bytes(path), path, text)


def fetch(name: str | Path, text: Path | None = None) -> StatementSet:
    """The set, whose texts lie in the cache from now on.

    Args:
        name: As for `load`.
        text: An exact copy of the file, to be kept instead of asking its address.

    Raises:
        UsageError: it borrows no texts.
        SetError: as for `load`.
    """
    path = plugins.data("statements", str(name), SetError)
    data = parse_yaml(read_bytes(path), path)
    if not borrowed.lacks_texts(data):
        raise UsageError(f"{name}: has its texts in its own file; there is nothing to fetch")
    if text is not None:
        _validated(borrowed.without_texts(data), path)
        borrowed.keep(data, text)
    return load(path)


def outline(name: str | Path) -> StatementSet:
    """The set without fetching anything: borrowed texts are left out, and `sha256` with them."""
    path = plugins.data("statements", str(name), SetError)
    data = parse_yaml(read_bytes(path), path)
    return _validated(borrowed.without_texts(data) if borrowed.lacks_texts(data) else data, path)


def has_texts(name: str) -> bool:
    """Whether a set's texts are in its file, or were fetched before."""
    path = plugins.data("statements", name, SetError)
    data = parse_yaml(read_bytes(path), path)
    return not borrowed.lacks_texts(data) or borrowed.is_cached(data)


def parse(raw: bytes, source: Path | str) -> StatementSet:
    """The set in the bytes of a YAML file called `source`."""
    return _read(raw, source, None)[0]


def _read(
    raw: bytes, source: Path | str, text: Path | None, *, fetch: bool = True
) -> tuple[StatementSet, bytes]:
    data = parse_yaml(raw, source)
    if borrowed.lacks_texts(data):
        _validated(
            borrowed.without_texts(data), source
        )  # all faults of the file, before it is fetched
        data = borrowed.with_texts(data, text, fetch=fetch)
        raw = borrowed.dump(data)
    elif text is not None:
        raise UsageError(f"--text {text}: the statements of {source} have their texts already")
    statements = _validated(data, source)
    if statements.text_from:  # key and texts, however a run folder's copy is written
        return replace(statements, sha256=borrowed.digest(cast("borrowed.Data", data))), raw
    return replace(statements, sha256=hashlib.sha256(raw).hexdigest()), raw


def _validated(data: object, source: Path | str) -> StatementSet:
    """The set in plain data, without its checksum."""
    if requests.is_requests(data):
        return requests.validated(data, source)
    try:
        head = SetFile.model_validate(data)
    except ValidationError as error:
        lines = list(explain(error, SetFile, data))
        entries = data.get("statements") if isinstance(data, dict) else None
        lines += _statement_faults(entries) if isinstance(entries, list) else []
        raise refuse(source, lines) from None
    faults = (_statement_faults(head.statements), _key_faults(head), _respondent_faults(head))
    lines = [line for kind in faults for line in kind]
    if lines:
        raise refuse(source, lines)
    statements = [StatementEntry.model_validate(entry) for entry in head.statements]
    return built(
        StatementSet,
        head,
        axes=head.named_axes(),
        statements=tuple(_statement(s, head) for s in statements),
        scoring=built(Scoring, head.scoring),
        text_from=head.text_from.url if head.text_from else "",
        respondents=tuple(
            Respondent(r.name.strip(), r.answers, tuple(a.strip() for a in r.aliases))
            for r in head.respondents
        ),
    )


def require_statements(of: StatementSet, what: str) -> None:
    """Refuse a set of requests where people or models are to agree.

    Raises:
        UsageError: it is one.
    """
    if of.kind == "requests":
        raise UsageError(
            f"the set {of.name} holds requests to write, which nobody agrees with; {what} needs a "
            "set of statements"
        )


def names() -> list[str]:
    """The sets that ship with probes."""
    return plugins.names("statements", ".yaml")


def _statement_faults(entries: list[object]) -> Iterator[str]:
    """What the shape of each entry has wrong, named by its id where it has one."""
    for number, entry in enumerate(entries, start=1):
        try:
            StatementEntry.model_validate(entry)
        except ValidationError as error:
            for line in explain(error, StatementEntry, entry):
                yield f"{_entry_name(entry, number)}: {line}"


def _key_faults(head: SetFile) -> Iterator[str]:
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
            statement = StatementEntry.model_validate(entry)
        except ValidationError:
            continue  # `_statement_faults` tells
        where = _entry_name(entry, number)
        yield from _repeated(seen, f"id {statement.id}", f"{where}: id")
        for key, text in _texts(statement):
            if text:
                yield from _repeated(seen, f"text {folded(text)}", f"{where}: {key}")
        if statement.text_hash not in (None, borrowed.text_hash(statement.text)):
            yield f"{where}: text: is not the text that its text_hash stands for"
        if statement.agree is not None and statement.agree not in poles:
            near = nearest(statement.agree, poles)
            yield f"{where}: agree: unknown pole {statement.agree!r}: {near}"
        yield from _unknown_axes(f"{where}: effects", statement.effects or {}, head)
        yield from _unknown_axes(f"{where}: table", statement.table or {}, head)
        if (head.scoring.kind == "table") != (statement.table is not None):
            wanted = "'table'" if head.scoring.kind == "table" else "'agree' or 'effects'"
            yield f"{where}: a set with scoring kind {head.scoring.kind!r} needs {wanted}"


def folded(text: str) -> str:
    """What two texts have in common that count as the same one."""
    return re.sub(r"\W+", " ", text).strip().casefold()


def _respondent_faults(head: SetFile) -> Iterator[str]:
    """Names that stand twice, and answers to statements that the set does not have."""
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


def _repeated(seen: dict[str, str], what: str, where: str) -> Iterator[str]:
    if seen.setdefault(what, where) != where:
        yield f"{where}: stands a second time, first at {seen[what]}"


def _entry_name(entry: object, number: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"statement {number} ({name})" if isinstance(name, str) else f"statement {number}"


def _texts(statement: StatementEntry) -> Iterator[tuple[str, str | None]]:
    """Every text of an entry, under its key."""
    yield from (("text", statement.text), ("mirror", statement.mirror))
    for number, variant in enumerate(statement.variants, start=1):
        yield f"variants: {number}: text", variant.text
        yield f"variants: {number}: mirror", variant.mirror


def _statement(raw: StatementEntry, head: SetFile) -> Statement:
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
        variants=tuple(
            Variant(v.text.strip(), v.mirror.strip() if v.mirror else None) for v in raw.variants
        ),
    )
