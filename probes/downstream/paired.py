"""Paired differences of two models on the same texts, by group, using `comparison.difference`.

Cells are texts x seeds: whether a text was predicted positive. A contrast of group means (one
group, or a group minus the others) is linearized by unit and passed to `comparison.difference`,
with units in place of statements and seeds in place of wordings.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from probes.comparison.difference import Difference, difference
from probes.comparison.pair import NONE
from probes.downstream.metrics import Bools
from probes.downstream.predictions import Predicted, Truth
from probes.placement.interval import FEWEST_WORDINGS, Floats, Ints

POWER = 0.8
KINDS = ("recall", "fpr")


@dataclass(frozen=True, slots=True)
class Marked:
    """The texts in the denominator of a rate, and which of them were predicted positive."""

    cells: Floats
    """``(texts, seeds)``: 1 predicted positive, 0 not, NaN no prediction; or differences."""
    member: Floats
    """``(texts, groups)``: 1 if the text names the group, else 0."""
    units: Ints
    """``(texts,)``: resampling unit of each text."""

    def less(self, other: "Marked") -> "Marked":
        """Cells of this model minus those of another, on texts that both predicted with all
        seeds."""
        return Marked(self.cells - other.cells, self.member, self.units).complete()

    def complete(self) -> "Marked":
        """Only the texts with a prediction for every seed."""
        complete = np.isfinite(self.cells).all(axis=-1)
        return Marked(self.cells[complete], self.member[complete], self.units[complete])


def marked(model: Predicted, truth: Truth, metric: str) -> Marked:
    """The texts in the denominator of a rate: the positive ones for recall, else the others."""
    rows: Bools = truth.positive if metric == "recall" else ~truth.positive
    cells = np.where(model.known, model.said == 0, np.nan)[:, rows].T
    return Marked(cells, truth.member[rows].astype(np.float64), truth.units[rows])


def contrast(marks: Marked, coefficients: Floats) -> Difference:
    """The contrast of group means with `coefficients` ``(groups,)``, with its standard error.

    NaN if a group with a coefficient has no texts. With coefficient 1 for one group, it is the mean
    over the group's texts, with units weighted by their share of these texts.
    """
    used = coefficients != 0
    member, coefficient = marks.member[:, used], coefficients[used]
    count = member.sum(axis=0)
    if not used.any() or not (count > 0).all():
        return NONE
    share = member / count
    means = share.T @ marks.cells  # groups x seeds
    weighted = share * coefficient
    residual = weighted.sum(axis=1, keepdims=True) * marks.cells - weighted @ means
    rows = weighted.any(axis=1)
    _, unit = np.unique(marks.units[rows], return_inverse=True)
    total = np.zeros((unit.max() + 1, marks.cells.shape[1]))
    np.add.at(total, unit, residual[rows])
    worth = np.bincount(unit, (weighted[rows] ** 2).sum(axis=1))
    weight = worth / worth.sum()
    values = coefficient @ means + total / weight[:, None]
    return difference(np.zeros_like(values), values, weight, np.arange(len(weight)))


def against_others(groups: int, chosen: Bools) -> Floats:
    """Coefficients ``(groups,)`` for the mean of the chosen groups minus the mean of the others."""
    others = groups - int(chosen.sum())
    if not others or not chosen.any():
        return np.zeros(groups)
    return np.where(chosen, 1 / chosen.sum(), -1 / others)


def detectable(difference: Difference) -> float:
    """The smallest difference that is detected with 80 % power, given the standard error."""
    if not np.isfinite(difference.error):
        return float("nan")
    steps = special.stdtrit(difference.dof, 0.975) + special.stdtrit(difference.dof, POWER)
    return float(steps * difference.error)


def mcnemar(change: Marked, group: int) -> float:
    """Exact McNemar p-value within a group; NaN unless there is exactly one seed."""
    cells = change.cells[change.member[:, group] > 0]
    if cells.shape[1] != 1:
        return float("nan")
    more, less = int((cells > 0).sum()), int((cells < 0).sum())
    from scipy import stats  # slow to import

    return float(stats.binomtest(more, more + less).pvalue) if more + less else 1.0


def between(marks: Marked) -> float:
    """tau: standard deviation between groups, corrected for sampling error of texts and seeds."""
    groups = np.flatnonzero(marks.member.sum(axis=0) > 0)
    if len(groups) < 2:
        return float("nan")
    square = 0.0
    for group in groups:
        coefficients = np.zeros(marks.member.shape[1])
        coefficients[groups] = -1 / len(groups)
        coefficients[group] += 1
        gap = contrast(marks, coefficients)
        square += float(gap.mean) ** 2 - float(gap.error) ** 2
    return float(np.sqrt(max(0.0, square / (len(groups) - 1))))


def seeds_are_few(seeds: int) -> bool:
    """Whether there are too few seeds to generalize to other trainings."""
    return seeds < FEWEST_WORDINGS
