"""Outlines in data units: confidence ellipses, convex hulls, and tubes around several ellipses."""

from itertools import pairwise

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray

from ._dots import Dot, JointRegion

Numbers = NDArray[np.float64]

CLIP = 0.9999
"""Limit of |x| for artanh, as in intervals: artanh 1 is infinite."""
CORNERS = 360
"""Number of corners of the polygon that approximates an ellipse."""


def ellipse_points(x: float, y: float, region: JointRegion) -> Numbers:
    """``(CORNERS, 2)``: outline of a joint region around (x, y), counter-clockwise.

    An ellipse if the scale has no ends; else an ellipse on Fisher's scale (artanh), so that no
    corner lies beyond them.
    """
    values, vectors = np.linalg.eigh([[region.var_x, region.cov], [region.cov, region.var_y]])
    if np.linalg.det(vectors) < 0:
        vectors = vectors * [1, -1]
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    roots = region.radius * np.sqrt(np.clip(values, 0, None))
    unit_circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    away = unit_circle * roots @ vectors.T
    sides = ((x, away[:, 0], region.x_ends), (y, away[:, 1], region.y_ends))
    return np.stack([_on_fishers_scale(*side) for side in sides], axis=1)


def dot_outline(dot: Dot) -> Numbers | None:
    """Corners of a dot's joint region and its two intervals; None without either."""
    corners = [(x, y) for line in dot.whiskers for x, y in zip(*line, strict=True)]
    parts = [np.array(corners)] if corners else []
    if dot.region:
        parts.append(ellipse_points(dot.x, dot.y, dot.region))
    return hull(np.vstack(parts)) if parts else None


def _on_fishers_scale(centre: float, away: Numbers, ends: tuple[float, float]) -> Numbers:
    """``centre + away`` to first order, never beyond the ends of the scale."""
    if not np.isfinite(ends).all():
        return centre + away
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    relative = np.clip((centre - middle) / half, -CLIP, CLIP)
    bent: Numbers = middle + half * np.tanh(np.arctanh(relative) + away / half / (1 - relative**2))
    return bent


def hull(points: Numbers) -> Numbers:
    """``(n, 2)``: corners of the convex hull, counter-clockwise.

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
    """Above 0 if c lies left of the line from a to b."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def tube(ellipses: list[Numbers]) -> Path:
    """Convex hulls of successive ellipses as one path, so that overlaps are not darker."""
    hulls = [hull(np.vstack(pair)) for pair in pairwise(ellipses)] or ellipses
    return Path.make_compound_path(*(Path([*h, h[0]], closed=True) for h in hulls))
