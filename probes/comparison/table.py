"""Models of a run against each other: a table of paired differences, and what may be said of them.

Goes through pairs of models and axes. One pair is judged by `pair`; here the verdicts are
corrected for how many comparisons there are. Nothing is read or written; single topics and
statements are in `breakdown`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal

import pandas as pd

from probes.comparison.difference import holm
from probes.comparison.pair import (
    DECIDED,
    HOLM,
    SMALL,
    UNDECIDED,
    PairedDifference,
    common,
    limits,
    pair,
)
from probes.placement.axis import AxisPosition, ellipse, point
from probes.placement.model import Placement
from probes.types import Header, Materials

Named = tuple[str, str]
"""Names of two models: from the first to the second."""
Status = Literal[0, 1, 3]

DIFFERENCES = (
    *("model", "against", "axis", "position", "position_against", "difference", "low", "high"),
    *("minimum", "maximum", "p", "p_holm", "direction", "direction_low", "direction_high"),
    *("statements", "wordings", "units", "margin", "verdict", "reason"),
)
SHIFTS = ("model", "against", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius")

BY_CHANCE = "moves by its own interval, but not beyond chance among {0} comparisons (Holm)"


def kin(headers: Sequence[Header]) -> list[Named]:
    """(parent, child) for each model whose parent was asked, too, in the models' order.

    A parent is the model of that name; else the only model with that id.
    """
    names = {header.model.name for header in headers}
    ids: dict[str, list[str]] = {}
    for header in headers:
        ids.setdefault(header.model.id, []).append(header.model.name)
    found = []
    for header in headers:
        parent, child = header.model.parent, header.model.name
        if parent and parent not in names:
            of_id = ids.get(parent, [])
            parent = of_id[0] if len(of_id) == 1 else ""
        if parent and parent != child:
            found.append((parent, child))
    return found


def every(names: Sequence[str]) -> list[Named]:
    """Each model with each that comes after it."""
    return list(combinations(names, 2))


def differences(
    placements: Mapping[str, Placement],
    pairs: Sequence[Named],
    materials: Materials,
    margin: float | None = None,
) -> pd.DataFrame:
    """A row a pair and axis: the second model less the first, paired by statement and wording.

    Args:
        placements: By model.
        pairs: From which model to which.
        materials: What both were asked, and the thresholds.
        margin: Points of the set's scale within which two positions count as equal; None: the
            protocol's.

    `model` is the second, `against` the first; differences and bounds are in points, also those of
    `direction`. `p_holm` is adjusted over all rows: a move that does not survive that is no move.
    """
    within = limits(materials, margin)
    rows: list[dict[str, object]] = []
    for against, model in pairs:
        one, other = placements[against], placements[model]
        for axis in one.points:
            found = pair(one.points[axis], other.points[axis], within)
            absent = [n for n in (against, model) if not placed(placements[n], axis)]
            if absent:
                found = found.unplaced(f"not placed: {' and '.join(absent)}")
            rows.append({"model": model, "against": against, "axis": axis} | _numbers(found))
            rows[-1] |= {
                "position": other.points[axis].position,
                "position_against": one.points[axis].position,
                "margin": within.margin,
            }
    return _corrected(pd.DataFrame(rows, columns=list(DIFFERENCES)))


def placed(found: Placement, axis: str) -> bool:
    """Whether a model is placed on an axis at all."""
    return any(row["axis"] == axis and bool(row["placed"]) for row in found.rows)


def _numbers(found: PairedDifference) -> dict[str, object]:
    row: dict[str, object] = {n: getattr(found, n) for n in DIFFERENCES if hasattr(found, n)}
    return row | {"reason": "; ".join(found.reasons)}


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """With Holm's p values, and without the moves that do not survive them."""
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    lost = (table["verdict"] == "moved") & (table["p_holm"] > HOLM)
    small = table["reason"].map(lambda reason: SMALL in reason)
    note = BY_CHANCE.format(len(table))
    table.loc[lost, "reason"] = [f"{note}; {r}" if r else note for r in table["reason"][lost]]
    table.loc[lost, "verdict"] = "cannot be told apart"
    table.loc[lost & small, "verdict"] = "not moved"
    return table


def status(table: pd.DataFrame) -> Status:
    """What a gate makes of the table: 0 not moved, 1 moved, 3 cannot be told apart.

    1 if any row moved beyond the margin along its axis; else 3 if any cannot be told apart; else 0.
    A move within the margin, or one that is more (or less) decided and not further along the axis,
    counts as not moved.
    """
    found = {
        "not moved" if verdict == "moved" and _harmless(reason) else verdict
        for verdict, reason in zip(table["verdict"], table["reason"], strict=True)
    }
    return 1 if "moved" in found else 0 if found == {"not moved"} else 3


def _harmless(reason: str) -> bool:
    return any(said in reason for said in (SMALL, DECIDED, UNDECIDED))


def shifts(placements: Mapping[str, Placement], pairs: Sequence[Named]) -> pd.DataFrame:
    """A row a pair of models and pair of axes: the joint 95 % region of the difference.

    In points, as the ellipses of placements have it: variances, covariance, radius in standard
    units, around the difference ``(x, y)``. Pairs without an interval on both axes are left out.
    """
    rows = [
        dict(zip(SHIFTS, (model, against, *row), strict=True))
        for against, model in pairs
        for row in _regions(placements[against], placements[model])
    ]
    return pd.DataFrame(rows, columns=list(SHIFTS))


def _regions(one: Placement, other: Placement) -> Iterator[tuple[object, ...]]:
    gaps = {axis: _gap(found, other.points[axis]) for axis, found in one.points.items()}
    for (x_axis, x), (y_axis, y) in combinations(gaps.items(), 2):
        region = ellipse(x, y)
        if region:
            shape = (region.var_x, region.cov, region.var_y, region.radius)
            yield (x_axis, y_axis, x.position, y.position, *shape)


def _gap(one: AxisPosition, other: AxisPosition) -> AxisPosition:
    """The difference as a point of its own; halved, for a difference of leanings reaches to 2."""
    shared, (here, there), _ = common(one.used, other.used)
    half = (there - here) / 2
    twice = replace(shared, z=half, scale=2 * shared.scale, offset=0.0, neutral=None, gap=None)
    return point(twice)
