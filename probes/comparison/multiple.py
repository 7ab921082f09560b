"""Correction of many comparisons (Holm): which moves are significant among all of them."""

import pandas as pd

from probes.comparison.difference import holm
from probes.placement.effects_key import Mask

LEVEL = 0.05
"""Maximum adjusted p-value of a move."""
BY_CHANCE = "not beyond chance among {0} comparisons (Holm)"


def adjust(table: pd.DataFrame) -> tuple[Mask, str]:
    """Fill `p_holm` of a table of differences, over all of its rows.

    Returns:
        Which rows moved by their own interval but not by the adjusted p-value; and the sentence
        that says so.
    """
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    lost = (table["verdict"] == "moved") & (table["p_holm"] > LEVEL)
    return lost.to_numpy(dtype=bool), BY_CHANCE.format(len(table))
