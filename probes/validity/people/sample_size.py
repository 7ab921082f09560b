"""Sample size for testing a set on people, by axis (docs/method.md 5.7).

Exact for normal scores: the standard error of a correlation (Hotelling 1953) and the power of a
two-sided t test (noncentral t). The set's reliability among people is assumed, since it is unknown
before they have answered.
"""

from collections.abc import Callable
from math import exp, sqrt

import pandas as pd
from scipy import special

from probes.types import StatementSet
from probes.validity.balance import pull

RELIABILITY = 0.8
"""Assumed reliability of an axis, typical of scales of political attitudes. (provisional)"""
ERROR = 0.1
"""Maximum standard error of an item-rest correlation."""
EFFECT = 0.5
"""Difference of two groups to detect, in standard deviations within groups (Cohen's d)."""
POWER, LEVEL = 0.8, 0.05
NOTE = (
    f"Persons for a standard error of {ERROR:g} of a mean item-rest correlation, and in each of\n"
    f"two groups for d = {EFFECT:g} (two-sided {LEVEL:.0%}, power {POWER:.0%}), as seen or without "
    "measurement\nerror; reliability is assumed."
)
COLUMNS = (
    *("axis", "statements", "reliability", "item-rest r", "persons, item-rest"),
    *("a group, seen d", "a group, true d"),
)


def table(of: StatementSet) -> pd.DataFrame:
    """One row per axis with three statements or more.

    Columns: `reliability`: assumed; `item-rest r`: expected correlation of a statement with the
    rest of the axis; persons for a standard error of `ERROR` in it; persons in each of two groups
    that differ by `EFFECT` in observed positions, or in true positions without measurement error.
    """
    rows = []
    for axis in of.axes:
        count = sum(bool(pull(s, axis.name)) for s in of.statements)
        if count >= 3:
            r = item_rest(count, RELIABILITY)
            seen, true = (a_group(d) for d in (EFFECT, EFFECT * sqrt(RELIABILITY)))
            rows.append((axis.name, count, RELIABILITY, r, for_item_rest(r), seen, true))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def item_rest(count: int, reliability: float) -> float:
    """Correlation of a statement with the sum of the others, for parallel statements.

    From alpha: mean correlation of two statements r = alpha / (k - (k - 1) alpha); with the sum of
    k - 1 others r sqrt(k - 1) / sqrt(1 + (k - 2) r).
    """
    r = reliability / (count - (count - 1) * reliability)
    return r * sqrt(count - 1) / sqrt(1 + (count - 2) * r)


def for_item_rest(r: float) -> int:
    """Minimum number of persons for a standard error of the correlation of at most `ERROR`."""
    return _fewest(lambda n: standard_error(r, n) <= ERROR, 4)


def standard_error(r: float, n: int) -> float:
    """Standard deviation of the correlation in samples of n from a bivariate normal with r.

    E r = 2 r / (n - 1) (G(n / 2) / G((n - 1) / 2))^2 F(1/2, 1/2; (n + 1) / 2; r^2),
    E r^2 = 1 - (n - 2) / (n - 1) (1 - r^2) F(1, 1; (n + 1) / 2; r^2) (Hotelling 1953).
    """
    gammas = exp(2 * (special.gammaln(n / 2) - special.gammaln((n - 1) / 2)))
    mean = 2 * r / (n - 1) * gammas * special.hyp2f1(0.5, 0.5, (n + 1) / 2, r * r)
    square = 1 - (n - 2) / (n - 1) * (1 - r * r) * special.hyp2f1(1, 1, (n + 1) / 2, r * r)
    return sqrt(square - mean * mean)


def a_group(effect: float) -> int:
    """Minimum number of persons in each of two groups for `POWER` of a t test at this d."""
    return _fewest(lambda n: power(effect, n) >= POWER, 2)


def power(effect: float, n: int) -> float:
    """Power of a two-sided t test between two groups of n that differ by `effect` SD."""
    dof, noncentral = 2 * n - 2, effect * sqrt(n / 2)
    limit = special.stdtrit(dof, 1 - LEVEL / 2)
    below, above = (special.nctdtr(dof, noncentral, t) for t in (-limit, limit))
    return float(1 - above + below)


def _fewest(enough: Callable[[int], bool], low: int) -> int:
    """The smallest number from `low` up that is enough; `enough` must be monotonic."""
    high = low
    while not enough(high):
        low, high = high + 1, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high
