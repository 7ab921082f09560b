"""Findings of a check: a value, numbers, a verdict and a sentence each.

Plain values, made by the modules of this package and printed by the command.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

Verdict = Literal["ok", "warn"]
CAVEAT = "untested on people: all of this comes from key, texts and scripted respondents"
NAMED = 5
"""Maximum number of statements named in a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, with a sentence on its meaning."""

    name: str
    value: str
    verdict: Verdict
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)
    """The numbers in `value`, unrounded; NaN for a missing one."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings on a set, and the tables that they are made from."""

    points: tuple[Finding, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict, hash=False)
    """Name -> table, such as `balance` or the positions of `recovery`."""
    caveat: str = CAVEAT
    """What the findings do not cover."""

    @property
    def ok(self) -> bool:
        """Whether no finding is a warning."""
        return all(point.verdict == "ok" for point in self.points)

    @property
    def verdict(self) -> str:
        """Number of warnings, and their sentences."""
        warned = [f"{p.name}: {p.sentence}" for p in self.points if p.verdict != "ok"]
        head = f"{len(self.points) - len(warned)} of {len(self.points)} points are ok"
        return "\n- ".join([head + (", these are not:" if warned else ""), *warned])

    @property
    def rows(self) -> list[dict[str, object]]:
        """The findings as rows for the terminal."""
        return [
            {"name": p.name, "value": p.value, "verdict": p.verdict, "sentence": p.sentence}
            for p in self.points
        ]

    def json(self, **head: object) -> str:
        """Everything as JSON with a final newline, `head` first; NaN and infinity are null."""
        numbers = ({"numbers": p.numbers} for p in self.points)
        points = [row | more for row, more in zip(self.rows, numbers, strict=True)]
        records = {name: table.to_dict("records") for name, table in self.tables.items()}
        whole = {**head, "caveat": self.caveat, "ok": self.ok, "points": points, **records}
        return json.dumps(_finite(whole), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def named(names: Sequence[str]) -> str:
    """The first of the names, and the number of the others."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
