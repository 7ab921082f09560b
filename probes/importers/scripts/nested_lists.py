"""Statements from nested lists ``[axis][level][variant]`` of questions in JavaScript data.

The position of a text gives its axis and weight; comments after the brackets must agree with that.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from probes.errors import SetError, UsageError, nearest
from probes.importers import _head
from probes.importers._head import plain_id
from probes.importers.scripts.literals import ListLiteral, ObjectLiteral, Value

LEVELS = "4,3,2,1,-1,-2,-3,-4"
Read = tuple[list[dict[str, object]], _head.Axes]
"""Statements and axes."""


def nested_statements(path: Path, questions: ListLiteral, options: Mapping[str, str]) -> Read:
    """One statement for each text; its position gives its axis and weight."""
    statements: list[dict[str, object]] = []
    poles: dict[str, tuple[str, str]] = {}
    for number, axis in enumerate(questions, start=1):
        name, axis_poles = _axis(axis, number)
        poles[name] = axis_poles
        weights = _levels(options.get("levels", _levels_in_comments(axis) or LEVELS))
        for weight, level in zip(weights, _lists(path, axis, len(weights)), strict=True):
            where = f"{path}: line {level.line}"
            if re.fullmatch(r"[-+]?\d+", level.comment) and int(level.comment) != weight:
                sentence = f"its comment says {level.comment}, its position {weight:+g}"
                raise SetError(f"{where}: {sentence}; add --option levels=... in the file's order")
            for variant, value in enumerate(level, start=1):
                sentence, factor = _variant(where, variant, value, options)
                statement = {"id": f"{name}.{weight:g}.{variant}", "text": sentence}
                product = float(weight * factor)
                exact = int(product) if product.is_integer() else product
                statements.append(statement | {"effects": {name: exact}})
    typed = _head.axes(options.get("axes", ""))
    return statements, _head.with_axes(poles, typed, poles)


def _variant(
    where: str, number: int, value: Value, options: Mapping[str, str]
) -> tuple[str, int | float]:
    """Text of a variant, and the factor of its level's weight."""
    if isinstance(value, ObjectLiteral):
        key = options.get("text", "question")
        factors = [v for k, v in value.items() if k != "id" and _is_number(v)]
        if len(factors) > 1:
            raise SetError(f"{where}: text {number} holds several numbers: which is its weight?")
        return text_at(where, value, key), cast("list[int | float]", [*factors, 1])[0]
    if not isinstance(value, str) or not value.strip():
        raise SetError(f"{where}: text {number} should be a text, not {value!r:.60}")
    return value.strip(), 1


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _levels_in_comments(axis: Value) -> str:
    """The weights of an axis' levels, if the comment after each bracket is a number; else empty."""
    comments = (
        [level.comment for level in axis if isinstance(level, ListLiteral)]
        if isinstance(axis, ListLiteral)
        else []
    )
    all_numbers = bool(comments) and all(re.fullmatch(r"[-+]?\d+", c) for c in comments)
    return ",".join(comments) if all_numbers and len(comments) != len(LEVELS.split(",")) else ""


def _axis(axis: Value, number: int) -> tuple[str, tuple[str, str]]:
    """Name and poles (negative, positive) of an axis, from ``//Positive-Negative`` after its
    bracket; empty poles if there is none."""
    comment = axis.comment if isinstance(axis, ListLiteral) else ""
    match = re.fullmatch(r"(\w[^-]*?)\s*-\s*(\w[^-]*?)\W*", comment)
    if match is None:
        return f"axis-{number}", ("", "")
    return plain_id(match.group().lower()), (match.group(2), match.group(1))


def _lists(path: Path, axis: Value, count: int) -> list[ListLiteral]:
    """The levels of an axis; raises an error unless there is one list for each weight."""
    entries = axis if isinstance(axis, ListLiteral) else ListLiteral()
    levels = [level for level in entries if isinstance(level, ListLiteral)]
    where = f"{path}: line {entries.line}"
    if len(levels) != len(entries):
        raise SetError(f"{where}: an axis should hold lists of texts, a list a level")
    if len(levels) != count:
        raise SetError(
            f"{where}: the axis has {len(levels)} levels, not {count}; "
            "add --option levels=WEIGHT,WEIGHT,... in the file's order"
        )
    return levels


def _levels(levels: str) -> list[float]:
    try:
        weights = [float(part) for part in levels.split(",")]
    except ValueError:
        weights = []
    if not weights or not all(abs(weight) < 1000 for weight in weights):
        raise UsageError(f"--option levels={levels}: must be numbers, such as {LEVELS}")
    return [int(weight) if weight.is_integer() else weight for weight in weights]


def text_at(where: str, entry: ObjectLiteral, key: str) -> str:
    """The text under a key of an object; raises `SetError` if there is none."""
    if key not in entry:
        raise SetError(f"{where}: has no key {key!r}, the text: {nearest(key, entry)}")
    value = entry[key]
    if not isinstance(value, str) or not value.strip():
        raise SetError(f"{where}: {key}: should be a text, not {value!r:.60}")
    return value.strip()
