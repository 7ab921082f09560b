"""Groups of people on each axis: who is shown, and their distributions as a table."""

from collections.abc import Mapping

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
