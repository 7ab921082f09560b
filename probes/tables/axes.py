"""Tables about axes: joint regions of two, positions by topic, and shares of variance."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from probes.placement import axis as point
from probes.placement import variance
from probes.placement.criteria import Row
from probes.placement.interval import Floats
from probes.placement.model import Placement

ELLIPSES = (
    *("model", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius"),
    *("x_from", "x_to", "y_from", "y_to"),
)
VARIANCE = ("model", "axis", "source", "share")
TOPICS = ("model", "axis", "topic", "position", "low", "high", "statements")
MODELS_TO_COMPARE = 5
"""Minimum number of models for an estimate of the variance of model x wording."""
EVERY_MODEL = "all"
"""Name of the model in rows about all of them."""


def ellipses(model: Placement) -> Iterator[Row]:
    """One row for each pair of axes that both have an interval."""
    for (x_axis, x), (y_axis, y) in combinations(model.points.items(), 2):
        region = point.ellipse(x, y)
        if region:
            names = (model.info.name, x_axis, y_axis, x.position, y.position)
            shape = (region.var_x, region.cov, region.var_y, region.radius)
            yield dict(zip(ELLIPSES, (*names, *shape, *_ends(x), *_ends(y)), strict=True))


def _ends(position: point.AxisPosition) -> tuple[float, float]:
    """Ends of the scale: positions with every answer at its extreme."""
    return position.used.at(-1.0), position.used.at(1.0)


def topics(model: Placement) -> Iterator[Row]:
    """One row per axis and topic: position from the statements of that topic alone."""
    for axis, position in model.points.items():
        for topic in point.topics(position):
            yield dict(zip(TOPICS, (model.info.name, axis, *topic), strict=True))


def shares(models: Sequence[Placement], variants: pd.DataFrame | None = None) -> Iterator[Row]:
    """Shares of every model's own variance; with enough models, also of the variance between them.

    Args:
        models: The placements.
        variants: Table of variants (`agreement.variants`), if asked under an effects key.
    """
    apart = {} if variants is None else _variant_leanings(variants)
    for model in models:
        for axis, position in model.points.items():
            of_axis = point.shares(position, apart.get(model.info.name))
            yield from _shares(model.info.name, axis, of_axis)
    if len(models) < MODELS_TO_COMPARE:
        return
    for axis in models[0].points:
        means = _wording_means([m.points[axis] for m in models])
        yield from _shares(EVERY_MODEL, axis, variance.model_shares(means))


def _variant_leanings(variants: pd.DataFrame) -> dict[str, dict[str, Floats]]:
    """Model -> statement -> ``(variants, wordings)``: leaning, or `raw` if it has no mirror."""
    cell = variants["leaning"].where(variants["leaning"].notna(), variants["raw"]).astype(float)
    apart: dict[str, dict[str, Floats]] = {}
    for (model, statement), rows in variants.assign(cell=cell).groupby(["model", "statement"]):
        grid = rows.pivot_table(index="variant", columns="wording", values="cell", dropna=False)
        apart.setdefault(str(model), {})[str(statement)] = grid.to_numpy(dtype=np.float64)
    return apart


def _shares(model: str, axis: str, shares: Mapping[str, float]) -> Iterator[Row]:
    for source, share in shares.items():
        yield dict(zip(VARIANCE, (model, axis, source, share), strict=True))


def _wording_means(points: Sequence[point.AxisPosition]) -> Floats:
    """``(models, wordings)`` mean leanings of models with positions, in wordings common to all."""
    answered = [p.used for p in points if not p.used.empty]
    shared = (
        [w for w in answered[0].wordings if all(w in u.wordings for u in answered)]
        if answered
        else []
    )
    rows = []
    for used in answered:
        means = used.share @ used.complete
        rows.append([float(means[used.wordings.index(w)]) for w in shared])
    return np.array(rows, dtype=np.float64).reshape(len(answered), len(shared))
