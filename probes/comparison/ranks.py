"""Rank correlation of few pairs, with its exact permutation test; pure functions."""

import math
from functools import cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

EXACT = 9
"""Maximum number of pairs for which all permutations are enumerated."""
DRAWN = 100_000
"""Number of random permutations for more pairs."""
ROUNDING = 1e-9
Floats = NDArray[np.float64]


def rank_test(x: Floats, y: Floats) -> tuple[float, float]:
    """Spearman's rank correlation, and its two-sided p-value over permutations of y.

    All permutations up to `EXACT` pairs; for more, `DRAWN` random ones (fixed seed) and the
    observed.

        >>> rank_test(np.arange(4.0), np.arange(4.0))[1] * 24
        2.0
    """
    from scipy import stats

    ranks = [stats.rankdata(values) - (len(x) + 1) / 2 for values in (x, y)]
    norm = math.sqrt(float((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    correlation = float(ranks[0] @ ranks[1]) / norm
    reached = np.abs(ranks[1][_orders(len(x))] @ ranks[0]) / norm >= abs(correlation) - ROUNDING
    return correlation, float(reached.mean())


@cache
def _orders(count: int) -> NDArray[np.int16]:
    """All permutations of `count` items, or random ones and the observed, ``(orders, count)``."""
    if count <= EXACT:
        return np.array(list(permutations(range(count))), dtype=np.int16)
    random_orders = np.tile(np.arange(count), (DRAWN, 1))
    random_orders = np.random.default_rng(0).permuted(random_orders, axis=1)
    return np.concatenate([[np.arange(count)], random_orders]).astype(np.int16)
