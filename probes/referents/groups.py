"""Groups of people on each axis: who is shown, and their distributions as a table.

Numbers of all people minus those of the groups are numbers of the people in no group that is shown
(disclosure by differencing). Where these are too few to be shown as a group (`disclosure`), all
people are those of the groups alone (`known`).
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
"""The standard deviation is told where the quantile of this share is."""
COLUMNS = ("axis", "group", "n", "mean", "sd", *QUANTILES)

Crowds = Mapping[str, Mapping[str, Crowd]]
"""Axis -> group -> its people; all people first, then groups, the largest first."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many groups are in no table, and why; never which: a name may be a person's."""

    few: int
    """Groups of fewer than `LEAST` people, or people with a position."""
    hidden: int
    """Groups of more, whose single people could be reckoned: weights, or alike."""


def known(people: PeopleTables, scale: float) -> PeopleTables:
    """People without those who could be reckoned from all people and the groups, axis by axis."""
    parts = [
        rows[_told_of(rows, scale)] for _, rows in people.positions.groupby("axis", sort=False)
    ]
    positions = pd.concat(parts) if parts else people.positions
    return replace(people, positions=positions.sort_index(kind="stable"))


def _told_of(rows: pd.DataFrame, scale: float) -> "pd.Series[bool]":
    """Whose rows of an axis are used."""
    shown = [name for name, group in rows.groupby("group") if name and _showable(group, scale)]
    inside = rows["group"].isin(shown)
    outside = rows[~inside & rows["position"].notna() & (rows["weight"] > 0)]
    if inside.any() and len(outside) and not _showable(outside, scale):
        return inside
    return pd.Series(data=True, index=rows.index)


def _showable(rows: pd.DataFrame, scale: float) -> bool:
    return may_be_shown(rows["position"].to_numpy(float), rows["weight"].to_numpy(float), scale)


def crowds(people: PeopleTables, scale: float) -> dict[str, dict[str, Crowd]]:
    """Groups that may be shown, on each axis where all people may."""
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
    """How many groups are left out on every axis; those without any position are in neither."""
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
    """A row an axis and group: `COLUMNS`; rounded, and without quantiles that few are beyond."""
    rows = [
        (axis, name, crowd.n, *_numbers(crowd, scale))
        for axis, on_axis in shown.items()
        for name, crowd in on_axis.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _numbers(crowd: Crowd, scale: float) -> Iterator[float]:
    shares = np.array(list(QUANTILES.values()))
    told = [True, enough_beyond(SPREAD, crowd.worth)]
    told += [enough_beyond(share, crowd.worth) for share in shares]
    numbers = np.array([crowd.mean, crowd.sd, *crowd.quantiles(shares)])
    yield from map(float, rounded(np.where(told, numbers, np.nan), place_step(crowd.worth, scale)))
