"""Density contours of groups of people on two axes, each containing a share of the group.

A weighted kernel density estimate on a grid, reflected at the ends of the scale; a contour bounds
the region of highest density with the given share (Hyndman 1996). To prevent reconstruction of
single positions, contours are published for large groups only, vertices are rounded like means, and
contours around fewer than ten people are left out.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.people.moments import effective
from probes.people.people_table import PeopleTables
from probes.placement.interval import Floats
from probes.referents.crowds import EVERYBODY
from probes.referents.disclosure import LEAST, enough_beyond, place_step, rounded
from probes.referents.groups import Crowds

COLUMNS = ("group", "x_axis", "y_axis", "share", "part", "x", "y")
MOST = 6
"""Most groups with an outline (the largest), so that they do not overlap too much."""
GRID = 80
"""Grid cells per axis."""
NARROWEST = 0.05
"""Least standard deviation of the kernel, as a share of the scale: positions are discrete."""
SHARES = {True: (0.5, 0.9), False: (0.5,)}
"""Shares of the contours for all people (True) and for a group (False)."""
QUARTERS = 0.75
"""A contour is published if the quantile of this share, or of its own if larger, would be."""
CORNERS = 12
"""Least number of vertices; smaller contours surround a single position."""


def outlines(people: PeopleTables, shown: Crowds, scale: float) -> pd.DataFrame:
    """One row per vertex of a contour, with `COLUMNS`; `part` numbers the contours of a share."""
    rows = [
        (group, x, y, *line)
        for x, y in combinations(shown, 2)
        for group, at, weight in _groups(people, shown, (x, y))
        for line in _lines(at, weight, SHARES[group == EVERYBODY], scale)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _groups(
    people: PeopleTables, shown: Crowds, axes: tuple[str, str]
) -> Iterator[tuple[str, Floats, Floats]]:
    """Name, positions ``(people, 2)`` and weights of all people and of the largest groups."""
    x, y = (people.positions[people.positions["axis"] == axis] for axis in axes)
    both = x[["person", "group", "weight", "position"]].merge(
        y[["person", "position"]], "inner", "person"
    )
    at = both[["position_x", "position_y"]].to_numpy(float)
    weight = both["weight"].to_numpy(float)
    placed = np.isfinite(at).all(axis=1) & (weight > 0)
    named = [name for name in shown[axes[0]] if name and name in shown[axes[1]]]
    for name in (EVERYBODY, *named[:MOST]):
        inside = placed & ((both["group"].to_numpy(object) == name) | (name == EVERYBODY))
        if inside.any():
            yield name, at[inside], weight[inside]


def _lines(
    at: Floats, weight: Floats, shares: tuple[float, ...], scale: float
) -> Iterator[tuple[float, int, float, float]]:
    """Share, part, x and y of each vertex."""
    from contourpy import contour_generator

    density = _density(at, weight, scale)
    middles = (np.arange(GRID + 2) - 0.5) * 2 * scale / GRID - scale
    lines = contour_generator(middles, middles, np.pad(density, 1).T)
    worth = effective(weight)
    for share in (share for share in shares if enough_beyond(max(share, QUARTERS), worth)):
        contours = [np.asarray(line, np.float64) for line in lines.lines(_level(density, share))]
        closed = [c for c in contours if len(c) >= CORNERS and _inside(at, c).sum() >= LEAST]
        for part, corners in enumerate(closed):
            edge = np.abs(corners) > scale - scale / GRID  # beyond the middle of the outermost cell
            vertices = rounded(corners, place_step(worth, scale))
            vertices = np.where(edge, np.sign(corners) * scale, np.clip(vertices, -scale, scale))
            for x, y in _without_steps(vertices):
                yield share, part, float(x), float(y)


def _without_steps(line: Floats) -> Floats:
    """A closed contour of rounded vertices, smoothed with weights 1, 2, 1: removes the steps of
    rounding without disclosing more."""
    corners = line[np.any(np.diff(line, axis=0, append=np.inf) != 0, axis=1)][:-1]
    mean = (np.roll(corners, 1, axis=0) + 2 * corners + np.roll(corners, -1, axis=0)) / 4
    return np.concatenate([mean, mean[:1]]).round(6)


def _inside(at: Floats, line: Floats) -> NDArray[np.bool_]:
    """``(people,)``: whether a person is inside a closed contour (ray casting: an odd number of
    crossings)."""
    inside = np.zeros(len(at), dtype=bool)
    for (x, y), (to_x, to_y) in pairwise(line):
        if y != to_y:
            between = (at[:, 1] < y) != (at[:, 1] < to_y)
            inside ^= between & (at[:, 0] < x + (at[:, 1] - y) * (to_x - x) / (to_y - y))
    return inside


def _density(at: Floats, weight: Floats, scale: float) -> Floats:
    """``(GRID, GRID)``: smoothed shares of the people by x and y cell; sums to 1."""
    from scipy import ndimage

    ends = [(-scale, scale)] * 2
    clipped = np.clip(at, -scale, scale)
    counts, _, _ = np.histogram2d(
        clipped[:, 0], clipped[:, 1], bins=GRID, range=ends, weights=weight
    )
    share = weight / weight.sum()
    spread = np.sqrt(share @ (clipped - share @ clipped) ** 2)
    worth = 1 / (share @ share)
    width = np.maximum(spread * worth ** (-1 / 6), NARROWEST * scale)  # Scott 1992
    smooth = ndimage.gaussian_filter(counts, width * GRID / (2 * scale), mode="reflect")
    return np.asarray(smooth / smooth.sum(), dtype=np.float64)


def _level(density: Floats, share: float) -> float:
    """The density threshold above which the cells contain the share."""
    ordered = np.sort(density, axis=None)[::-1]
    return float(ordered[np.searchsorted(np.cumsum(ordered), share)])
