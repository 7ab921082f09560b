"""Groups of people on each axis: who is shown, and their distributions as a table.

What is said of all people less what is said of the groups is about those in no group that is shown.
Where these are fewer than `LEAST`, all people are those of the groups alone (`known`), so that
nothing is said of single people.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.referents.crowds import EVERYBODY, Crowd

LEAST = 10
"""People who have a position; smaller groups are left out: percentiles among them say little, and
would show single people."""
QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
COLUMNS = ("axis", "group", "n", "mean", "sd", *QUANTILES)

Crowds = Mapping[str, Mapping[str, Crowd]]
"""Axis -> group -> its people; all people first, then groups, the largest first."""


def known(people: PeopleTables) -> PeopleTables:
    """People without those who could be reckoned from all people and the groups, axis by axis."""
    kept = [rows[_told_of(rows)] for _, rows in people.positions.groupby("axis", sort=False)]
    positions = pd.concat(kept) if kept else people.positions
    return replace(people, positions=positions.sort_index(kind="stable"))


def _told_of(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whose rows of an axis are used."""
    placed = rows["position"].notna() & (rows["weight"] > 0)
    sizes = rows["group"][placed & rows["group"].ne("")].value_counts()
    inside = rows["group"].isin(sizes.index[sizes >= LEAST])
    few = int((placed & ~inside).sum()) < LEAST
    return inside if few and inside.any() else pd.Series(data=True, index=rows.index)


def crowds(people: PeopleTables) -> dict[str, dict[str, Crowd]]:
    """Groups of at least `LEAST` people, on each axis where so many people have a position."""
    found: dict[str, dict[str, Crowd]] = {}
    for axis, rows in people.positions.groupby("axis", sort=False):
        at, weight = (rows[name].to_numpy(float) for name in ("position", "weight"))
        group = rows["group"].to_numpy(object)
        on_axis = {EVERYBODY: Crowd.of(EVERYBODY, at, weight)}
        for name in people.about.groups:
            inside = group == name
            on_axis[name] = Crowd.of(name, at[inside], weight[inside])
        shown = {name: crowd for name, crowd in on_axis.items() if crowd.n >= LEAST}
        if EVERYBODY in shown:
            found[str(axis)] = shown
    return found


def small(people: PeopleTables, shown: Crowds) -> int:
    """How many groups are left out on every axis."""
    there = {name for on_axis in shown.values() for name in on_axis}
    return sum(name not in there for name in people.about.groups)


def groups_table(shown: Crowds) -> pd.DataFrame:
    """A row an axis and group: `COLUMNS`."""
    shares = np.array(list(QUANTILES.values()))
    rows = [
        (axis, name, crowd.n, crowd.mean, crowd.sd, *crowd.quantiles(shares))
        for axis, on_axis in shown.items()
        for name, crowd in on_axis.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
