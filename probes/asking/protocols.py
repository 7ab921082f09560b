"""Protocols: loading a YAML file as a `Recipe`, and dumping a `Recipe` as equivalent YAML.

A protocol names wordings that ship or are in ``wordings.LANGUAGE.yaml`` next to its file, or has
them inline. A run folder keeps the protocol with all wordings inline, so that results can be
recomputed from the folder alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import yaml

from probes import plugins
from probes.asking import wordings
from probes.asking.protocol_schema import ProtocolFile
from probes.conditions import read as condition_files
from probes.errors import SetError, UsageError, nearest
from probes.files.yaml import built, parse_yaml, read_bytes, refuse, validate
from probes.types import Recipe, Wording

LATER = ("stance", "faithful", "instead", "own_method", "conditions")  # left out where empty
SHAPE = (
    "names, as in [agree, support], or a mapping of your own, as in {mine: {ask: 'A claim: "
    "{statement}', answer: 'I {slot} it.', pairs: [[support, oppose]]}}"
)


def load(name: str | Path) -> Recipe:
    """Load the protocol with this name, or in this file.

    Raises:
        SetError: there is no such protocol or file, or it has faults (all of them are listed).
    """
    path = plugins.data("protocols", str(name), SetError)
    return parse(read_bytes(path), path)


def parse(raw: bytes, source: Path) -> Recipe:
    """Parse the bytes of a protocol's YAML file; `source` is its path for error messages."""
    entries = parse_yaml(raw, source)
    _drop_content(entries)
    _check_shape(entries, source)
    head = validate(ProtocolFile, entries, source)
    instead = dict[str, Recipe]()
    for backend, changes in head.instead.items():
        same = {k: v for k, v in cast("dict[str, object]", entries).items() if k != "instead"}
        whole = {**same, **changes, "name": head.name}
        instead[backend] = _recipe(validate(ProtocolFile, whole, source), source, {})
    return hashed(_recipe(head, source, instead))


def _check_shape(entries: object, source: Path) -> None:
    """Refuse a value that is neither names nor a mapping; pydantic would give two errors for it."""
    for key, shape in {"wordings": SHAPE, "conditions": condition_files.SHAPE}.items():
        entry = entries.get(key) if isinstance(entries, dict) else None
        names = isinstance(entry, list) and all(isinstance(name, str) for name in entry)
        if entry is not None and not names and not isinstance(entry, dict):
            raise SetError(f"{source}: {key}: should be {shape}")


def _drop_content(entries: object) -> None:
    """Drop the unused threshold `content` of earlier versions' files."""
    thresholds = entries.get("thresholds") if isinstance(entries, dict) else None
    if isinstance(thresholds, dict):
        thresholds.pop("content", None)


def _recipe(head: ProtocolFile, source: Path, instead: Mapping[str, Recipe]) -> Recipe:
    if head.method.endswith(".py"):  # a protocol from others must not run code
        raise SetError(
            f"{source}: method: unknown method {head.method!r}: a program is run only where it is "
            f"typed, as --method {head.method}"
        )
    if head.method not in plugins.names("methods"):
        near = nearest(head.method, plugins.names("methods"))
        raise SetError(f"{source}: method: unknown method {head.method!r}: {near}")
    worded = _wordings(head.wordings, head.language, source)
    conditions = condition_files.named(head.conditions, worded[0].language, source)
    recipe = built(Recipe, head, wordings=worded, instead=instead, conditions=conditions)
    if fault := unanswerable(recipe):
        raise SetError(f"{source}: {fault}")
    return recipe


def unanswerable(recipe: Recipe) -> str:
    """A sentence on the first wording that does not suit the method; empty if all do."""
    method = recipe.method
    for wording in recipe.wordings:
        if not wording.options and (method == "choice" or recipe.blanks):
            why = "needs wordings with options" if method == "choice" else "has blanks"
            return f"method {method} {why}, but {wording.name!r} is an open question"
        if "{parties}" in wording.ask and method != "advice":
            return f"method {method} fills in no {{parties}}, for which {wording.name!r} asks"
    return ""


def hashed(recipe: Recipe) -> Recipe:
    """Set the hash of the content (not of the file): a changed wording gives another hash.

    Keys in `LATER` that are empty do not enter, so that hashes stay the same with later versions.
    Recipes in `instead` have the name and the hash of the protocol.
    """
    content = _content(recipe)
    content["instead"] = {
        name: _content(alternative) for name, alternative in recipe.instead.items()
    }
    content = {name: value for name, value in content.items() if name not in LATER or value}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    instead = {
        name: replace(alternative, sha256=digest) for name, alternative in recipe.instead.items()
    }
    return replace(recipe, instead=instead, sha256=digest)


def _content(recipe: Recipe) -> dict[str, object]:
    """The protocol's content as plain values, for hashing."""
    content = asdict(replace(recipe, sha256=""))
    if recipe.own_method is None:
        del content["own_method"]
    content["conditions"] = [[c.name, condition_files.plain(c)] for c in recipe.conditions]
    if not recipe.conditions:
        del content["conditions"]
    for wording in cast("tuple[dict[str, object], ...]", content["wordings"]):
        if not wording["lexicon"]:
            del wording["lexicon"]
    return content


def repeated(recipe: Recipe, times: int | None) -> Recipe:
    """The protocol with another number of repetitions of written replies; None: unchanged.

    Raises:
        UsageError: the number is out of range, or the protocol asks for probabilities only.
    """
    if times is None:
        return recipe
    if not 1 <= times <= 1000:
        raise UsageError(f"--repeats {times}: must be 1 to 1000")
    if recipe.method in {"choice", "preference"}:
        raise UsageError(
            f"--repeats {times}: protocol {recipe.name} asks for probabilities or rewards, the "
            "same each time; repetitions belong to protocols whose models write"
        )
    return hashed(replace(recipe, repetitions=times))


def dump(recipe: Recipe) -> str:
    """The protocol as YAML with its wordings inline; `parse` gives an equal recipe back."""
    return yaml.safe_dump(_dumped(recipe), sort_keys=False, allow_unicode=True, width=100)


def _dumped(recipe: Recipe) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(recipe, name) for name in Recipe.__slots__}
    for name in ("thresholds", "writing", "stance", "faithful", "own_method"):
        if fields[name] is not None:
            fields[name] = _plain(asdict(fields[name]))  # type: ignore[call-overload]
    fields["instead"] = {
        backend: {**dict.fromkeys(("stance", "faithful")), **_dumped(alternative)}
        for backend, alternative in recipe.instead.items()
    }
    fields = {name: value for name, value in fields.items() if name not in LATER or value}
    del fields["sha256"]
    if recipe.conditions:
        fields["conditions"] = {c.name: condition_files.plain(c) for c in recipe.conditions}
    fields["blanks"] = list(recipe.blanks)
    fields["wordings"] = {
        w.name: {
            "ask": w.ask,
            "answer": w.answer,
            "options": {
                o.label: {"side": o.side, "strong": o.strong, "forms": list(o.forms)}
                for o in w.options
            },
            "orders": [list(order) for order in w.orders],
            "joint": w.joint,
            "language": w.language,
            "between": w.between,
            "last": w.last,
            **({"lexicon": w.lexicon} if w.lexicon else {}),
        }
        for w in recipe.wordings
    }
    return fields


def _plain(value: object) -> object:
    """The value with tuples replaced by lists, for YAML."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _wordings(
    entries: list[str] | dict[str, object], language: str, source: Path
) -> tuple[Wording, ...]:
    if isinstance(entries, dict):
        return tuple(wordings.parse(entries, source).values())
    by_name = wordings.available(language, source.parent)
    unknown = [name for name in entries if name not in by_name]
    if unknown:
        raise refuse(
            source, [f"wordings: unknown wording {n!r}: {nearest(n, by_name)}" for n in unknown]
        )
    if len(set(entries)) < len(entries):
        raise SetError(f"{source}: wordings: each may stand only once")
    return tuple(by_name[name] for name in entries)
