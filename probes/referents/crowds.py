"""The weighted distribution of a group of people on one axis, and its sampling error.

Bayesian bootstrap over people (Rubin 1981): each draw multiplies each person's weight by a Gamma(1)
variate. People with the same position are drawn together, so the cost does not depend on their
number: the sum of their weights is Gamma(W^2 / Q) x Q / W, with W the sum of their weights and Q
that of the squared weights (exact for equal weights).
"""

import zlib
from dataclasses import dataclass

import numpy as np

from probes.placement.interval import Floats

DRAWS = 2000
PLACES = 1000
"""Most distinct positions; if there are more, positions are rounded."""
DIGITS = 6
"""Decimal digits of positions; closer ones are ties."""
EVERYBODY = ""
"""Name of the group of all people."""


@dataclass(frozen=True)
class Crowd:
    """The people of a group who have a position on an axis."""

    group: str
    at: Floats
    """``(places,)``: the distinct positions, ascending."""
    weight: Floats
    """``(places,)``: sum of the weights of the people at each position, above 0."""
    squares: Floats
    """``(places,)``: sum of the squared weights."""
    n: int
    """Number of people."""

    @classmethod
    def of(cls, group: str, positions: Floats, weights: Floats) -> "Crowd":
        """Build the distribution of people with a finite position and a weight above 0."""
        placed = np.isfinite(positions) & (weights > 0)
        at, own = np.round(positions[placed], DIGITS), weights[placed]
        if len(np.unique(at)) > PLACES:
            step = np.ptp(at) / PLACES
            at = np.round(np.round(at / step) * step, DIGITS)
        places, number = np.unique(at, return_inverse=True)
        total, squares = (np.bincount(number, each, len(places)) for each in (own, own**2))
        return cls(group, places, total.astype(float), squares.astype(float), int(placed.sum()))

    @property
    def worth(self) -> float:
        """Kish's effective sample size."""
        return float(self.weight.sum() ** 2 / self.squares.sum())

    @property
    def mean(self) -> float:
        """Weighted mean of the positions."""
        return float(self.at @ self.weight / self.weight.sum())

    @property
    def sd(self) -> float:
        """Weighted standard deviation."""
        return float(np.sqrt((self.at - self.mean) ** 2 @ self.weight / self.weight.sum()))

    def quantiles(self, shares: Floats) -> Floats:
        """Weighted quantiles of the positions, with linear interpolation."""
        below = (np.cumsum(self.weight) - self.weight / 2) / self.weight.sum()
        return np.asarray(np.interp(shares, below, self.at), dtype=np.float64)

    def percentile(self, positions: Floats) -> Floats:
        """Percent of the people below each position; people at it count half."""
        shares: Floats = self._below(positions, self._cumulative(self.weight[None]))[0]
        return 100 * shares

    def percentile_draws(self, positions: Floats, seed: int) -> Floats:
        """``(DRAWS, models)``: percentiles among resampled people, with half a person added beyond
        either end.

        Without these the share beyond the outermost person would always be 0 (Jeffreys' prior).
        """
        drawn, rng = self.drawn(seed), self._rng(seed, 1)
        below, above = rng.gamma(0.5, size=(2, DRAWS, 1)) * self.weight.sum() / self.n
        whole = drawn.sum(axis=1, keepdims=True)
        inside = self._below(positions, self._cumulative(drawn)) * whole
        shares: Floats = (below + inside) / (below + whole + above)
        return 100 * shares

    def mean_draws(self, seed: int) -> Floats:
        """``(DRAWS,)``: means of the resampled group."""
        drawn = self.drawn(seed)
        means: Floats = drawn @ self.at / drawn.sum(axis=1)
        return means

    def drawn(self, seed: int) -> Floats:
        """``(DRAWS, places)``: resampled weights of the positions; equal for equal seeds."""
        shape = self.weight**2 / self.squares
        drawn = self._rng(seed, 0).gamma(shape, size=(DRAWS, len(shape)))
        return np.asarray(drawn * self.squares / self.weight)

    def _rng(self, seed: int, use: int) -> np.random.Generator:
        """Random generator of this group, independent of the other groups."""
        name = zlib.crc32(self.group.encode())
        return np.random.default_rng([abs(seed), int(seed < 0), name, use])

    @staticmethod
    def _cumulative(weights: Floats) -> Floats:
        """``(draws, places + 1)``: share of the weight at the first 0, 1, ... positions."""
        sums: Floats = np.cumsum(np.pad(weights, ((0, 0), (1, 0))), axis=1)
        return sums / sums[:, -1:]

    def _below(self, positions: Floats, shares: Floats) -> Floats:
        """``(draws, models)``: shares below positions, ``(models,)`` or ``(draws, models)``."""
        wanted = np.round(np.atleast_2d(positions), DIGITS)
        wanted = np.broadcast_to(wanted, (len(shares), wanted.shape[1]))
        first = np.searchsorted(self.at, wanted, "left")
        last = np.searchsorted(self.at, wanted, "right")
        either = [np.take_along_axis(shares, places, axis=1) for places in (first, last)]
        return np.asarray((either[0] + either[1]) / 2)
