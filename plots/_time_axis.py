"""Horizontal axis of the timeline: release dates, numbers of parameters or kinds of access.

Reads `models.csv`. Nothing is guessed: a model without the value is not drawn.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from probes.phrases import phrase, say
from probes.types import Tables

ACCESS = (phrase("open"), phrase("gated"), phrase("api"))
QUANTITIES = ("released", "parameters", "access")
NAMES = {
    "released": phrase("a release date"),
    "parameters": phrase("a number of parameters"),
    "access": phrase("a kind of access"),
}
EXAMPLES = {
    "released": "released: 2024-07",
    "parameters": "parameters: 124000000",
    "access": "access: open",
}
TITLES = {
    "released": phrase("release date"),
    "parameters": phrase("number of parameters"),
    "access": phrase("access"),
}
CAPTIONS = {
    "released": phrase("Dates: when weights or paper were first published"),
    "parameters": phrase("Parameters on a logarithmic scale"),
    "access": phrase("Within a kind of access, models stand side by side by name"),
}
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
QUARTER_YEARS = 2
"""Maximum number of years for which quarters are marked."""
MAX_YEAR_LABELS = 8
"""Maximum number of labelled years; with more, every second, third, ... year has a label."""


@dataclass(frozen=True, slots=True)
class HorizontalAxis:
    """Positions of models along the axis, and its ticks."""

    at: Mapping[str, float] = field(hash=False)
    """Model -> x, for models with a value."""
    ends: tuple[float, float]
    ticks: Mapping[float, str] = field(hash=False)
    lines: Sequence[float] = field(hash=False)
    """x of the vertical gridlines."""


def horizontal_axis(tables: Tables, by: str, models: Sequence[str]) -> HorizontalAxis:
    """The axis for one of `QUANTITIES`, with those of `models` that have a value."""
    if by not in tables.models:
        return HorizontalAxis({}, (0, 1), {}, [])
    values = dict(zip(tables.models["model"].astype(str), tables.models[by], strict=True))
    return {"released": _dates, "parameters": _sizes, "access": _access_columns}[by](
        {model: values[model] for model in models if model in values}
    )


def _dates(values: Mapping[str, object]) -> HorizontalAxis:
    """Values of x: years, with months as twelfths."""
    x_of = {}
    for model, text in values.items():
        if isinstance(text, str) and text:
            year, _, month = text.partition("-")
            x_of[model] = int(year) + (int(month or 1) - 0.5) / 12
    first, last = (
        math.floor(min(x_of.values(), default=0)),
        math.ceil(max(x_of.values(), default=1)),
    )
    if last - first <= QUARTER_YEARS:
        quarters = [first + i / 4 for i in range(4 * (last - first) + 1)]
        ticks = {
            quarter + 0.5 / 12: f"{int(quarter)}-{round(12 * (quarter % 1)) + 1:02}"
            for quarter in quarters[:-1]
        }
        return HorizontalAxis(x_of, (first - 0.02, last + 0.02), ticks, quarters)
    years = range(first, last + 1)
    step = math.ceil(len(years) / MAX_YEAR_LABELS)
    ticks = {year + 0.5: str(year) for year in years[:-1:step]}
    pad = 0.02 * (last - first)
    return HorizontalAxis(x_of, (first - pad, last + pad), ticks, list(years))


def _sizes(values: Mapping[str, object]) -> HorizontalAxis:
    """Values of x: decimal logarithms, with ticks at powers of ten."""
    x_of = {
        model: math.log10(float(size))
        for model, size in values.items()
        if isinstance(size, int | float | np.number) and math.isfinite(size) and size > 0
    }
    low, high = min(x_of.values(), default=0.0), max(x_of.values(), default=1.0)
    first, last = math.floor(low - 0.15), math.ceil(high + 0.15)
    powers = range(first, last + 1)
    return HorizontalAxis(
        x_of, (first, last), {p: _format_size(10.0**p) for p in powers}, list(powers)
    )


def _format_size(number: float) -> str:
    """``1e9`` -> ``1B``."""
    for unit, letter in UNITS:
        if number >= unit:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"


def _access_columns(values: Mapping[str, object]) -> HorizontalAxis:
    """One column for each kind of access; its models are side by side, sorted by name."""
    members = {
        kind: sorted(model for model, value in values.items() if value == kind) for kind in ACCESS
    }
    shown = [kind for kind in ACCESS if members[kind]]
    x_of = {
        model: column + (place + 1) / (len(members[kind]) + 1)
        for column, kind in enumerate(shown)
        for place, model in enumerate(members[kind])
    }
    ticks = {column + 0.5: say(kind) for column, kind in enumerate(shown)}
    return HorizontalAxis(x_of, (0, max(1, len(shown))), ticks, list(range(1, len(shown))))
