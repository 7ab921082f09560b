"""Everything that a run says about people, as tables: for its folder, figures and report."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleAbout, PeopleTables
from probes.referents.groups import LEAST, groups_table, small
from probes.referents.outlines import outlines
from probes.referents.referents import referents
from probes.referents.standing import standing
from probes.types import StatementSet, Tables

NAMES = ("people", "people_spread", "people_outlines")
"""Of the tables; each is a CSV of the run folder."""
OWN = ("position", "low", "high")
MOST_PAIRS = 3
"""Pairs of axes whose correlation is said by itself; of more, the least and the greatest."""


def with_people(
    tables: Tables, statements: StatementSet, people: PeopleTables, seed: int
) -> Tables:
    """The tables of a run beside the people who answered its set; the same for the same seed."""
    of = referents(people, statements, seed)
    left = small(people, of.shown)  # not by name: it may be a person's
    also = [f"{left} group{'s' * (left > 1)} of fewer than {LEAST} left out"] if left else []
    if len(of.people.positions) < len(people.positions):
        also += [f"the fewer than {LEAST} people outside of the groups shown are not counted"]
    else:
        also += together(people.about, [axis.name for axis in tables.axes])
    return replace(
        tables,
        people=standing(tables, of),
        people_spread=groups_table(of.shown),
        people_outlines=outlines(of.people, of.shown, tables.scale),
        people_caption="; ".join([people.about.caption, *also]),
    )


def together(about: PeopleAbout, axes: Sequence[str]) -> list[str]:
    """How far the axes go together among all people, in one sentence; none of a single axis."""
    known = list(_pairs(about, axes))
    numbers = [f"{r:.2f}" for _, r in known if np.isfinite(r)]
    if not known or len(known) <= MOST_PAIRS:
        told = (
            f"{pair} correlate at {r:.2f} among them"
            if np.isfinite(r)
            else f"how {pair} correlate among them is unknown"
            for pair, r in known
        )
        return [*told]
    if not numbers:
        return ["how the axes correlate among them is unknown"]
    ends = min(numbers, key=float), max(numbers, key=float)
    return [f"the axes correlate at {ends[0]} to {ends[1]} among them"]


def _pairs(about: PeopleAbout, axes: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Two axes of the run's and their correlation; NaN where it cannot be told."""
    for row in about.correlations:
        pair, r = (row.get("first"), row.get("second")), row.get("r")
        if row.get("people") == "all" and all(name in axes for name in pair):
            yield f"{pair[0]} and {pair[1]}", float(r) if isinstance(r, float | int) else np.nan


def still_true(table: pd.DataFrame, placements: pd.DataFrame) -> pd.DataFrame:
    """The rows of `people.csv` whose models stand where they stood when it was made."""
    now = {
        (str(row["model"]), str(row["axis"])): [row[name] for name in OWN]
        for row in placements.to_dict("records")
    }
    stood = table[table["axis"].notna() & (table["axis"] != "")]
    moved = {
        str(row["model"])
        for row in stood.to_dict("records")
        if not np.array_equal(
            [row[name] for name in OWN],
            now.get((str(row["model"]), str(row["axis"])), [None] * len(OWN)),
            equal_nan=True,
        )
    }
    return table[~table["model"].isin(moved)]
