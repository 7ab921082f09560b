"""Confidence interval of a share of independent cases."""

from math import sqrt

NORMAL = 1.959964
"""97.5 % quantile of the standard normal distribution."""


def wilson(share: float, cases: float, quantile: float = NORMAL) -> tuple[float, float]:
    """Wilson's interval (1927) of a share, within [0, 1].

    Args:
        share: In [0, 1].
        cases: Number of independent cases, above 0; need not be whole.
        quantile: Of the normal distribution, or of t if the variance is estimated.
    """
    excess = quantile**2 / cases
    middle = (share + excess / 2) / (1 + excess)
    spread = max(0.0, share * (1 - share)) / cases + excess / (4 * cases)
    half = quantile * sqrt(spread) / (1 + excess)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
