"""Adds the tables about people to the tables of a run."""

from dataclasses import replace

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.referents.groups import groups_table, left_out
from probes.referents.outlines import outlines
from probes.referents.referents import referents
from probes.referents.standing import standing
from probes.referents.whose import Whose, together_of, told_by, whose
from probes.types import StatementSet, Tables

NAMES = ("people", "people_spread", "people_outlines")
"""Names of the tables; each is a CSV file in the run folder."""
OWN = ("position", "low", "high")


def with_people(
    tables: Tables, statements: StatementSet, people: PeopleTables, seed: int
) -> tuple[Tables, Whose]:
    """The tables of a run with those about the people who answered its set, and the description of
    these people; equal for equal seeds."""
    compared = referents(people, statements, seed)
    axes = [axis.name for axis in tables.axes]
    about = whose(
        people.about,
        together_of(people.positions.loc[compared.people.positions.index], axes)
        if compared.hidden
        else told_by(people.about, axes),
        left_out(people if compared.hidden else compared.people, compared.shown),
        uncounted=compared.hidden,
    )
    about = replace(about, centred=tuple(axis for axis in axes if axis in compared.centred))
    extended = replace(
        tables,
        people=standing(tables, compared),
        people_spread=groups_table(compared.shown, compared.scale),
        people_outlines=outlines(compared.people, compared.shown, compared.scale),
    )
    return extended, about


def still_true(table: pd.DataFrame, placements: pd.DataFrame) -> pd.DataFrame:
    """The rows of `people.csv` for models whose position has not changed since it was written."""
    now = {
        (str(row["model"]), str(row["axis"])): [row[name] for name in OWN]
        for row in placements.to_dict("records")
    }
    stood = table[table["axis"].notna() & (table["axis"] != "")]
    changed = {
        str(row["model"])
        for row in stood.to_dict("records")
        if not np.array_equal(
            [row[name] for name in OWN],
            now.get((str(row["model"]), str(row["axis"])), [None] * len(OWN)),
            equal_nan=True,
        )
    }
    return table[~table["model"].isin(changed)]
