"""Read a statement-set YAML into a `StatementSet`, or raise one error with all its faults.

A set is given by name (a file in `statements/`) or by the path of a user's file. Its quality is
measured by the command `sets check`.
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
    """Load a set by name or path; borrowed texts are fetched on first use.

    Args:
        name: Name of a set that ships with probes, or the path of a file.
        text: A local copy of the file that the set borrows its texts from.
        fetch: Whether the URL of the borrowed texts may be requested.

    Raises:
        SetError: there is no such set or file, it has faults (all are listed, each with file,
            entry, key and the nearest valid word), or its texts are unavailable.
    """
    path = plugins.data("statements", str(name), SetError)
    return _read(read_bytes(path), path, text, fetch=fetch)[0]


def read(name: str | Path, text: Path | None = None) -> tuple[StatementSet, bytes]:
    """Load a set, with the bytes of a YAML file that holds it and all its texts."""
    path = plugins.data("statements", str(name), SetError)
    return _read(read_bytes(path), path, text)


def fetch(name: str | Path, text: Path | None = None) -> StatementSet:
    """Load a set that borrows its texts, and cache them.

    Args:
        name: As for `load`.
        text: An exact copy of the file, to be cached instead of requesting the URL.

    Raises:
        UsageError: the set does not borrow its texts.
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
    """Load a set without fetching: borrowed texts are placeholders, and `sha256` is empty."""
    path = plugins.data("statements", str(name), SetError)
    data = parse_yaml(read_bytes(path), path)
    return _validated(borrowed.without_texts(data) if borrowed.lacks_texts(data) else data, path)


def has_texts(name: str) -> bool:
    """Whether a set's texts are in its file or in the cache."""
    path = plugins.data("statements", name, SetError)
    data = parse_yaml(read_bytes(path), path)
    return not borrowed.lacks_texts(data) or borrowed.is_cached(data)


def parse(raw: bytes, source: Path | str) -> StatementSet:
    """Parse a set from the bytes of a YAML file; `source` names it in errors."""
    return _read(raw, source, None)[0]


def _read(
    raw: bytes, source: Path | str, text: Path | None, *, fetch: bool = True
) -> tuple[StatementSet, bytes]:
    data = parse_yaml(raw, source)
    if borrowed.lacks_texts(data):
        _validated(
            borrowed.without_texts(data), source
        )  # report faults of the file before fetching texts
        data = borrowed.with_texts(data, text, fetch=fetch)
        raw = borrowed.dump(data)
    elif text is not None:
        raise UsageError(f"--text {text}: the statements of {source} have their texts already")
    statements = _validated(data, source)
    if statements.text_from:  # a hash that is the same for the copy in a run folder
        return replace(statements, sha256=borrowed.digest(cast("borrowed.Data", data))), raw
    return replace(statements, sha256=hashlib.sha256(raw).hexdigest()), raw


def _validated(data: object, source: Path | str) -> StatementSet:
    """Validate a set's data; the result has no checksum."""
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
    """Check that a set holds statements, not requests, for `what` that asks for agreement.

    Raises:
        UsageError: it holds requests.
    """
    if of.kind == "requests":
        raise UsageError(
            f"the set {of.name} holds requests to write, which nobody agrees with; {what} needs a "
            "set of statements"
        )


def names() -> list[str]:
    """Names of the sets that ship with probes."""
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
