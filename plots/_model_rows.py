"""Rows: models one below the other, grouped by family and sorted along an axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.types import Tables, reasons

from . import _style
from ._marks import ModelMark, marks

NUMBERS = ("position", "low", "high", "minimum", "maximum")
"""Columns of a `AxisInterval`, in its order."""


@dataclass(frozen=True, slots=True)
class AxisInterval:
    """A placement on one axis, in points of the scale; NaN where unknown."""

    position: float = math.nan
    low: float = math.nan
    high: float = math.nan
    minimum: float = math.nan
    maximum: float = math.nan
    solid: bool = False
    """A claim is made of the position."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model with its placements by axis; or, without a mark, the heading of a family."""

    name: str
    mark: ModelMark | None = None
    spans: Mapping[str, AxisInterval] = field(default_factory=dict, hash=False)
    model: str = ""
    """As the tables call it; `name` is what is written."""

    def on(self, axis: str) -> AxisInterval:
        """Its placement on an axis, empty if the table has none."""
        return self.spans.get(axis, AxisInterval())


def rows(tables: Tables) -> list[ModelRow]:
    """Every model, in table order."""
    spans: dict[str, dict[str, AxisInterval]] = {}
    table = tables.placements
    numbers = (table[name].astype(float) for name in NUMBERS)
    claims = reasons.claims(tables)
    for model, axis, *span in zip(table["model"], table["axis"], *numbers, strict=True):
        interval = replace(AxisInterval(*span), solid=claims[str(model), str(axis)])
        spans.setdefault(str(model), {})[str(axis)] = interval
    looks = marks(tables)
    names = _style.distinct(looks)
    return [ModelRow(names[model], mark, spans[model], model) for model, mark in looks.items()]


def grouped(models: Sequence[ModelRow], axis: str) -> list[ModelRow]:
    """Models from the negative to the positive pole, under headings of their families.

    Families follow each other as their foremost models do; what has no position comes last.
    Where families have fewer than two models on average there are no headings.
    """

    def where(row: ModelRow) -> float:
        position = row.on(axis).position
        return position if math.isfinite(position) else math.inf

    ordered = sorted(models, key=lambda row: (where(row), row.name))
    families: dict[str, list[ModelRow]] = {}
    for row in ordered:
        families.setdefault(row.mark.family if row.mark else "", []).append(row)
    if len(families) < 2 or len(ordered) < 2 * len(families):
        return ordered
    found: list[ModelRow] = []
    for family, members in families.items():
        found += [ModelRow(_style.shorten(family) or "no family"), *members]
    return found
