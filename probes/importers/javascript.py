"""Importer of JavaScript in the style of 8values.

`probes sets import javascript questions.js` reads two shapes, by a parser that executes nothing:

- a list of objects, as in 8values and SapplyValues: a text, weights an axis, perhaps an id;
- nested lists ``[axis][level][variant]``, as in 9axes: the position of a text gives its axis and
  weight; comments after the brackets (``[//4``, ``[//Open-Closed``) must agree with that. A variant
  may be an object with a text and a number, which multiplies the weight.

If the texts are keys of a translation, a second file (JSON or JavaScript) holds the sentences. Code
next to the data is ignored, and noted.

The poles are known for the axes of 8values and of SapplyValues, and used only if a file has exactly
these axes; for other files they are given by ``--option axes=NAME:NEGATIVE:POSITIVE``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from probes.errors import SetError, UsageError, nearest
from probes.importers import _head
from probes.importers._head import plain_id
from probes.importers._json import only_file, text
from probes.importers.scripts import literals
from probes.importers.scripts.literals import JavaScriptData, ListLiteral, ObjectLiteral, Value
from probes.importers.scripts.nested_lists import Read, nested_statements, text_at

OPTIONS = {
    **_head.OPTIONS,
    "variable": "name of the variable that holds the questions, where there are several",
    "text": "key of the texts (left out: question)",
    "effects": "key of the weights (left out: effect or effects)",
    "levels": "weights of the levels of a nested file (left out: 4,3,2,1,-1,-2,-3,-4)",
}

POLES = (
    # 8values: the positive poles of its axes are equality, the globe, liberty and progress
    {
        "econ": ("markets", "equality"),
        "dipl": ("nation", "globe"),
        "govt": ("authority", "liberty"),
        "scty": ("tradition", "progress"),
    },
    # SapplyValues: its axes are named after their positive pole
    {
        "right": ("left", "right"),
        "auth": ("libertarian", "authoritarian"),
        "prog": ("conservative", "progressive"),
    },
)
"""Axis -> (negative, positive pole), one mapping for each instrument."""


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from a file of questions, as plain data; see the module.

    Raises:
        SetError: the file is not data, or not questions of these two shapes.
        UsageError: the options do not fit the file.
    """
    path = only_file(paths[:1] if len(paths) == 2 else paths, "javascript")
    data = literals.read(text(path, "JavaScript"), path)
    questions = _questions(path, data, options.get("variable"))
    nested = all(isinstance(entry, ListLiteral) for entry in questions)
    statements, axes = (nested_statements if nested else _flat)(path, questions, options)
    if len(paths) == 2:
        statements = _translated(statements, paths[1])
    head = _head.head(paths, options) | ({"axes": axes} if axes else {})
    return head | {"statements": statements, "notes": _notes(path, data, questions)}


def _notes(path: Path, data: JavaScriptData, questions: ListLiteral) -> list[str]:
    """Notes on content of the file other than the imported questions."""
    notes = []
    other_lists = [
        n for n, v in data.values.items() if isinstance(v, ListLiteral) and v != questions
    ]
    if other_lists:
        notes.append(f"{path.name}: other lists are left out: {', '.join(other_lists)}")
    if data.code:
        lines = ", ".join(map(str, data.code))
        notes.append(f"{path.name}: code is passed over and never run (from line {lines})")
    if any(isinstance(v, ObjectLiteral) for axis in questions for v in _variants(axis)):
        notes.append(f"{path.name}: the number of a question multiplies the weight of its level")
    return notes


def _variants(axis: Value) -> list[Value]:
    levels = axis if isinstance(axis, ListLiteral) else []
    return [v for level in levels if isinstance(level, ListLiteral) for v in level]


def _translated(statements: list[dict[str, object]], path: Path) -> list[dict[str, object]]:
    """The statements, with their texts replaced by sentences from a second file.

    Raises:
        SetError: it has no sentence for one.
    """
    data = literals.read(text(path, "JavaScript"), path)
    sentences: dict[str, dict[str, None]] = {}
    for key, sentence in _sentences(data.values):
        sentences.setdefault(key, {})[sentence] = None
    translated = []
    for statement in statements:
        key = str(statement["text"])
        matches = [*sentences.get(key, ())]
        if len(matches) > 1:
            raise SetError(
                f"{path}: has {len(matches)} sentences under the key {key!r:.60}; give a file that "
                "holds those of one language"
            )
        if not matches:
            raise SetError(f"{path}: has no sentence under the key {key!r:.60}")
        translated.append(statement | {"text": matches[0]})
    return translated


def _sentences(value: Value | Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Every text in nested objects, by its key and by its path."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, str) and inner.strip():
            yield key, inner.strip()
        for name, sentence in _sentences(inner) if isinstance(inner, Mapping) else ():
            yield name, sentence
            if key:
                yield f"{key}.{name}", sentence


def _questions(path: Path, data: JavaScriptData, variable: str | None) -> ListLiteral:
    """The list that holds the questions."""
    variables = data.values
    if variable is not None and variable not in variables:
        raise UsageError(f"{path}: has no variable {variable!r}: {nearest(variable, variables)}")
    lists = {
        name: value for name, value in variables.items() if isinstance(value, ListLiteral) and value
    }
    name = variable or ("questions" if len(lists) > 1 else next(iter(lists), ""))
    if name not in lists and len(lists) > 1:
        shown = ", ".join(lists)
        raise UsageError(f"{path}: has several lists; add --option variable=NAME ({shown})")
    if name not in lists:
        raise next(
            iter(data.code.values()),
            SetError(f"{path}: {name or 'it'} holds no list of questions"),
        )
    return lists[name]


def _flat(path: Path, questions: ListLiteral, options: Mapping[str, str]) -> Read:
    """Statements from a list of objects, one each."""
    statements: list[dict[str, object]] = []
    axes: dict[str, None] = {}
    for number, entry in enumerate(questions, start=1):
        if not isinstance(entry, ObjectLiteral):
            raise SetError(f"{path}: question {number}: should be an object with a text")
        where = f"{path}: line {entry.line}"
        statement: dict[str, object] = {
            "id": _id(where, entry.get("id"), number),
            "text": text_at(where, entry, options.get("text", "question")),
        }
        effects = _effects(where, entry, options.get("effects"))
        if effects is not None:
            axes |= dict.fromkeys(effects)
            statement["effects"] = {axis: weight for axis, weight in effects.items() if weight}
        statements.append(statement)
    typed = _head.axes(options.get("axes", ""))
    usual = next((poles for poles in POLES if poles.keys() == axes.keys()), {})
    return statements, _head.with_axes(axes, typed, usual) if axes else typed


def _id(where: str, value: Value, number: int) -> str:
    if value is None:
        return f"q{number}"
    identifier = plain_id(str(value)) if isinstance(value, str | int | float) else ""
    if not identifier:
        raise SetError(f"{where}: the id should be a word or number, not {value!r:.60}")
    return identifier


def _effects(where: str, entry: ObjectLiteral, key: str | None) -> dict[str, int | float] | None:
    """Weights of an object by axis; None if it has none."""
    keys = [key] if key else [key for key in ("effect", "effects") if key in entry]
    if len(keys) > 1:
        raise SetError(f"{where}: has both effect and effects; add --option effects=KEY")
    if not keys or keys[0] not in entry:
        return None
    value = entry[keys[0]]
    if not isinstance(value, ObjectLiteral):
        raise SetError(f"{where}: {keys[0]}: should be an object with a number an axis")
    effects: dict[str, int | float] = {}
    for axis, weight in value.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise SetError(f"{where}: {keys[0]}: {axis} should be a number, not {weight!r:.60}")
        effects[axis] = weight
    return effects
