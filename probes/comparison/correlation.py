"""Pearson's correlation with its interval."""

import numpy as np
from scipy import special

from probes.placement.interval import CLIP, Floats

FEWEST = 4
"""Minimum number of pairs for Fisher's z to have a standard error."""
ROUNDING = 1e-9
"""Differences below this are rounding errors."""
LEVEL = 0.95
Ends = tuple[float, float, float]
"""(estimate, low, high)."""


def correlation(first: Floats, second: Floats) -> Ends:
    """Pearson's correlation with Fisher's interval (1921): tanh(artanh r +- z / sqrt(n-3))."""
    flat = len(first) < FEWEST or np.ptp(first) < ROUNDING or np.ptp(second) < ROUNDING
    if flat:
        return np.nan, np.nan, np.nan
    r = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    middle = np.arctanh(np.clip(r, -CLIP, CLIP))
    # At n = 4 the standard error is 1: defined, but the interval is nearly as wide as the scale.
    half = float(special.ndtri((1 + LEVEL) / 2)) / np.sqrt(len(first) - 3)
    return r, min(r, float(np.tanh(middle - half))), max(r, float(np.tanh(middle + half)))
