"""Official scores instead of positions, for comparison with published placements."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from probes.phrases import say
from probes.types import Tables

from ._dots import AxisPair, Dot

Ends = Mapping[str, tuple[float, float, float]]
"""Axis -> (score, low, high) on the scale of the run's positions."""


def scores(tables: Tables, axes: AxisPair) -> dict[str, Ends]:
    """Model -> its official scores, for models that have one on both axes."""
    by_model: dict[str, dict[str, tuple[float, float, float]]] = {}
    if tables.official is None:
        return {}
    for row in tables.official.to_dict("records"):
        score, low, high = (
            float(row[name]) - float(row["centre"]) for name in ("official", "low", "high")
        )
        if math.isfinite(score):
            by_model.setdefault(str(row["model"]), {})[str(row["axis"])] = (score, low, high)
    return {
        model: by_axis
        for model, by_axis in by_model.items()
        if {a.name for a in axes} <= by_axis.keys()
    }


def scored(tables: Tables, official: Mapping[str, Ends]) -> Tables:
    """The tables with positions and intervals of these models replaced by official scores and their
    intervals over wordings; without their ellipses."""
    if not official:
        return tables
    placements, ellipses = tables.placements.copy(), tables.ellipses
    ends = ["position", "low", "high"]
    placements[ends] = [
        official.get(str(model), {}).get(str(axis), numbers)
        for model, axis, *numbers in zip(
            *(placements[name] for name in ("model", "axis", *ends)), strict=True
        )
    ]
    remaining = ellipses[~ellipses["model"].astype(str).isin(official)]
    return replace(tables, placements=placements, ellipses=remaining)


def remarks(official: Mapping[str, Ends], shown: Sequence[Dot]) -> list[str]:
    """Sentences on which dots are official scores."""
    without = sum(dot.model not in official for dot in shown)
    if not official:
        return []
    addition = say("; {n} without one at the position of this run", n=without) if without else ""
    dots = say("Dots: scores as the test's own home makes them") + addition
    return [dots, say("Crosses: 95\N{NO-BREAK SPACE}% intervals over wordings")]
