"""Table of paired differences between models of a run, with verdicts.

Loops over pairs of models and axes. The statistics of one pair are in `pair`; here verdicts are
corrected for multiple comparisons. Reads and writes no files; topics and statements are in
`breakdown`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from probes.comparison.limits import limits
from probes.comparison.multiple import adjust
from probes.comparison.pair import common, pair
from probes.placement.axis import AxisPosition, ellipse, point
from probes.placement.model import Placement
from probes.types import Header, Materials
from probes.types.reasons import APART, JOINT, UNPLACED, Reason, kinds

Named = tuple[str, str]
"""Names of two models: (from, to)."""
Status = Literal[0, 1, 3]

DIFFERENCES = (
    *("model", "against", "axis", "position", "position_against", "difference", "low", "high"),
    *("minimum", "maximum", "p", "p_holm", "direction", "direction_low", "direction_high"),
    *("statements", "wordings", "units", "margin", "verdict", "reason"),
)
SHIFTS = ("model", "against", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius")


def kin(headers: Sequence[Header]) -> list[Named]:
    """(parent, child) for each model whose parent was asked, too, in the models' order.

    The parent is the model of that name; else the only model with that id.
    """
    names = {header.model.name for header in headers}
    ids: dict[str, list[str]] = {}
    for header in headers:
        ids.setdefault(header.model.id, []).append(header.model.name)
    pairs = []
    for header in headers:
        parent, child = header.model.parent, header.model.name
        if parent and parent not in names:
            of_id = ids.get(parent, [])
            parent = of_id[0] if len(of_id) == 1 else ""
        if parent and parent != child:
            pairs.append((parent, child))
    return pairs


def every(names: Sequence[str]) -> list[Named]:
    """Each model with each later one."""
    return list(combinations(names, 2))


def differences(
    placements: Mapping[str, Placement],
    pairs: Sequence[Named],
    materials: Materials,
    margin: float | None = None,
) -> pd.DataFrame:
    """One row per pair and axis: second model less first, paired by statement and wording.

    Args:
        placements: Model -> its placement.
        pairs: (from model, to model).
        materials: Set and protocol that both were asked, with the thresholds.
        margin: Difference in points up to which positions count as equal; None: the protocol's.

    `model` is the second, `against` the first; differences and bounds are in points, also those of
    `direction`. `p_holm` is adjusted over all rows: a move must be significant by it.
    """
    within = limits(materials, margin)
    rows: list[dict[str, object]] = []
    for against, model in pairs:
        first, second = placements[against], placements[model]
        for axis in first.points:
            result = pair(first.points[axis], second.points[axis], within)
            unplaced = [n for n in (against, model) if not placements[n].placed(axis)]
            if unplaced:
                result = result.unplaced(
                    Reason(f"{UNPLACED}: {' and '.join(unplaced)}", "unplaced")
                )
            elif not one_unit(first, second):
                result = result.unplaced(APART)
            rows.append({"model": model, "against": against, "axis": axis})
            rows[-1] |= result.row(DIFFERENCES) | {
                "position": second.points[axis].position,
                "position_against": first.points[axis].position,
                "margin": within.margin,
            }
    return _corrected(pd.DataFrame(rows, columns=list(DIFFERENCES)))


def one_unit(first: Placement, second: Placement) -> bool:
    """Whether positions of both have one unit: rewards or probabilities (docs/method.md 11)."""
    return (first.info.rewards is None) == (second.info.rewards is None)


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """The table with Holm's p-values, and without the moves that are not significant by them."""
    small = np.array([kind == "still" for kind in kinds(table)], dtype=bool)
    lost, by_chance = adjust(table)
    note = f"moves by its own interval, but {by_chance}"
    table.loc[lost, "reason"] = [f"{note}{JOINT}{r}" if r else note for r in table["reason"][lost]]
    table.loc[lost, "verdict"] = "cannot be told apart"
    table.loc[lost & small, "verdict"] = "not moved"
    return table


def status(table: pd.DataFrame) -> Status:
    """Exit status for the table: 0 not moved, 1 moved, 3 cannot be told apart.

    1 if any row moved beyond the margin along its axis; else 3 if any cannot be told apart; else 0.
    A move within the margin, or one that is only more (or less) decided, counts as not moved.
    """
    verdicts = {
        "not moved" if verdict == "moved" and kind != "further" else verdict
        for verdict, kind in zip(table["verdict"], kinds(table), strict=True)
    }
    return 1 if "moved" in verdicts else 0 if verdicts == {"not moved"} else 3


def shifts(placements: Mapping[str, Placement], pairs: Sequence[Named]) -> pd.DataFrame:
    """One row per pair of models and pair of axes: the joint 95 % region of the difference.

    In points, with the columns of the placements' ellipses: variances, covariance, radius in
    standard deviations, around the difference ``(x, y)``. Pairs without an interval on both axes
    are left out.
    """
    rows = [
        dict(zip(SHIFTS, (model, against, *row), strict=True))
        for against, model in pairs
        for row in _regions(placements[against], placements[model])
    ]
    return pd.DataFrame(rows, columns=list(SHIFTS))


def _regions(first: Placement, second: Placement) -> Iterator[tuple[object, ...]]:
    gaps = {
        axis: _difference_position(position, second.points[axis])
        for axis, position in first.points.items()
    }
    for (x_axis, x), (y_axis, y) in combinations(gaps.items(), 2):
        region = ellipse(x, y)
        if region:
            shape = (region.var_x, region.cov, region.var_y, region.radius)
            yield (x_axis, y_axis, x.position, y.position, *shape)


def _difference_position(before: AxisPosition, after: AxisPosition) -> AxisPosition:
    """The difference as an AxisPosition; halved, since a difference of leanings can reach 2."""
    shared, (first, second), _ = common(before.used, after.used)
    half = (second - first) / 2
    twice = replace(shared, z=half, scale=2 * shared.scale, offset=0.0, neutral=None, ends=None)
    return point(twice)
