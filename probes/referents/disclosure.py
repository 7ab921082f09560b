"""What may be told of so many people, so that no single one can be read off (docs/method.md 9).

A group is shown if it has people enough, by heads and by what their weights are worth, none of whom
outweighs the others, and who do not all stand at one place. Its numbers are rounded, more coarsely
the fewer people there are, and a quantile needs people enough beyond it.
"""

import numpy as np

from probes.people.moments import effective
from probes.placement.interval import Floats

LEAST = 10
"""People of a group, by heads and by Kish's effective number; and people beyond a quantile."""
HEAVIEST = 0.2
"""Share of the weight of a group that one person may have."""
ALIKE = 0.9
"""Share of a group that may not stand at one place, or within one step of it."""
FINEST = 0.0005
"""Steps are not smaller than this share of what they measure."""
PERCENTS = 200
"""How far two people move a percentile, times how many there are."""
EXACT = 1e-9


def may_be_shown(at: Floats, weight: Floats, scale: float) -> bool:
    """Whether people at these places are a group of which something may be told.

    Args:
        at: ``(people,)``, NaN for who has no position.
        weight: ``(people,)``; who has none is left out.
        scale: Half the length of the axis.
    """
    placed = np.isfinite(at) & (weight > 0)
    at, weight = at[placed], weight[placed]
    if len(at) < LEAST or effective(weight) < LEAST - EXACT:
        return False
    near = np.abs(at - np.median(at)) < place_step(effective(weight), scale)
    return bool(weight.max() <= HEAVIEST * weight.sum() and near.mean() < ALIKE)


def step(people: float, whole: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is `whole` / `people` or more.

    Args:
        people: How many there are, or what their weights are worth.
        whole: How far one person can move the sum.
    """
    least = max(whole / people, FINEST * whole) * (1 - EXACT)
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(times * power for times in (1, 2, 5, 10) if times * power >= least))


def place_step(people: float, scale: float) -> float:
    """Of places on an axis: no person, wherever on it, moves the mean by more than a step."""
    return step(people, 2 * scale)


def rounded(values: Floats, to: float) -> Floats:
    """To the nearest multiple of a step."""
    return _clean(np.round(np.asarray(values) / to), to)


def told_percentiles(values: Floats, people: float) -> Floats:
    """In steps of two people, and at least one step from either end: whether anybody stands beyond
    is not told."""
    to = step(people, PERCENTS)
    return np.clip(rounded(values, to), to, 100 - to)


def told_ends(low: Floats, high: Floats, people: float) -> tuple[Floats, Floats]:
    """The ends of intervals of percentiles, likewise; they become no narrower."""
    to = step(people, PERCENTS)
    low = _clean(np.floor(np.asarray(low) / to + EXACT), to)
    high = _clean(np.ceil(np.asarray(high) / to - EXACT), to)
    return np.where(low <= to, 0.0, low), np.where(high >= 100 - to, 100.0, high)


def enough_beyond(share: float, people: float) -> bool:
    """Whether `LEAST` people or more stand on either side of a quantile."""
    return min(share, 1 - share) * people >= LEAST - EXACT


def _clean(steps: Floats, to: float) -> Floats:
    """Multiples of a step without the noise of binary fractions, and without minus zero."""
    return np.asarray(np.round(steps * to, 6) + 0.0, dtype=np.float64)
