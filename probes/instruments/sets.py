"""A statement-set YAML -> `StatementSet`, or one message with every fault of the file.

A set is a name (of a file in `statements/`) or the path of a user's own file. Does not know how
sets are asked or scored; what a set is worth is measured by `check`.
"""

import hashlib
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from probes import plugins
from probes.errors import SetError, UsageError
from probes.files.yaml import built, parse_yaml, read_bytes, refuse
from probes.files.yaml_faults import explain
from probes.instruments import borrowed, faults, requests
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
        if isinstance(entries, list):
            lines += faults.statement_faults(entries)
            poles = faults.poles(data)
            lines += faults.pole_faults(entries, poles) if poles else []
        raise refuse(source, lines) from None
    checks = (
        faults.statement_faults(head.statements),
        faults.pole_faults(head.statements, faults.poles(data)),
        faults.key_faults(head),
        faults.respondent_faults(head),
    )
    if lines := [*chain(*checks)]:
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
