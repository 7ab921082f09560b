"""Weighted means, variances and correlations of people with intervals; bootstrap of people.

Weights are survey weights: only their ratios matter. Formulas that need a number of people use
Kish's effective number (sum w)^2 / sum w^2, which is n without weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from probes.placement.interval import CLIP, Floats, Ints

LEVEL = 0.95
DRAWS, FEWER_DRAWS = 1000, 200
"""Bootstrap draws of people, and draws if there are more than `MANY` people."""
MANY = 50_000
"""Number of people above which fewer draws are made."""
PIECE = 50_000
"""Number of people processed at a time."""
Ends = tuple[float, float, float]
"""(estimate, low, high)."""


def effective(weight: Floats) -> float:
    """Kish's effective number of people."""
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def mean(values: Floats, weight: Floats) -> Ends:
    """Weighted mean with its t interval; variance of a ratio estimator, by linearisation."""
    if not weight.sum() > 0:
        return np.nan, np.nan, np.nan
    average = float(np.average(values, weights=weight))
    n = effective(weight)
    if n <= 1:
        return average, np.nan, np.nan
    error = np.sqrt(((weight * (values - average)) ** 2).sum() * n / (n - 1)) / weight.sum()
    half = float(special.stdtrit(n - 1, (1 + LEVEL) / 2)) * float(error)
    return average, average - half, average + half


def correlation(first: Floats, second: Floats, weight: Floats) -> Ends:
    """Weighted Pearson's correlation with Fisher's interval (1921), by the effective number."""
    complete = np.isfinite(first) & np.isfinite(second) & (weight > 0)
    first, second, weight = first[complete], second[complete], weight[complete]
    n = effective(weight)
    if n < 4 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan, np.nan, np.nan
    covariance = np.cov(first, second, aweights=weight)
    r = float(np.clip(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]), -1, 1))
    middle = np.arctanh(np.clip(r, -CLIP, CLIP))
    half = float(special.ndtri((1 + LEVEL) / 2)) / np.sqrt(max(n - 3, 1))
    return r, min(r, float(np.tanh(middle - half))), max(r, float(np.tanh(middle + half)))


def covariances(answers: NDArray[np.float32], weight: Floats) -> Floats:
    """Weighted covariances ``(columns, columns)`` over people who answered both, or NaN."""
    width = answers.shape[1]
    weight_of_both, sums, product = (np.zeros((width, width)) for _ in range(3))
    for start in range(0, len(answers), PIECE):
        piece = answers[start : start + PIECE].astype(np.float64)
        answered = np.isfinite(piece).astype(np.float64)
        values, w = np.nan_to_num(piece), weight[start : start + PIECE, None]
        weight_of_both += (answered * w).T @ answered
        sums += (values * w).T @ answered
        product += (values * w).T @ values
    with np.errstate(invalid="ignore", divide="ignore"):  # nobody may have answered both
        covariance: Floats = (
            product / weight_of_both - (sums / weight_of_both) * (sums / weight_of_both).T
        )
    return covariance


@dataclass(frozen=True, slots=True)
class GroupSums:
    """Sums over the people of each group, ``(..., groups)`` each."""

    weight: Floats
    squares: Floats
    """Sum of squared weights."""
    first: Floats
    """Sum of weight x value."""
    second: Floats
    """Sum of weight x value squared."""

    def of(self, groups: Sequence[int]) -> "GroupSums":
        """The sums of some groups, in this order."""
        numbers = list(groups)
        parts = (self.weight, self.squares, self.first, self.second)
        return GroupSums(*(part[..., numbers] for part in parts))

    @property
    def means(self) -> Floats:
        """Weighted mean of each group; NaN for an empty group."""
        with np.errstate(invalid="ignore", divide="ignore"):
            average: Floats = self.first / self.weight
        return average

    @property
    def effective(self) -> Floats:
        """Kish's effective number of people of each group."""
        with np.errstate(invalid="ignore", divide="ignore"):
            n: Floats = self.weight**2 / self.squares
        return n

    @property
    def variances(self) -> Floats:
        """Unbiased variance of each group; NaN with one person."""
        n = self.effective
        with np.errstate(invalid="ignore", divide="ignore"):
            plain = np.maximum(self.second / self.weight - self.means**2, 0.0)
            variance: Floats = np.where(n > 1 + 1e-9, plain * n / (n - 1), np.nan)
        return variance


def group_sums(values: Floats, weight: Floats, group: Ints, groups: int) -> GroupSums:
    """Sums over people whose groups are numbered from 0."""
    parts = (weight, weight**2, weight * values, weight * values**2)
    sums = [np.bincount(group, part, groups).astype(np.float64) for part in parts]
    return GroupSums(*sums)


def draws(values: Floats, weight: Floats, group: Ints, groups: int, seed: int = 0) -> GroupSums:
    """``(draws, groups)``: sums over bootstrap samples of people (Efron 1979)."""
    rng, n = np.random.default_rng(seed), len(values)
    samples = (rng.integers(n, size=n) for _ in range(DRAWS if n <= MANY else FEWER_DRAWS))
    sums = [group_sums(values[d], weight[d], group[d], groups) for d in samples]
    return GroupSums(
        np.stack([s.weight for s in sums]),
        np.stack([s.squares for s in sums]),
        np.stack([s.first for s in sums]),
        np.stack([s.second for s in sums]),
    )


def corrected(estimate: float, drawn: Floats) -> tuple[float, float]:
    """Bias-corrected percentile interval from bootstrap estimates (Efron 1987)."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or not np.isfinite(estimate):
        return np.nan, np.nan
    below = ((drawn < estimate).sum() + (drawn == estimate).sum() / 2) / len(drawn)
    shift = special.ndtri(np.clip(below, 1 / (2 * len(drawn)), 1 - 1 / (2 * len(drawn))))
    ends = special.ndtr(2 * shift + special.ndtri([(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    low, high = np.quantile(drawn, ends)
    return float(low), float(high)
