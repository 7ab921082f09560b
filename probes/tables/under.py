"""Tables of a run with conditions: results of the first condition, and effects of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from probes.asking.conditions import FLAG, UNASKED
from probes.placement.model import Placement
from probes.steering import slopes
from probes.steering.challenge import COLUMNS, challenge
from probes.steering.differences import differences
from probes.tables.agreed import Agreed
from probes.types import Header, Tables

Placements = Mapping[str, Sequence[Placement]]


def header_under(header: Header, condition: str) -> Header:
    """The header with only the remarks on this condition."""
    names = {FLAG.format(condition), *header.wordings}
    return replace(header, flags={n: notes for n, notes in header.flags.items() if n in names})


def compared(every: Agreed) -> Iterator[str]:
    """Names of conditions whose positions are compared: all but challenges and the first."""
    yield from (c.name for c in every.materials.recipe.conditions[1:] if not c.challenge)


def with_conditions(tables: Tables, placements: Placements, every: Agreed) -> Tables:
    """The tables with those of the conditions added.

    Args:
        tables: Tables of the first condition.
        placements: Condition -> placements under it, in the order of `every.headers`.
        every: The agreement.
    """
    materials, conditions = every.materials, every.materials.recipe.conditions
    under = {name: {p.info.name: p for p in models} for name, models in placements.items()}
    lost = challenge(every.agreement, every.conditions, conditions, materials.statements)
    variance = tables.variance
    if len(under) > 1:
        frame = pd.DataFrame(list(slopes.shares(under)), columns=list(variance.columns))
        variance = pd.concat([variance, frame], ignore_index=True)
    return replace(
        tables,
        variance=variance,
        conditions=differences(under, materials, _notes(every.headers, list(under))),
        steering=slopes.steering(under, conditions),
        challenge=_with_unasked(lost, every),
    )


def _notes(headers: Sequence[Header], conditions: Sequence[str]) -> dict[tuple[str, str], str]:
    """(model, condition) -> remarks."""
    return {
        (header.model.name, name): note
        for header in headers
        for name in conditions
        for note in header.flags.get(FLAG.format(name), ())
    }


def _with_unasked(lost: pd.DataFrame | None, every: Agreed) -> pd.DataFrame | None:
    """The table with one row per axis and pole added for each model that could not be
    challenged."""
    challenges = [c.name for c in every.materials.recipe.conditions if c.challenge]
    if not challenges:
        return None
    rows: list[dict[str, object]] = [
        {"model": h.model.name, "axis": axis.name, "pole": pole, "answers": 0, "given_up": 0}
        | {"units": "", "reason": UNASKED}
        for h in every.headers
        if UNASKED in h.flags.get(FLAG.format(challenges[0]), ())
        for axis in every.materials.statements.axes
        for pole in (axis.negative, axis.positive)
    ]
    unasked = pd.DataFrame(rows, columns=list(COLUMNS))
    if lost is None or lost.empty:
        return unasked
    return pd.concat([lost, unasked], ignore_index=True) if rows else lost
