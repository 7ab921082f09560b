"""Known-groups validity: does a set separate groups that are known to differ (docs/method.md 8)?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import optimize, special

from probes.people import moments
from probes.people.moments import GroupSums
from probes.placement.interval import Floats, Ints

GROUP_COLUMNS = ("axis", "group", "order", "n", "weight", "mean", "low", "high", "sd")
VARIANCE_COLUMNS = ("axis", "n", "groups", "eta_squared", "low", "high", "adjusted")
PAIR_COLUMNS = (
    *("axis", "first", "second", "difference", "d", "low", "high", "n_first", "n_second"),
)
NONE = 1e-12
"""Variances below this count as 0."""
CLEAR = 1e5
"""Ratio of the variance between groups to that of a single person within, above which a bootstrap
interval is reliable: groups are clearly different, or people very many."""
SPREADS = 9
"""Standard deviations of a Poisson distribution beyond which its terms are ignored."""
MOST = 40
"""Maximum number of groups compared in pairs: the largest, and those that are named."""


@dataclass(frozen=True, slots=True)
class KnownGroups:
    """Distribution of groups of people on the axes."""

    groups: pd.DataFrame
    """One row per axis and group, ordered by mean (`order` 1, 2 ...); `weight` is the group's
    share; `low` to `high` the interval of the mean. One row for all people has an empty `group`."""
    variance: pd.DataFrame
    """One row per axis: share of variance between groups; `adjusted` estimates that of the
    population (epsilon squared, Kelley 1935)."""
    pairs: pd.DataFrame
    """One row per axis and pair of groups: second less first; `d` is Cohen's, with the pooled
    SD."""


def known_groups(positions: pd.DataFrame, named: Collection[str] = ()) -> KnownGroups:
    """Computed from the table of positions; people without a position or a group are left out.

    The intervals of `variance` and `pairs` are by bootstrap of people.

    Args:
        positions: See `positions.people_positions`.
        named: Groups to compare in pairs even if small.
    """
    groups, variance, pairs = [], [], []
    for axis, rows in positions[positions["position"].notna()].groupby("axis", sort=False):
        everyone, inside = _arrays(rows), rows[rows["group"] != ""]
        groups.append(_summary(str(axis), "", 0, *everyone, share=1.0))
        if not len(inside):
            continue
        codes, names = pd.factorize(inside["group"])
        values, weight = _arrays(inside)
        sums = moments.group_sums(values, weight, codes, len(names))
        order = np.argsort(sums.means, kind="stable")
        for place, number in enumerate(order, start=1):
            of_group = codes == number
            share = float(sums.weight[number] / sums.weight.sum())
            cells = values[of_group], weight[of_group]
            groups.append(_summary(str(axis), str(names[number]), place, *cells, share=share))
        large = _large(codes, order, [n for n, name in enumerate(names) if name in named])
        bootstrap = moments.draws(values, weight, codes, len(names))
        variance.append(_variance(str(axis), len(inside), sums, bootstrap))
        n = np.bincount(codes, minlength=len(names))
        for first, second in combinations(large, 2):
            difference = _pair(sums, bootstrap, int(first), int(second))
            pairs.append((axis, names[first], names[second], *difference, n[first], n[second]))
    return KnownGroups(
        pd.DataFrame(groups, columns=list(GROUP_COLUMNS)),
        pd.DataFrame(variance, columns=list(VARIANCE_COLUMNS)),
        pd.DataFrame(pairs, columns=list(PAIR_COLUMNS)),
    )


def _arrays(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    return rows["position"].to_numpy(np.float64), rows["weight"].to_numpy(np.float64)


def _large(codes: Ints, order: Ints, named: Sequence[int]) -> list[int]:
    """Indices of the groups to compare in pairs, ordered by mean."""
    counts = np.bincount(codes)
    chosen = {*np.argsort(-counts, kind="stable")[:MOST].tolist(), *named}
    return [int(n) for n in order if int(n) in chosen]


def _summary(
    axis: str, group: str, order: int, values: Floats, weight: Floats, *, share: float
) -> tuple[object, ...]:
    sums = moments.group_sums(values, weight, np.zeros(len(values), dtype=np.int64), 1)
    sd = float(np.sqrt(sums.variances[0]))
    return axis, group, order, len(values), share, *moments.mean(values, weight), sd


def _variance(axis: str, n: int, sums: GroupSums, bootstrap: GroupSums) -> tuple[object, ...]:
    estimate = float(eta_squared(sums))
    count = int((sums.weight > 0).sum())
    people = float(sums.weight.sum() ** 2 / sums.squares.sum())
    adjusted = np.nan
    if people > count:
        adjusted = float(np.maximum(0, 1 - (1 - estimate) * (people - 1) / (people - count)))
    # bootstrap shares are biased upwards if groups hardly differ; F assumes equal variances
    intervals = (
        moments.corrected(estimate, eta_squared(bootstrap)),
        noncentral(estimate, people, count),
    )
    low = np.fmin.reduce([*(ends[0] for ends in intervals), adjusted])
    high = np.fmax.reduce([*(ends[1] for ends in intervals), estimate])
    return axis, n, count, estimate, float(low), float(high), adjusted


def noncentral(eta: float, people: float, groups: int) -> tuple[float, float]:
    """Confidence interval of a share of variance between groups, by the noncentral F distribution.

    The noncentralities for which a share as large, or as small, has probability 1/40 (Steiger
    2004), converted to shares; NaN if F is undefined or very large.
    """
    if groups < 2 or people <= groups or not eta < 1:
        return np.nan, np.nan
    between, within = groups - 1, people - groups
    ratio = eta / between / ((1 - eta) / within)
    if ratio * between > CLEAR:
        return np.nan, np.nan

    def beyond(noncentrality: float, share: float) -> float:
        return noncentral_f(ratio, between, within, noncentrality) - share

    ends = []
    for share in ((1 + moments.LEVEL) / 2, (1 - moments.LEVEL) / 2):
        highest = 4 * between * (1 + ratio)
        while beyond(highest, share) > 0:
            highest *= 2
        above = beyond(0.0, share) > 0
        ends.append(optimize.brentq(beyond, 0, highest, (share,)) if above else 0.0)
    low, high = (float(end / (end + people)) for end in ends)
    return low, high


def noncentral_f(ratio: float, between: float, within: float, noncentrality: float) -> float:
    """P(F <= ratio) of the noncentral F distribution: a Poisson mixture of beta distributions.

    scipy's is NaN in parts of its tails.
    """
    middle = noncentrality / 2
    reach = SPREADS * np.sqrt(middle) + SPREADS**2
    step = np.arange(max(0, int(middle - reach)), int(middle + reach) + 1)
    weight = np.exp(special.xlogy(step, middle) - middle - special.gammaln(step + 1))
    below = between * ratio / (between * ratio + within)
    return float(weight @ special.betainc(between / 2 + step, within / 2, below))


def eta_squared(sums: GroupSums) -> Floats:
    """``(...)``: share of the variance between groups; NaN if there is none."""
    whole = sums.weight.sum(axis=-1)
    average = sums.first.sum(axis=-1) / whole
    total = sums.second.sum(axis=-1) / whole - average**2
    distance = np.nan_to_num(sums.means - average[..., None])
    between = (sums.weight * distance**2).sum(axis=-1) / whole
    share: Floats = np.where(total > NONE, between / np.maximum(total, NONE), np.nan)
    return share


def _pair(sums: GroupSums, bootstrap: GroupSums, first: int, second: int) -> tuple[float, ...]:
    difference = float(sums.means[second] - sums.means[first])
    estimate, ends = (_cohen(each.of([first, second])) for each in (sums, bootstrap))
    return difference, float(estimate), *moments.corrected(float(estimate), ends)


def _cohen(pair: GroupSums) -> Floats:
    """``(...)``: difference of two means over the pooled SD (Cohen 1988); NaN if the SD is 0 or
    unknown."""
    n, variance = pair.effective, pair.variances
    difference = pair.means[..., 1] - pair.means[..., 0]
    pooled = ((n - 1) * variance).sum(axis=-1) / (n - 1).sum(axis=-1)
    d: Floats = np.where(pooled > NONE, difference / np.sqrt(np.maximum(pooled, NONE)), np.nan)
    return d
