"""Least-squares regression with cluster-robust intervals, for shares and for style effects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
FEWEST_GROUPS = 3
"""Minimum number of clusters (topics); with fewer, each pair is its own cluster."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient and its 95 % interval; NaN if undefined."""

    value: float
    low: float
    high: float


NONE = Coefficient(np.nan, np.nan, np.nan)


def fitted(outcome: Floats, terms: Floats, groups: Sequence[str]) -> list[Coefficient]:
    """Coefficients of an intercept and of each column of `terms`, ``(pairs, terms)``.

    Standard errors are cluster-robust by group (Liang and Zeger 1986); t has one degree of freedom
    less than there are groups. A constant column gets NaN.
    """
    names, group = np.unique(np.array(groups, dtype=str), return_inverse=True)
    if len(names) < FEWEST_GROUPS:
        group = np.arange(len(outcome))
    varies = [True, *(bool(column.std() > 0) for column in terms.T)]
    design = np.column_stack([np.ones(len(outcome)), terms])[:, varies]
    pairs, count, units = len(outcome), design.shape[1], int(group.max(initial=-1)) + 1
    coefficients = iter([NONE] * count)
    if pairs > count and np.linalg.matrix_rank(design) == count and units > 1:
        inverse = np.linalg.inv(design.T @ design)
        values = inverse @ design.T @ outcome
        scores = np.zeros((units, count))
        np.add.at(scores, group, design * (outcome - design @ values)[:, None])
        small = units / (units - 1) * (pairs - 1) / (pairs - count)
        errors = np.sqrt(small * np.diag(inverse @ scores.T @ scores @ inverse))
        half = float(special.stdtrit(units - 1, 0.975)) * errors
        ends = zip(values, values - half, values + half, strict=True)
        coefficients = iter([Coefficient(*map(float, each)) for each in ends])
    return [next(coefficients) if varied else NONE for varied in varies]


def mean(outcome: Floats, groups: Sequence[str]) -> Coefficient:
    """The mean of `outcome` ``(pairs,)`` with its cluster-robust interval."""
    return fitted(outcome, np.empty((len(outcome), 0)), groups)[0]
