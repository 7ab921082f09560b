"""Differences of two models on the same texts, by groups: the paired machinery of `comparison`.

Cells are texts x seeds: whether a positive text was found, or another one was flagged. A contrast
of group means (one group, a group against the others) is linearised by unit and handed to
`comparison.difference`, with units for statements and seeds for wordings.
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
    """Texts that a rate is about, and whether each was flagged."""

    cells: Floats
    """``(texts, seeds)``: 1 flagged, 0 not."""
    member: Floats
    """``(texts, groups)``."""
    units: Ints

    def less(self, other: "Marked") -> "Marked":
        """The difference of two models' cells, on the texts that both predicted from all seeds."""
        return Marked(self.cells - other.cells, self.member, self.units).complete()

    def complete(self) -> "Marked":
        """Without texts that lack a prediction."""
        complete = np.isfinite(self.cells).all(axis=-1)
        return Marked(self.cells[complete], self.member[complete], self.units[complete])


def marked(model: Predicted, truth: Truth, metric: str) -> Marked:
    """The texts of which the rate is made: positive ones for recall, the others for ``fpr``."""
    rows: Bools = truth.positive if metric == "recall" else ~truth.positive
    cells = np.where(model.known, model.said == 0, np.nan)[:, rows].T
    return Marked(cells, truth.member[rows].astype(np.float64), truth.units[rows])


def contrast(of: Marked, coefficients: Floats) -> Difference:
    """The sum of group means times `coefficients` ``(groups,)``, and how sure it is.

    A group without texts makes it unknown. For one group with coefficient 1 this is the mean over
    its texts, with its units' shares of them as weights.
    """
    used = coefficients != 0
    member, coefficient = of.member[:, used], coefficients[used]
    count = member.sum(axis=0)
    if not used.any() or not (count > 0).all():
        return NONE
    share = member / count
    means = share.T @ of.cells  # groups x seeds
    part = share * coefficient
    residual = part.sum(axis=1, keepdims=True) * of.cells - part @ means
    rows = part.any(axis=1)
    _, unit = np.unique(of.units[rows], return_inverse=True)
    total = np.zeros((unit.max() + 1, of.cells.shape[1]))
    np.add.at(total, unit, residual[rows])
    worth = np.bincount(unit, (part[rows] ** 2).sum(axis=1))
    weight = worth / worth.sum()
    values = coefficient @ means + total / weight[:, None]
    return difference(np.zeros_like(values), values, weight, np.arange(len(weight)))


def against_others(groups: int, chosen: Bools) -> Floats:
    """Coefficients of the mean of the chosen groups less the mean of the others."""
    others = groups - int(chosen.sum())
    if not others or not chosen.any():
        return np.zeros(groups)
    return np.where(chosen, 1 / chosen.sum(), -1 / others)


def detectable(difference: Difference) -> float:
    """The difference that would be found in 80 of 100, were its error as large."""
    if not np.isfinite(difference.error):
        return float("nan")
    steps = special.stdtrit(difference.dof, 0.975) + special.stdtrit(difference.dof, POWER)
    return float(steps * difference.error)


def mcnemar(of: Marked, group: int) -> float:
    """Exact p of as many texts moved one way as the other; NaN but for a single seed."""
    cells = of.cells[of.member[:, group] > 0]
    if cells.shape[1] != 1:
        return float("nan")
    more, less = int((cells > 0).sum()), int((cells < 0).sum())
    from scipy import stats  # slow to import

    return float(stats.binomtest(more, more + less).pvalue) if more + less else 1.0


def between(of: Marked) -> float:
    """tau: standard deviation between groups, with the noise of texts and seeds taken out."""
    groups = np.flatnonzero(of.member.sum(axis=0) > 0)
    if len(groups) < 2:
        return float("nan")
    square = 0.0
    for group in groups:
        coefficients = np.zeros(of.member.shape[1])
        coefficients[groups] = -1 / len(groups)
        coefficients[group] += 1
        gap = contrast(of, coefficients)
        square += float(gap.mean) ** 2 - float(gap.error) ** 2
    return float(np.sqrt(max(0.0, square / (len(groups) - 1))))


def seeds_are_few(seeds: int) -> bool:
    """Whether nothing is said of other trainings of the same kind."""
    return seeds < FEWEST_WORDINGS
