"""Coverage and size of joint 95 % regions of the positions on two axes."""

from collections.abc import Iterator

import numpy as np

from benchmarks.validity.world import LEXICONS, SCALE, Row, World, analysed
from probes.placement.interval import (
    AxisEstimate,
    Floats,
    on_fishers_scale,
    spread,
)
from probes.placement.joint_region import covariance, radius

INSIDE, CORNERS = ((0.0, 0.0), (4.0, -4.0), (6.0, 6.0)), ((8.0, 8.0), (9.0, 0.0))
FOUR = (0, 1, 2, 3)
NOISE = {"opinion": 0.0, "correlation": 0.0, "wording": 0.0, "rest": 2.0}
WORLDS = {
    "SD 2": (World(), 92.5),
    "SD 3.5": (World(opinion=3.5), 91.0),
    "SD 3.5, correlation 0.9": (World(opinion=3.5, correlation=0.9), 84.0),
    "4 wordings of SD 2": (World(lexicons=FOUR, wording=2.0), 92.5),
    "lexicons of SD 1": (World(lexicons=LEXICONS, lexicon=1.0), 92.5),
    "5 topics x 4": (World(topics=(4,) * 5), 92.5),
    "3 topics x 10": (World(topics=(10,) * 3), 92.5),
    "noise in single cells": (World(**NOISE), 92.5),
    "noise in single cells, 4 wordings": (World(**NOISE, lexicons=FOUR), 92.5),
}
"""Name -> world, and promised coverage in percent beyond six points (within: 92.5)."""


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    for name, (world, corners) in WORLDS.items():
        for pair in (*INSIDE, *CORNERS):
            inside, radii = joint(world, pair, trials, seed)
            least = 92.5 if pair in INSIDE else corners
            at = f"({pair[0]:g}, {pair[1]:g})"
            yield Row(name, at, inside, least, 100, "joint regions hold both truths")
        largest = float(np.quantile(radii, 0.99))
        yield Row(name, "", largest, 2.4, 7.6, "radius, 99 % below", "SD")


def joint(world: World, pair: tuple[float, float], trials: int, seed: int) -> tuple[float, Floats]:
    """Percent of regions that contain both true positions, and the radius of each region.

    A wording affects both axes: its effects on them have correlation 0.5.
    """
    rng = np.random.default_rng(seed)
    shared, estimates = world.effects(rng, trials), list[AxisEstimate]()
    for truth in pair:
        effects = (shared + world.effects(rng, trials)) / np.sqrt(2)
        cells = world.cells(rng, truth, world.opinions(rng, trials), effects)
        full, missing = analysed(cells, world.lexicons)
        estimates.append(spread(full, np.ones(len(world.units)), world.units, missing))
    x, y = estimates
    (u, on_x), (v, on_y) = (on_fishers_scale(axis.mean) for axis in estimates)
    du, dv = (at - np.arctanh(truth / SCALE) for at, truth in zip((u, v), pair, strict=True))
    cov = covariance(x, y, np.zeros(trials)) * on_x * on_y
    var_u, var_v = x.variance * on_x**2, y.variance * on_y**2
    squared = (du**2 * var_v - 2 * du * dv * cov + dv**2 * var_u) / (var_u * var_v - cov**2)
    radii = radius(x, y)
    return 100 * float(np.mean(squared <= radii**2)), radii
