"""The groups of people published on each axis, and the table of their distributions.

Results for all people minus those for the groups are results for the remaining people (disclosure
by differencing). If these are too few to be published as a group (`disclosure`), "all people" are
only those in published groups (`known`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.referents.crowds import EVERYBODY, Crowd
from probes.referents.disclosure import LEAST, enough_beyond, may_be_shown, place_step, rounded

QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
SPREAD = 0.25
"""The standard deviation is published if the quantile of this share is."""
COLUMNS = ("axis", "group", "n", "mean", "sd", *QUANTILES)

Crowds = Mapping[str, Mapping[str, Crowd]]
"""Axis -> group -> its distribution; all people first, then groups by descending size."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of groups that are not published; without names, which may identify people."""

    few: int
    """Groups of fewer than `LEAST` people, or fewer with a position."""
    hidden: int
    """Larger groups with too unequal weights or too similar positions."""


def known(people: PeopleTables, scale: float) -> PeopleTables:
    """The people without those whose results could be derived by differencing, on each axis."""
    parts = [
        rows[_told_of(rows, scale)] for _, rows in people.positions.groupby("axis", sort=False)
    ]
    positions = pd.concat(parts) if parts else people.positions
    return replace(people, positions=positions.sort_index(kind="stable"))


def _told_of(rows: pd.DataFrame, scale: float) -> "pd.Series[bool]":
    """Mask of the rows of an axis that are used."""
    shown = [name for name, group in rows.groupby("group") if name and _showable(group, scale)]
    inside = rows["group"].isin(shown)
    outside = rows[~inside & rows["position"].notna() & (rows["weight"] > 0)]
    if inside.any() and len(outside) and not _showable(outside, scale):
        return inside
    return pd.Series(data=True, index=rows.index)


def _showable(rows: pd.DataFrame, scale: float) -> bool:
    return may_be_shown(rows["position"].to_numpy(float), rows["weight"].to_numpy(float), scale)


def crowds(people: PeopleTables, scale: float) -> dict[str, dict[str, Crowd]]:
    """The groups that may be published, on each axis on which all people may be."""
    by_axis: dict[str, dict[str, Crowd]] = {}
    for axis, rows in people.positions.groupby("axis", sort=False):
        shown: dict[str, Crowd] = {}
        for name in (EVERYBODY, *people.about.groups):
            inside = rows if name == EVERYBODY else rows[rows["group"] == name]
            if _showable(inside, scale):
                at, weight = (inside[c].to_numpy(float) for c in ("position", "weight"))
                shown[name] = Crowd.of(name, at, weight)
        if EVERYBODY in shown:
            by_axis[str(axis)] = shown
    return by_axis


def left_out(people: PeopleTables, shown: Crowds) -> LeftOut:
    """Count the groups that are published on no axis; groups without any position do not count."""
    names = {name for on_axis in shown.values() for name in on_axis}
    placed = people.positions[people.positions["position"].notna()]
    most = placed.groupby(["group", "axis"]).size().groupby("group").max()
    few = hidden = 0
    for name, count in people.about.groups.items():
        if name not in names:
            of_group = int(most.get(name, 0))
            few += count < LEAST or 0 < of_group < LEAST
            hidden += of_group >= LEAST
    return LeftOut(few, hidden)


def groups_table(shown: Crowds, scale: float) -> pd.DataFrame:
    """One row per axis and group, with `COLUMNS`; rounded, NaN for quantiles with few beyond."""
    rows = [
        (axis, name, crowd.n, *_numbers(crowd, scale))
        for axis, on_axis in shown.items()
        for name, crowd in on_axis.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _numbers(crowd: Crowd, scale: float) -> Iterator[float]:
    shares = np.array(list(QUANTILES.values()))
    published = [True, enough_beyond(SPREAD, crowd.worth)]
    published += [enough_beyond(share, crowd.worth) for share in shares]
    numbers = np.array([crowd.mean, crowd.sd, *crowd.quantiles(shares)])
    yield from map(
        float, rounded(np.where(published, numbers, np.nan), place_step(crowd.worth, scale))
    )
