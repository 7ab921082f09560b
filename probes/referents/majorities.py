"""Agreement of models with the majority of a group, on statements with a clear majority."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from probes.comparison.correlation import Ends
from probes.people.people_table import PeopleTables
from probes.replies.share import wilson

CLEAR = 0.6
"""Least share, among people who take a side, of a clear majority; its interval must also be
above one half."""

Sides = Mapping[str, float]
"""Statement -> side of a clear majority (+1 or -1), or a model's mean agreement."""


def majorities(people: PeopleTables) -> Mapping[str, Sides]:
    """Group (empty: all people) -> statement -> side of the majority, where it is clear.

    Shares are weighted; their intervals use the effective sample size (Kish 1965).
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
    """Group -> effective sample size divided by the number of people, at most 1."""
    each = people.positions.drop_duplicates("person")
    weight = each["weight"].astype(float)
    sums = pd.DataFrame({"n": 1.0, "sum": weight, "squares": weight**2})
    by_group = sums.groupby(each["group"]).sum()
    by_group.loc[""] = sums.sum()
    shares = by_group["sum"] ** 2 / by_group["squares"] / by_group["n"]
    return {str(group): float(share) for group, share in shares.items() if share > 0}


def agreement(model: Sides, majority: Sides) -> tuple[Ends, int]:
    """Share of statements on which a model takes the majority's side (no side counts half), its
    95 % interval over statements, and their number."""
    shared = [s for s in majority if np.isfinite(model.get(s, np.nan))]
    if not shared:
        return (np.nan, np.nan, np.nan), 0
    same = [(1 + np.sign(model[s]) * majority[s]) / 2 for s in shared]
    share = float(np.mean(same))
    return (share, *wilson(share, len(shared))), len(shared)
