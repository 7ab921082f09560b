"""Words pydantic's errors about a file as a person would.

A fault becomes ``entry: key: sentence``: an entry of a list is named by its `id` or `name`, a
misspelt word comes with the nearest valid one. Reads no file and raises nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from probes.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import ValidationError

    JsonSchema = dict[str, object]
    Location = Sequence[str | int]

SHOWN = 60
"""Maximum number of characters of a wrong value in a message."""

_MAPPING = "should be a mapping (`key: value`)"
_SENTENCES = {
    "missing": "is missing",
    "string_type": "should be text",
    "string_too_short": "is empty",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "finite_number": "should be a finite number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "list_type": "should be a list",
    "tuple_type": "should be a list",
}
_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
"""Error types for an unknown key: of a pydantic model, and of a dataclass."""
_SILENT = {"missing", "string_too_short", "value_error", "assertion_error"}
"""Error types for which the message does not show the value."""


def explain(
    error: ValidationError, valid: type | Iterable[str] = (), data: object = None
) -> list[str]:
    """One line for each fault, in the order of the schema.

    Args:
        error: pydantic's error.
        valid: Type that it was validated against, or just the valid keys at its top level.
        data: The data; if given, entries of lists are named by their id or name.
    """
    root = _schema(valid)
    lines = []
    for fault in error.errors(include_url=False):
        kind, where, value = fault["type"], fault["loc"], fault["input"]
        if kind in _UNKNOWN:
            keys = _keys(_describe(root, where[:-1]))
            sentence = f"unknown key; {nearest(str(where[-1]), keys)}" if keys else "unknown key"
        elif kind in {"literal_error", "enum"}:
            words = _words(_describe(root, where)) or {str(fault["ctx"]["expected"])}
            sentence = f"{show(value)} is not allowed; {nearest(str(value), words)}"
        else:
            sentence = _SENTENCES.get(kind) or _message(fault["msg"])
            sentence += "" if kind in _SILENT else f", not {show(value)}"
        lines.append(": ".join((*_names(where, data), sentence)))
    return list(dict.fromkeys(lines))


def show(value: object) -> str:
    """A value for a message, cut if long."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _schema(valid: type | Iterable[str]) -> JsonSchema:
    if isinstance(valid, type):
        from pydantic import TypeAdapter

        return cast("JsonSchema", TypeAdapter(valid).json_schema())
    return {"properties": {key: {} for key in valid}}


def _message(text: str) -> str:
    for start in ("Input ", "Value error, ", "Assertion failed, "):
        text = text.removeprefix(start)
    return text


def _names(where: Location, data: object) -> Iterator[str]:
    """The words of a location: keys unchanged, entries of lists by id, name or number."""
    for index, part in enumerate(where):
        if isinstance(data, dict):
            if part not in data and (part == "[key]" or index + 1 < len(where)):
                continue  # no key of the file: pydantic's mark for a key, or the branch of a union
            data = data.get(part)
            yield str(part)
        elif isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
            entry = data if isinstance(data, dict) else {}
            name = entry.get("id", entry.get("name"))
            yield name if isinstance(name, str) and name else f"number {part + 1}"
        elif data is None:
            yield part


def _describe(root: JsonSchema, where: Location) -> list[JsonSchema]:
    """The parts of a JSON schema that may describe the value at a location."""
    schemas = _branches(root, root)
    for part in where:
        nested = [step for branch in schemas for step in _subschemas(branch, part)]
        if nested:  # else `part` is the branch of a union, which is no step in the file
            schemas = [branch for step in nested for branch in _branches(root, step)]
    return schemas


def _branches(root: JsonSchema, schema: JsonSchema) -> list[JsonSchema]:
    """A schema, with references resolved and unions split into their branches."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        definitions = cast("dict[str, JsonSchema]", root["$defs"])
        return _branches(root, definitions[name])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            parts = cast("list[JsonSchema]", schema[union])
            return [branch for part in parts for branch in _branches(root, part)]
    return [schema]


def _subschemas(schema: JsonSchema, part: str | int) -> Iterator[JsonSchema]:
    """The schemas of the entry or key `part` of the value that a schema describes."""
    if isinstance(part, int):
        first = cast("list[JsonSchema]", schema.get("prefixItems", []))
        entry = first[part] if part < len(first) else schema.get("items")
    else:
        keys = cast("JsonSchema", schema.get("properties", {}))
        entry = keys.get(part, schema.get("additionalProperties"))
    if isinstance(entry, dict):
        yield entry


def _keys(schemas: list[JsonSchema]) -> set[str]:
    return {key for schema in schemas for key in cast("JsonSchema", schema.get("properties", {}))}


def _words(schemas: list[JsonSchema]) -> set[str]:
    words: set[str] = set()
    for schema in schemas:
        words.update(str(word) for word in cast("list[object]", schema.get("enum", [])))
        words.update([str(schema["const"])] if "const" in schema else [])
    return words
