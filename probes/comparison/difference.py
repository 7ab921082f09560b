"""Mean difference of two respondents over the same statements and wordings, with its error.

Plain numpy, one pair or a stack of pairs: cells are ``(..., statements, wordings)``, NaN where
missing. Only cells that both answered count. Units and variance as in `interval`; the interval is a
plain t interval, since differences are hardly skewed and seldom near their limits. Independent of
models, languages and verdicts (see `pair`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from probes.placement.interval import Floats, Ints, additive, averaging, spread

FARTHEST = 2.0
"""Maximum difference of two leanings in [-1, 1]."""
ROUNDING = 1e-9
"""Differences below this are rounding errors, whatever their interval."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Second mean less the first, ``(...)``, in units of leaning; NaN without common cells."""

    mean: Floats
    error: Floats
    """Standard error, sqrt(V)."""
    dof: Floats
    """nu: degrees of freedom."""
    statements: int
    """Numbers of statements and wordings with a cell that both answered."""
    wordings: int
    units: int

    def half(self, level: float = 0.95) -> Floats:
        """Half the width of the plain t interval before it is cut, ``(...)``."""
        return np.asarray(special.stdtrit(self.dof, (1 + level) / 2) * self.error)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Low and high of the plain t interval, ``(...)``, cut to the possible range."""
        half = self.half(level)
        farthest = np.maximum(FARTHEST, np.abs(self.mean))  # means of counts may lie beyond
        return np.maximum(self.mean - half, -farthest), np.minimum(self.mean + half, farthest)

    @property
    def p(self) -> Floats:
        """Two-sided p-value of no difference, ``(...)``."""
        negligible = np.abs(self.mean) < ROUNDING
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * special.stdtr(self.dof, -np.abs(self.mean) / self.error)
        return np.asarray(np.where(negligible, 1.0, p_values), dtype=np.float64)


def difference(
    first: Floats, second: Floats, weights: Floats, units: Ints, lexicons: Sequence[str] = ()
) -> Difference:
    """Mean of ``second - first``, with standard error and degrees of freedom.

    Args:
        first: ``(..., statements, wordings)`` keyed leanings in [-1, 1]; NaN where missing.
        second: The same cells of the second respondent, or of the first in another language.
        weights: ``(statements,)``, above 0.
        units: ``(statements,)``, unit (topic or statement) of each statement: whole numbers.
        lexicons: Lexicon of each wording; wordings that share one are averaged, as in a position.

    Cells missing on one side are filled by additive least squares of the difference, for the mean
    only. The error is NaN with fewer than two units.
    """
    gap: Floats = second - first
    answered = np.isfinite(gap)
    stack = tuple(range(gap.ndim - 2))
    rows, columns = answered.any(axis=(*stack, -1)), answered.any(axis=(*stack, -2))
    gap = gap[..., rows, :][..., columns]
    answered = np.isfinite(gap)
    statements, wordings = gap.shape[-2:]
    if not gap.size:
        nothing = np.full(gap.shape[:-2], np.nan)
        return Difference(nothing, nothing, nothing, 0, 0, 0)
    full = np.where(answered, gap, np.clip(additive(gap), -FARTHEST, FARTHEST))
    weight, (_, unit) = weights[rows], np.unique(units[rows], return_inverse=True)
    chosen = [lexicons[int(column)] for column in np.flatnonzero(columns)] if lexicons else []
    average = averaging(chosen) if chosen else np.eye(wordings)
    full, count = full @ average, int(unit.max()) + 1
    if count < 2:
        mean = np.asarray(full.mean(axis=-1) @ (weight / weight.sum()))
        unknown = np.full(mean.shape, np.nan)
        return Difference(mean, unknown, unknown, statements, wordings, count)
    estimate = spread(full, weight, unit, (np.isnan(gap) @ average).sum(axis=(-2, -1)))
    error = np.sqrt(estimate.variance)
    return Difference(estimate.mean, error, estimate.dof, statements, wordings, count)


def holm(p: Floats) -> Floats:
    """P-values ``(n,)`` adjusted for n comparisons; NaN stays NaN and does not count.

    Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    adjusted = np.full(len(p), np.nan)
    finite = np.flatnonzero(np.isfinite(p))
    order = finite[np.argsort(p[finite], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted
