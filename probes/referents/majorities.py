"""Agreement with the majority of a group: on statements where that majority is clear."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from probes.comparison.correlation import Ends
from probes.people.people_table import PeopleTables
from probes.placement.axis import NORMAL

CLEAR = 0.6
"""A majority is clear if it holds so much of those who take a side, and more than half by its
interval."""

Sides = Mapping[str, float]
"""Statement -> +1 or -1: the side of a clear majority; or a model's mean agreement."""


def majorities(people: PeopleTables) -> Mapping[str, Sides]:
    """Group (empty: all people) -> the side of its majority on each statement where it is clear.

    Shares are weighted; their intervals take as many people as the weights are worth (Kish 1965).
    """
    worth, sides = _worth(people), dict[str, dict[str, float]]()
    rows = people.support[people.support["role"] == "statement"]
    columns = (rows[name] for name in ("statement", "group", "n", "share", "neutral"))
    for statement, group, n, agree, neutral in zip(*columns, strict=True):
        on_a_side = 1 - neutral
        if on_a_side <= 0:
            continue
        share = agree / on_a_side
        low, high = wilson(share, n * on_a_side * worth.get(group, 1.0))
        if max(share, 1 - share) >= CLEAR and not low <= 0.5 <= high:
            sides.setdefault(str(group), {})[str(statement)] = 1.0 if share > 0.5 else -1.0
    return sides


def _worth(people: PeopleTables) -> dict[str, float]:
    """Group -> how many equally weighted people one person is worth, at most 1."""
    each = people.positions.drop_duplicates("person")
    weight = each["weight"].astype(float)
    sums = pd.DataFrame({"n": 1.0, "sum": weight, "squares": weight**2})
    by_group = sums.groupby(each["group"]).sum()
    by_group.loc[""] = sums.sum()
    shares = by_group["sum"] ** 2 / by_group["squares"] / by_group["n"]
    return {str(group): float(share) for group, share in shares.items() if share > 0}


def agreement(model: Sides, majority: Sides) -> tuple[Ends, int]:
    """Share of the statements on which a model takes the majority's side, its 95 % interval with
    statements as units, and how many they are; where it takes none, half a statement."""
    shared = [s for s in majority if np.isfinite(model.get(s, np.nan))]
    if not shared:
        return (np.nan, np.nan, np.nan), 0
    same = [(1 + np.sign(model[s]) * majority[s]) / 2 for s in shared]
    share = float(np.mean(same))
    return (share, *wilson(share, len(shared))), len(shared)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share of `n` independent cases (Wilson 1927)."""
    square = NORMAL**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL * np.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
