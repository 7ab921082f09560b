"""What gaps come of chance alone: the names of groups permuted, and the largest number taken.

Within a unit, texts of one class exchange their groups. Where no unit has texts of one class about
different groups, whole units do. Everything else stays: predictions, classes, how many texts a
group has.
"""

from collections.abc import Callable, Iterator

import numpy as np

from probes.downstream.metrics import Bools
from probes.downstream.predictions import Truth
from probes.placement.interval import Floats, Ints

PERMUTATIONS = 2000
BLOCK = 100
"""Permutations in memory at a time."""
Statistic = Callable[[Floats], Floats]
"""Group means ``(..., columns, groups)`` -> a number a column."""


def orders(truth: Truth, times: int = PERMUTATIONS) -> Iterator[Ints]:
    """Which text's groups each text gets, again and again, ``(up to BLOCK, texts)`` at a time, from
    one generator."""
    dice = np.random.default_rng(1)
    _, stratum = np.unique(2 * truth.units + truth.positive, return_inverse=True)
    _, name = np.unique(truth.member, axis=0, return_inverse=True)
    base = np.lexsort((name.reshape(-1), stratum))
    mixed = (np.diff(name.reshape(-1)[base]) != 0) & (np.diff(stratum[base]) == 0)
    for start in range(0, times, BLOCK):
        count = min(BLOCK, times - start)
        if mixed.any():
            drawn = np.argsort(stratum + dice.random((count, len(stratum))), axis=-1)
            order = np.empty_like(drawn)
            order[:, base] = drawn
            yield order
        else:
            yield np.stack([_whole_units(stratum, truth.positive, dice) for _ in range(count)])


def largest(
    truth: Truth, rows: Bools, values: Floats, statistic: Statistic, times: int = PERMUTATIONS
) -> tuple[Floats, Floats]:
    """A statistic of group means as it is, ``(columns,)``, and under permuted names,
    ``(times, columns)``.

    Args:
        truth: The texts.
        rows: ``(texts,)``, which of them the statistic is about.
        values: ``(texts, columns)``, NaN where there is none.
        statistic: Of group means.
        times: Number of permutations.
    """
    finite = np.isfinite(values[rows])
    filled, member = np.where(finite, values[rows], 0.0), truth.member.astype(np.float64)
    counted = finite.astype(np.float64)

    def of(names: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return statistic((filled.T @ names) / (counted.T @ names))

    null = [of(member[order[:, rows]]) for order in orders(truth, times)]
    return of(member[rows]), np.concatenate([np.empty((0, values.shape[1])), *null])


def p_value(observed: Floats, null: Floats) -> Floats:
    """Share of permutations, the found one among them, that reach as much."""
    reached = (null >= observed - 1e-12).sum(axis=0)
    return np.asarray(np.where(np.isfinite(observed), (1 + reached) / (1 + len(null)), np.nan))


def _whole_units(stratum: Ints, positive: Bools, dice: np.random.Generator) -> Ints:
    """Each stratum gets the groups of another one of its class."""
    _, first = np.unique(stratum, return_index=True)
    other = np.arange(len(first))
    for kind in (True, False):
        of = np.flatnonzero(positive[first] == kind)
        other[of] = dice.permutation(of)
    return np.asarray(first[other][stratum])
