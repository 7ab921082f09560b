"""What positions are drawn against in a timeline: dates, sizes, access; and its ticks.

Reads what `models.csv` says of models. Nothing is guessed: a model that says nothing has no place.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from probes.types import Tables

ACCESS = ("open", "gated", "api")
KINDS = ("released", "parameters", "access")
WANTS = {
    "released": "a release date",
    "parameters": "a number of parameters",
    "access": "a kind of access",
}
SAYS = {
    "released": "released: 2024-07",
    "parameters": "parameters: 124000000",
    "access": "access: open",
}
TITLES = {"released": "release date", "parameters": "number of parameters", "access": "access"}
SMALL = {
    "released": "Dates: when weights or paper were first published",
    "parameters": "Parameters on a logarithmic scale",
    "access": "Within a kind of access, models stand side by side by name",
}
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
SHORT = 2
"""Years up to which quarters are marked."""
MOST = 8
"""Years that have a label each; beyond, every so manieth has."""


@dataclass(frozen=True, slots=True)
class RightAxis:
    """The axis to the right."""

    at: Mapping[str, float] = field(hash=False)
    """Model -> place; models of which it is not known are left out."""
    ends: tuple[float, float]
    ticks: Mapping[float, str] = field(hash=False)
    lines: Sequence[float] = field(hash=False)
    """Where upright lines are."""


def ruler(tables: Tables, by: str, models: Sequence[str]) -> RightAxis:
    """Places for those of `models` of which it is known."""
    if by not in tables.models:
        return RightAxis({}, (0, 1), {}, [])
    said = dict(zip(tables.models["model"].astype(str), tables.models[by], strict=True))
    return {"released": _dates, "parameters": _sizes, "access": _kinds}[by](
        {model: said[model] for model in models if model in said}
    )


def _dates(said: Mapping[str, object]) -> RightAxis:
    """Years, with months as their twelfths."""
    at = {}
    for model, text in said.items():
        if isinstance(text, str) and text:
            year, _, month = text.partition("-")
            at[model] = int(year) + (int(month or 1) - 0.5) / 12
    first, last = math.floor(min(at.values(), default=0)), math.ceil(max(at.values(), default=1))
    if last - first <= SHORT:
        quarters = [first + i / 4 for i in range(4 * (last - first) + 1)]
        ticks = {
            quarter + 0.5 / 12: f"{int(quarter)}-{round(12 * (quarter % 1)) + 1:02}"
            for quarter in quarters[:-1]
        }
        return RightAxis(at, (first - 0.02, last + 0.02), ticks, quarters)
    years = range(first, last + 1)
    step = math.ceil(len(years) / MOST)
    ticks = {year + 0.5: str(year) for year in years[:-1:step]}
    pad = 0.02 * (last - first)
    return RightAxis(at, (first - pad, last + pad), ticks, list(years))


def _sizes(said: Mapping[str, object]) -> RightAxis:
    """Powers of ten."""
    at = {
        model: math.log10(float(size))
        for model, size in said.items()
        if isinstance(size, int | float | np.number) and math.isfinite(size) and size > 0
    }
    low, high = min(at.values(), default=0.0), max(at.values(), default=1.0)
    first, last = math.floor(low - 0.15), math.ceil(high + 0.15)
    powers = range(first, last + 1)
    return RightAxis(at, (first, last), {p: _count(10.0**p) for p in powers}, list(powers))


def _count(number: float) -> str:
    """``1e9`` -> ``1B``."""
    for unit, letter in UNITS:
        if number >= unit:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"


def _kinds(said: Mapping[str, object]) -> RightAxis:
    """A column a kind; within it models side by side, by name."""
    members = {
        kind: sorted(model for model, said_of in said.items() if said_of == kind) for kind in ACCESS
    }
    shown = [kind for kind in ACCESS if members[kind]]
    at = {
        model: column + (place + 1) / (len(members[kind]) + 1)
        for column, kind in enumerate(shown)
        for place, model in enumerate(members[kind])
    }
    ticks = {column + 0.5: kind for column, kind in enumerate(shown)}
    return RightAxis(at, (0, max(1, len(shown))), ticks, list(range(1, len(shown))))
