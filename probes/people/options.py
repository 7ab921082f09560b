"""Values of people's answers: labels, or declared numbers -> values in [-1, 1].

A label that neither the set nor the user declares is an error; nothing is guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from probes.errors import SetError, UsageError
from probes.types import StatementSet

PLAIN: Mapping[str, float] = {
    "agree": 1.0,
    "somewhat agree": 0.5,
    "neutral": 0.0,
    "somewhat disagree": -0.5,
    "disagree": -1.0,
}
"""Labels known for every set."""
TABLE: Mapping[str, float] = {
    "strongly disagree": -1.0,
    "disagree": -0.5,
    "agree": 0.5,
    "strongly agree": 1.0,
}
"""Answers of a table key; points between them by linear interpolation."""
MISSING = frozenset({"", "na"})
"""Cells without an answer; R writes NA."""
_RANGE = re.compile(r"\s*(-?\d{1,3})\s*\.\.\s*(-?\d{1,3})\s*")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?")
LONGEST = 101
"""Maximum number of steps of a range of answers."""


@dataclass(slots=True)
class AnswerScale:
    """Value of each answer; caches every cell that it has read."""

    values: Mapping[str, float]
    """Label, or number as text, in lower case -> value in [-1, 1]; NaN: no answer."""
    _seen: dict[str, float] = field(default_factory=dict)

    def of(self, cell: object, path: Path, where: str, column: str) -> float:
        """The value of a cell; NaN if there is no answer.

        Raises:
            SetError: the cell is none of the declared answers.
        """
        text = cell if isinstance(cell, str) else str(cell)
        value = self._seen.get(text)
        if value is None:
            value = self._seen[text] = self._value(text, path, where, column)
        return value

    def _value(self, cell: str, path: Path, where: str, column: str) -> float:
        name = plain(cell)
        if name in self.values:
            return self.values[name]
        if name in MISSING:
            return float("nan")
        shown = f"{path}: {where}: column {column!r}: {cell[:40]!r}"
        hint = ", ".join(self.values)
        if _NUMBER.fullmatch(name):
            raise SetError(
                f"{shown} is no declared answer ({hint}); say what numbers count, such as "
                "--options 1..5, or --options 1=-1,2=-0.5,3=0,4=0.5,5=1"
            )
        raise SetError(f"{shown} is no declared answer ({hint}); declare it: --options LABEL=VALUE")


def plain(cell: object) -> str:
    """A cell normalised for comparison: lower case, no ``.0``, decimal point for comma."""
    text = " ".join(str(cell).split()).lower()
    if _NUMBER.fullmatch(text):
        return repr(float(text.replace(",", "."))).removesuffix(".0")
    return text


def scale(statements: StatementSet, typed: str = "") -> AnswerScale:
    """The values of answers to a set.

    Args:
        statements: The set; its own options have the values that it declares.
        typed: Declared by the user: ``support=1,oppose=-1``, ``1..5`` (from disagreement to
            agreement, in equal steps), or nothing. ``9=`` is no answer.

    Raises:
        UsageError: it is invalid.
    """
    if typed:
        return AnswerScale(_typed(typed))
    if statements.scoring.kind == "table":
        return AnswerScale(dict(TABLE))
    declared = statements.scoring.options
    most = max(map(abs, declared.values()), default=1.0)
    values = {plain(label): value / most for label, value in declared.items()}
    return AnswerScale(values or dict(PLAIN))


def _typed(typed: str) -> dict[str, float]:
    if match := _RANGE.fullmatch(typed):
        return _steps(typed, *map(int, match.groups()))
    values: dict[str, float] = {}
    for part in typed.split(","):
        label, mark, number = part.rpartition("=")
        name = plain(label.strip())
        if not mark or not name or name in values:
            raise UsageError(
                f"--options {typed!r}: {part!r}: should be ANSWER=VALUE, each answer once, such as "
                "support=1,oppose=-1, or a range such as 1..5"
            )
        values[name] = _number(typed, number.strip())
    return _told_apart(typed, values)


def _steps(typed: str, first: int, last: int) -> dict[str, float]:
    if not 1 <= last - first < LONGEST:
        raise UsageError(
            f"--options {typed!r}: a range goes up from disagreement to agreement, "
            f"by at most {LONGEST} steps"
        )
    return {str(n): -1 + 2 * (n - first) / (last - first) for n in range(first, last + 1)}


def _number(typed: str, number: str) -> float:
    if not number:
        return float("nan")
    if not _NUMBER.fullmatch(number) or abs(value := float(number)) > 1:
        raise UsageError(
            f"--options {typed!r}: {number!r}: should be a number from -1 (disagree) to 1 (agree)"
        )
    return value


def _told_apart(typed: str, values: dict[str, float]) -> dict[str, float]:
    numbers = {value for value in values.values() if value == value}  # noqa: PLR0124 - not NaN
    if not (min(numbers, default=0) < 0 < max(numbers, default=0)):
        raise UsageError(f"--options {typed!r}: needs an answer below 0 and one above 0")
    return values
