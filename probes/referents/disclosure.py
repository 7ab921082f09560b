"""Disclosure control: which groups are published, and how results are rounded (docs/method.md 9).

A group is published if it is large enough (number of people, and effective sample size), no person
has most of the weight, and positions are not nearly all the same. Results are rounded to a step
that is coarser for fewer people; a quantile needs enough people beyond it.
"""

import numpy as np

from probes.people.moments import effective
from probes.placement.interval import Floats

LEAST = 10
"""Least number of people, least effective sample size, and least people beyond a quantile."""
HEAVIEST = 0.2
"""Largest share of a group's weight that one person may have."""
ALIKE = 0.9
"""A group with this share within one step of its median is not published."""
FINEST = 0.0005
"""Smallest step, as a share of the whole range."""
PERCENTS = 200
"""Change of a percentile caused by two people, times the number of people."""
EXACT = 1e-9


def may_be_shown(at: Floats, weight: Floats, scale: float) -> bool:
    """Whether results about people with these positions may be published.

    Args:
        at: ``(people,)`` positions, NaN if unknown.
        weight: ``(people,)`` weights; people with weight 0 are left out.
        scale: Half the length of the axis.
    """
    placed = np.isfinite(at) & (weight > 0)
    at, weight = at[placed], weight[placed]
    if len(at) < LEAST or effective(weight) < LEAST - EXACT:
        return False
    near = np.abs(at - np.median(at)) < place_step(effective(weight), scale)
    return bool(weight.max() <= HEAVIEST * weight.sum() and near.mean() < ALIKE)


def step(people: float, whole: float) -> float:
    """The rounding step: the least of 1, 2, 5 times a power of ten that is >= `whole` / `people`.

    Args:
        people: Number of people, or effective sample size.
        whole: Largest change of a sum that one person can cause.
    """
    least = max(whole / people, FINEST * whole) * (1 - EXACT)
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(times * power for times in (1, 2, 5, 10) if times * power >= least))


def place_step(people: float, scale: float) -> float:
    """The step of positions on an axis: no single person can move the mean by more than a step."""
    return step(people, 2 * scale)


def rounded(values: Floats, to: float) -> Floats:
    """Values rounded to the nearest multiple of the step `to`."""
    return _clean(np.round(np.asarray(values) / to), to)


def told_percentiles(values: Floats, people: float) -> Floats:
    """Percentiles rounded to steps of two people, at least one step from 0 and 100: whether anybody
    is beyond is not published."""
    to = step(people, PERCENTS)
    return np.clip(rounded(values, to), to, 100 - to)


def told_ends(low: Floats, high: Floats, people: float) -> tuple[Floats, Floats]:
    """Ends of intervals of percentiles, rounded outwards to the same steps."""
    to = step(people, PERCENTS)
    low = _clean(np.floor(np.asarray(low) / to + EXACT), to)
    high = _clean(np.ceil(np.asarray(high) / to - EXACT), to)
    return np.where(low <= to, 0.0, low), np.where(high >= 100 - to, 100.0, high)


def enough_beyond(share: float, people: float) -> bool:
    """Whether at least `LEAST` people are on either side of a quantile."""
    return min(share, 1 - share) * people >= LEAST - EXACT


def _clean(steps: Floats, to: float) -> Floats:
    """Multiples of a step without floating-point noise or minus zero."""
    return np.asarray(np.round(steps * to, 6) + 0.0, dtype=np.float64)
