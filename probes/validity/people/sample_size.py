"""How many persons it takes to test a set on people, axis by axis (docs/method.md 5.7).

Exact for normal scores: the standard error of a correlation (Hotelling 1953) and the power of a
two-sided t test (noncentral t). The set's reliability among people is assumed, since nobody knows
it before they have answered.
"""

from collections.abc import Callable
from math import exp, sqrt

import pandas as pd
from scipy import special

from probes.types import StatementSet
from probes.validity.balance import pull

RELIABILITY = 0.8
"""Of an axis among people, as scales of political attitudes often have it. (provisional)"""
ERROR = 0.1
"""Standard error that an item-rest correlation may have."""
EFFECT = 0.5
"""Difference of two groups, in standard deviations within them (Cohen's d)."""
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
    """A row an axis with three statements or more.

    Columns: `reliability`, assumed; `item-rest r`, what it makes the mean correlation of a
    statement with the rest of the axis; persons for a standard error of `ERROR` in it; persons in
    each of two groups that differ by `EFFECT` in the positions that are seen, or in those that an
    axis without error would show.
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
    """Correlation of a statement with the sum of the others, all statements being alike.

    From alpha: mean correlation of two statements r = alpha / (k - (k - 1) alpha); with the sum of
    k - 1 others r sqrt(k - 1) / sqrt(1 + (k - 2) r).
    """
    r = reliability / (count - (count - 1) * reliability)
    return r * sqrt(count - 1) / sqrt(1 + (count - 2) * r)


def for_item_rest(r: float) -> int:
    """Fewest persons whose correlation has a standard error of at most `ERROR`."""
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
    """Fewest persons in each of two groups for which a t test finds this d."""
    return _fewest(lambda n: power(effect, n) >= POWER, 2)


def power(effect: float, n: int) -> float:
    """Of a two-sided t test between two groups of n that differ by that many SD."""
    dof, noncentral = 2 * n - 2, effect * sqrt(n / 2)
    limit = special.stdtrit(dof, 1 - LEVEL / 2)
    below, above = (special.nctdtr(dof, noncentral, t) for t in (-limit, limit))
    return float(1 - above + below)


def _fewest(enough: Callable[[int], bool], low: int) -> int:
    """The least number from `low` up that is enough; what more do is no worse."""
    high = low
    while not enough(high):
        low, high = high + 1, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high
