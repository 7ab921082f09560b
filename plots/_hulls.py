"""Outlines in data units: confidence ellipses, convex hulls, tubes of several ellipses."""

from itertools import pairwise

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray

from ._dots import JointRegion

Numbers = NDArray[np.float64]

CORNERS = 72
"""Of the polygon that approximates an ellipse."""


def ellipse_points(x: float, y: float, region: JointRegion) -> Numbers:
    """``(CORNERS, 2)``: the ellipse of a joint region around (x, y), counter-clockwise."""
    var_x, cov, var_y, radius = region
    values, vectors = np.linalg.eigh([[var_x, cov], [cov, var_y]])
    if np.linalg.det(vectors) < 0:
        vectors = vectors * [1, -1]
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    roots = radius * np.sqrt(np.clip(values, 0, None))
    unit_circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    points: Numbers = unit_circle * roots @ vectors.T + [x, y]
    return points


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
    corners: list[Numbers] = []
    for point in points:
        while len(corners) > 1 and _cross_product(corners[-2], corners[-1], point) <= 0:
            corners.pop()
        corners.append(point)
    return corners[:-1]


def _cross_product(a: Numbers, b: Numbers, c: Numbers) -> float:
    """Above 0 where c lies left of the line from a to b."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def tube(ellipses: list[Numbers]) -> Path:
    """Convex hulls of successive ellipses as one path: its opacity is even where they overlap."""
    hulls = [hull(np.vstack(pair)) for pair in pairwise(ellipses)] or ellipses
    return Path.make_compound_path(*(Path([*h, h[0]], closed=True) for h in hulls))
