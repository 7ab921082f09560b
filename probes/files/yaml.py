"""Strict reading of YAML written by people; all faults of a file in one message.

`read_yaml` turns a file into plain values, `validate` turns plain values into a dataclass or a
pydantic model. All faults of a file are reported at once, in one `SetError` that names file, entry
and key. Independent of statements, wordings and models.

Scalars follow YAML 1.2: `yes`, `no`, `on` and `off` are text, not booleans, and so are `1:30` and
`2024-05-01`. Tags and merge keys are refused, aliases are expanded.
"""

from __future__ import annotations

import copy
import functools
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from probes.errors import SetError
from probes.files.escape import CONTROL
from probes.files.text import decode, regular
from probes.files.yaml_faults import explain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIMIT = 5_000_000
"""Maximum size of a file, in bytes."""
VALUES = 1_000_000
"""Maximum number of values in a file after aliases are expanded."""
DEPTH = 40
"""Maximum nesting depth."""
SHOWN = 100
"""Maximum number of faults in one message."""

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[Scalar, "Plain"]
Schema = TypeVar("Schema")
_ADAPTERS: dict[object, TypeAdapter[Any]] = {}
"""Cache of pydantic adapters, which are slow to build."""


def faults(
    error: ValidationError,
    source: Path | str,
    valid: type | Iterable[str] = (),
    data: object = None,
) -> SetError:
    """The error with all faults that validation found in a file, one line each.

    Args:
        error: pydantic's error.
        source: The file at fault.
        valid: Type that it was validated against, or just the valid keys at its top level.
        data: The data; if given, entries of lists are named by their id or name.
    """
    return refuse(source, explain(error, valid, data))


def refuse(source: Path | str, lines: Iterable[str]) -> SetError:
    """The error for a file with these faults, each ``entry: key: sentence``."""
    faults = list(lines)
    shown = [f"{source}: {line}" for line in faults[:SHOWN]]
    if len(faults) > SHOWN:
        shown.append(f"{source}: and {len(faults) - SHOWN} more faults")
    return SetError("\n".join(shown))


def validate(schema: type[Schema], data: object, source: Path | str) -> Schema:
    """`data` as an instance of `schema`; raises one `SetError` with all its faults."""
    try:
        return checked(schema, data)
    except ValidationError as error:
        raise faults(error, source, schema, data) from None


def checked(schema: type[Schema], data: object) -> Schema:
    """`data` as an instance of `schema`.

    Raises:
        ValidationError: it is invalid.
    """
    adapter: TypeAdapter[Schema] = _ADAPTERS.get(schema) or TypeAdapter(schema)
    _ADAPTERS[schema] = adapter
    return adapter.validate_python(data)


def built(kind: type[Schema], entry: object, **changes: object) -> Schema:
    """A dataclass built from its fields in the entry of a file, and from `changes`."""
    shared: dict[str, Any] = {
        f.name: getattr(entry, f.name)
        for f in fields(kind)  # type: ignore[arg-type]  # any dataclass
        if f.init and f.name not in changes and hasattr(entry, f.name)
    }
    return kind(**shared, **changes)


def read_yaml(path: Path) -> object:
    """The plain values in a YAML file: str, int, float, bool, None, list, dict.

    Raises:
        SetError: there is no such file, or it is not plain YAML.
    """
    return parse_yaml(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Bytes of a small file, to hash exactly what is parsed; `SetError` if it cannot be read."""
    try:
        with regular(path, SetError).open("rb") as file:
            raw = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise SetError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise SetError(f"{path}: this is a folder, not a YAML file") from None
    except (OSError, ValueError) as error:  # ValueError: a path that holds a null byte
        reason = getattr(error, "strerror", None) or error
        raise SetError(f"{path}: the file cannot be read: {reason}") from None
    if len(raw) > LIMIT:
        raise SetError(f"{path}: larger than {LIMIT:,} bytes, which no file of this kind is")
    return raw


def parse_yaml(raw: bytes, source: Path | str) -> object:
    """The plain values in the bytes of a YAML file called `source`; see `read_yaml`.

    Results are cached: a run reads its set several times, and the parser is slow.
    """
    text = decode(raw, source, "YAML", SetError)
    try:
        data, faults = _parsed(text)
    except yaml.YAMLError as error:
        raise SetError(f"{source}: {_syntax(error, text)}") from None
    except RecursionError:
        raise SetError(f"{source}: nested deeper than {DEPTH} levels") from None
    except (ValueError, OverflowError):  # PyYAML on escapes of characters that do not exist
        raise SetError(f"{source}: not valid YAML: a character that does not exist") from None
    if faults:
        raise refuse(source, faults)
    if data is None:
        raise SetError(f"{source}: the file is empty")
    return copy.deepcopy(data)


@functools.lru_cache(maxsize=32)
def _parsed(text: str) -> tuple[Plain, tuple[str, ...]]:
    """The values in a text, which callers must not change, and its faults."""
    node = yaml.compose(text, Loader=_Loader)
    reading = _NodeReader()
    data = None if node is None else reading.plain(node, ())
    return data, tuple(reading.faults)


def _syntax(error: yaml.YAMLError, text: str) -> str:
    """One sentence for PyYAML's error, with the line."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"line {line}: not valid YAML: {error.reason}"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)
    return f"line {mark.line + 1 if mark else 1}: not valid YAML: {problem}"


class _Loader(yaml.SafeLoader):
    """Composes nodes only; in pure Python, since libyaml's composer overflows on deep nesting."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_TAG = "tag:yaml.org,2002:"
_PLAIN = {_TAG + kind for kind in ("bool", "float", "int", "map", "null", "seq", "str")}
_NUMBER = r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?"
_ENDLESS = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
# Scalars have no type beyond PyYAML's: text that its `safe_dump` leaves unquoted stays text.
for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9](?:_?[0-9])*)", list("-+0123456789")),
    ("float", f"{_NUMBER}|{_ENDLESS}", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)


class _NodeReader:
    """Converts a composed file to plain values in one pass, and collects faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.values = 0

    def plain(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> Plain:
        """The value of a node; `above` are its ancestors."""
        self.values += 1
        endless = "an alias that contains itself" if any(node is n for n in above) else ""
        if self.values > VALUES:
            endless = f"aliases stand for more than {VALUES:,} values"
        if endless:
            raise yaml.MarkedYAMLError(problem=endless, problem_mark=node.start_mark)
        if len(above) >= DEPTH:
            raise RecursionError
        if node.tag not in _PLAIN:
            self._fault(node, f"the tag {node.tag!r} is not allowed, only plain values are")
            return None
        inside = (*above, node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, inside)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, inside) for child in node.value]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, inside: tuple[yaml.Node, ...]) -> Plain:
        mapping: dict[Scalar, Plain] = {}
        for key_node, value_node in node.value:
            value = self.plain(value_node, inside)
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, "a key must be one word, not a list or mapping")
                continue
            key = self._scalar(key_node)
            if key in mapping:
                self._fault(key_node, f"the key {key!r} stands here a second time")
            mapping[key] = value
        return mapping

    def _scalar(self, node: yaml.Node) -> Scalar:
        kind, text = node.tag.removeprefix(_TAG), str(node.value)
        try:
            text.encode()  # raises for lone surrogates, such as "\ud800"
            if kind == "str":
                if CONTROL.search(text):
                    self._fault(node, f"{text[:40]!r} holds a control character")
                return text
            if kind == "null":
                return None
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "int":
                return int(text)
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
        except (KeyError, ValueError):
            shown = text if len(text) <= 40 else text[:40] + "..."
            self._fault(node, f"{shown!r} cannot be read as {kind}")
            return None

    def _fault(self, node: yaml.Node, sentence: str) -> None:
        self.faults.append(f"line {node.start_mark.line + 1}: {sentence}")
