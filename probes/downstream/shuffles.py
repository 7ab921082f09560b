"""Permutation test of gaps between groups: group names are permuted, and a maximum statistic taken.

Texts of one class exchange their groups within a unit. If no unit has texts of one class with
different groups, whole units exchange them. Predictions, classes and group sizes stay fixed.
"""

from collections.abc import Callable, Iterator

import numpy as np

from probes.downstream.metrics import Bools
from probes.downstream.predictions import Truth
from probes.placement.interval import Floats, Ints

PERMUTATIONS = 2000
BLOCK = 100
"""Number of permutations in memory at once."""
Statistic = Callable[[Floats], Floats]
"""Group means ``(..., columns, groups)`` -> statistic ``(..., columns)``."""


def orders(truth: Truth, times: int = PERMUTATIONS) -> Iterator[Ints]:
    """Permutations, ``(up to BLOCK, texts)`` at a time: the index of the text whose groups each
    text gets."""
    rng = np.random.default_rng(1)
    _, stratum = np.unique(2 * truth.units + truth.positive, return_inverse=True)
    _, name = np.unique(truth.member, axis=0, return_inverse=True)
    base = np.lexsort((name.reshape(-1), stratum))
    mixed = (np.diff(name.reshape(-1)[base]) != 0) & (np.diff(stratum[base]) == 0)
    for start in range(0, times, BLOCK):
        count = min(BLOCK, times - start)
        if mixed.any():
            drawn = np.argsort(stratum + rng.random((count, len(stratum))), axis=-1)
            order = np.empty_like(drawn)
            order[:, base] = drawn
            yield order
        else:
            yield np.stack([_whole_units(stratum, truth.positive, rng) for _ in range(count)])


def largest(
    truth: Truth, rows: Bools, values: Floats, statistic: Statistic, times: int = PERMUTATIONS
) -> tuple[Floats, Floats]:
    """A statistic of group means: observed ``(columns,)``, and permuted ``(times, columns)``.

    Args:
        truth: Groups and classes of the texts.
        rows: ``(texts,)``, the texts over which the means are taken.
        values: ``(texts, columns)``, NaN where missing.
        statistic: Function of the group means.
        times: Number of permutations.
    """
    finite = np.isfinite(values[rows])
    filled, member = np.where(finite, values[rows], 0.0), truth.member.astype(np.float64)
    counted = finite.astype(np.float64)

    def statistic_under(names: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return statistic((filled.T @ names) / (counted.T @ names))

    null = [statistic_under(member[order[:, rows]]) for order in orders(truth, times)]
    return statistic_under(member[rows]), np.concatenate([np.empty((0, values.shape[1])), *null])


def p_value(observed: Floats, null: Floats) -> Floats:
    """Permutation p-value: share of permutations, counting the observed one, that reach the
    observed statistic."""
    reached = (null >= observed - 1e-12).sum(axis=0)
    return np.asarray(np.where(np.isfinite(observed), (1 + reached) / (1 + len(null)), np.nan))


def _whole_units(stratum: Ints, positive: Bools, rng: np.random.Generator) -> Ints:
    """A permutation ``(texts,)`` in which strata (units) of one class exchange their groups."""
    _, first = np.unique(stratum, return_index=True)
    other = np.arange(len(first))
    for kind in (True, False):
        same_class = np.flatnonzero(positive[first] == kind)
        other[same_class] = rng.permutation(same_class)
    return np.asarray(first[other][stratum])
