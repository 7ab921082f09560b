"""Rows of models, one below the other, grouped by family and sorted along an axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.phrases import say
from probes.types import Tables, reasons

from . import _style
from ._marks import ModelMark, marks

NUMBERS = ("position", "low", "high", "minimum", "maximum")
"""Columns for the fields of an `AxisInterval`, in its order."""


@dataclass(frozen=True, slots=True)
class AxisInterval:
    """A placement on one axis, in points of the scale; NaN where unknown."""

    position: float = math.nan
    low: float = math.nan
    high: float = math.nan
    minimum: float = math.nan
    maximum: float = math.nan
    solid: bool = False
    """Whether the position makes a claim."""
    placed: bool = True
    """Whether it is placed; if not, figures of positions draw no dot."""

    @property
    def drawn(self) -> bool:
        """Whether it has a dot in a figure of positions."""
        return self.placed and math.isfinite(self.position)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model with its placements by axis; or, without a mark, a heading."""

    name: str
    mark: ModelMark | None = None
    intervals: Mapping[str, AxisInterval] = field(default_factory=dict, hash=False)
    model: str = ""
    """Name of the model in the tables; `name` is what is written."""
    people: bool = False
    """Whether it is a group of people: its "interval" holds half of them, its bounds 90 %."""

    def interval_on(self, axis: str) -> AxisInterval:
        """Its placement on an axis; empty if the table has none."""
        return self.intervals.get(axis, AxisInterval())


def model_rows(tables: Tables) -> list[ModelRow]:
    """Every model, in table order."""
    intervals: dict[str, dict[str, AxisInterval]] = {}
    table = tables.placements
    numbers = (table[name].astype(float) for name in NUMBERS)
    claims = reasons.claims(tables)
    for model, axis, placed, *ends in zip(
        table["model"], table["axis"], table["placed"], *numbers, strict=True
    ):
        solid = claims[str(model), str(axis)]
        interval = replace(AxisInterval(*ends), solid=solid, placed=reasons.placed(placed))
        intervals.setdefault(str(model), {})[str(axis)] = interval
    looks = marks(tables)
    names = _style.distinct_names(looks)
    return [ModelRow(names[model], mark, intervals[model], model) for model, mark in looks.items()]


def group_by_family(models: Sequence[ModelRow], axis: str) -> list[ModelRow]:
    """Models sorted from the negative to the positive pole, under headings of their families.

    Families are in the order of their first models; models without a position come last. No
    headings if families have fewer than two models on average.
    """

    def sort_position(row: ModelRow) -> float:
        interval = row.interval_on(axis)
        return interval.position if interval.drawn else math.inf

    ordered = sorted(models, key=lambda row: (sort_position(row), row.name))
    families: dict[str, list[ModelRow]] = {}
    for row in ordered:
        families.setdefault(row.mark.family if row.mark else "", []).append(row)
    if len(families) < 2 or len(ordered) < 2 * len(families):
        return ordered
    rows: list[ModelRow] = []
    for family, members in families.items():
        rows += [ModelRow(_style.shorten(family) or say("no family")), *members]
    return rows
