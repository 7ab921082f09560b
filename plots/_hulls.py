"""Outlines in data units: the ring of a joint region, and the hull of points."""

from itertools import pairwise

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray

from ._dots import Spread

Numbers = NDArray[np.float64]

CORNERS = 72
"""Of a ring."""


def ring(x: float, y: float, spread: Spread) -> Numbers:
    """``(CORNERS, 2)``: the points at the spread's radius around a place, counter-clockwise."""
    var_x, both, var_y, radius = spread
    values, vectors = np.linalg.eigh([[var_x, both], [both, var_y]])
    if np.linalg.det(vectors) < 0:
        vectors = vectors * [1, -1]
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    roots = radius * np.sqrt(np.clip(values, 0, None))
    found: Numbers = np.stack([np.cos(turn), np.sin(turn)], axis=1) * roots @ vectors.T + [x, y]
    return found


def hull(points: Numbers) -> Numbers:
    """``(n, 2)`` corners of the convex hull, counter-clockwise.

    Andrew's monotone chain, Information Processing Letters 9 (1979).
    """
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return ordered
    return np.array([*_chain(ordered), *_chain(ordered[::-1])])


def _chain(points: Numbers) -> list[Numbers]:
    """One side of the hull, without its last point."""
    kept: list[Numbers] = []
    for point in points:
        while len(kept) > 1 and _left(kept[-2], kept[-1], point) <= 0:
            kept.pop()
        kept.append(point)
    return kept[:-1]


def _left(a: Numbers, b: Numbers, c: Numbers) -> float:
    """Above 0 where c lies left of the line from a to b."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def tube(rings: list[Numbers]) -> Path:
    """The hulls of successive rings as one shape, so that its ink is even where they overlap."""
    hulls = [hull(np.vstack(pair)) for pair in pairwise(rings)] or rings
    return Path.make_compound_path(*(Path([*h, h[0]], closed=True) for h in hulls))
