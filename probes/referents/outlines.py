"""Where a group of people stands on two axes: lines that hold a share of them, smoothed.

A kernel density estimate on a grid, weighted, reflected at the ends of the scale; a line runs round
the places of highest density that hold the share (Hyndman 1996). No single person can be read from
it.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.placement.interval import Floats
from probes.referents.crowds import EVERYBODY
from probes.referents.groups import LEAST, Crowds

COLUMNS = ("group", "x_axis", "y_axis", "share", "part", "x", "y")
MOST = 6
"""Groups with an outline, the largest; more would hide each other."""
GRID = 80
"""Cells from end to end of the scale."""
NARROWEST = 0.05
"""Least standard deviation of the kernel, in parts of the scale: sheets have few places."""
SHARES = {True: (0.5, 0.9), False: (0.5,)}
"""Of all people, and of a group."""
CORNERS = 12
"""Least of a line: what has fewer is a single place."""


def outlines(people: PeopleTables, shown: Crowds, scale: float) -> pd.DataFrame:
    """A row a corner of a line, `part` numbers the lines of a share; columns: `COLUMNS`."""
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
    """Of all people and the largest groups: positions ``(people, 2)`` and weights."""
    x, y = (people.positions[people.positions["axis"] == axis] for axis in axes)
    both = x[["person", "group", "weight", "position"]].merge(
        y[["person", "position"]], "inner", "person"
    )
    at = both[["position_x", "position_y"]].to_numpy(float)
    weight = both["weight"].to_numpy(float)
    there = np.isfinite(at).all(axis=1) & (weight > 0)
    named = [name for name in shown[axes[0]] if name and name in shown[axes[1]]]
    for name in (EVERYBODY, *named[:MOST]):
        inside = there & ((both["group"].to_numpy(object) == name) | (name == EVERYBODY))
        if inside.sum() >= LEAST:
            yield name, at[inside], weight[inside]


def _lines(
    at: Floats, weight: Floats, shares: tuple[float, ...], scale: float
) -> Iterator[tuple[float, int, float, float]]:
    """Share, part, x and y of each corner."""
    from contourpy import contour_generator

    density = _density(at, weight, scale)
    middles = (np.arange(GRID + 2) - 0.5) * 2 * scale / GRID - scale
    lines = contour_generator(middles, middles, np.pad(density, 1).T)
    for share in shares:
        closed = [line for line in lines.lines(_level(density, share)) if len(line) >= CORNERS]
        for part, line in enumerate(closed):
            corners = np.asarray(line)
            edge = np.abs(corners) > scale - scale / GRID  # beyond the middle of the outermost cell
            for x, y in np.where(edge, np.sign(corners) * scale, corners).round(3):
                yield share, part, float(x), float(y)


def _density(at: Floats, weight: Floats, scale: float) -> Floats:
    """``(GRID, GRID)``: shares of the people in cells across and upwards; sums to 1."""
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
    """The density down to which the densest cells hold the share."""
    ordered = np.sort(density, axis=None)[::-1]
    return float(ordered[np.searchsorted(np.cumsum(ordered), share)])
