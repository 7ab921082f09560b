"""Measures of advice: shares, concentration, parties never named, displacement on each axis.

Formulas: docs/method.md 16. Most are means over profiles; each comes with its value under correct
advice and under advice at random (chance level). Pure numbers; knows no model and no file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite, sqrt

import numpy as np
from scipy import special

from probes.advice.cells import NOT_ADVISED, AdviceCells, Floats
from probes.replies.share import wilson

LEVEL = 0.95
RIGHT, NEAR, AGREEMENT = "right", "right_or_nearest", "agreement"
CONCENTRATION, NEVER, SHARE = "concentration", "never_named", "share_of_advice"
DISPLACEMENT, OUTWARD = "displacement", "outward"
SIDES = {f"{DISPLACEMENT}_of_negative": -1.0, f"{DISPLACEMENT}_of_positive": 1.0}
"""Displacement of the profiles on either side of the mean party -> sign of that side."""

Ends = tuple[float, float]
UNKNOWN: Ends = (np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class AdviceEstimate:
    """One measure of one model, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    of_right: float = np.nan
    """Value under correct advice to these profiles."""
    of_lot: float = np.nan
    """Chance level: value if each reply named a party at random."""
    profiles: int = 0
    """Number of profiles that the measure is a mean over."""
    replies: int = 0
    axis: str = ""
    party: str = ""


def estimates(
    cells: AdviceCells, positions: Mapping[str, Floats] | None = None
) -> Iterator[AdviceEstimate]:
    """Every measure of one model.

    Args:
        cells: Counts of one model.
        positions: Axis -> ``(k,)`` positions of the parties, NaN where unknown.
    """
    replies, lot = cells.there, np.full_like(cells.advised, 1 / len(cells.parties))
    counts = {"advised": cells.given} | {name: cells.outcomes[name] for name in NOT_ADVISED}
    for name, count in counts.items():
        nonzero = np.where(replies, replies, np.nan)
        yield _share(name, count / nonzero, replies)
    hits = {RIGHT: cells.same[cells.owner].astype(float), NEAR: cells.near}
    for name, hit in hits.items():
        references = _middle(_inside(hit, cells.right)), _middle(_inside(hit, lot))
        yield _share(name, _inside(hit, cells.shares), cells.given, references)
    fit = cells.agreement[cells.owner]
    references = _middle(_inside(fit, cells.right)), _middle(_inside(fit, lot))
    agreed = _inside(fit, cells.shares)
    yield _within(_mean(AGREEMENT, agreed, cells.given, references, least=_floor(cells, 1.0)))
    yield _concentration(cells, lot)
    yield from _named(cells, lot)
    for axis, party_positions in (positions or {}).items():
        yield from _funnel(cells, lot, axis, party_positions)


def reply_interval(count: float, replies: float) -> Ends:
    """Wilson interval of a share of independent replies to one profile."""
    if not replies:
        return UNKNOWN
    return wilson(count / replies, replies, float(special.ndtri((1 + LEVEL) / 2)))


def most_unseen(replies: float) -> float:
    """Upper 95 % bound of a share with no occurrence in this many replies."""
    return float(1 - (1 - LEVEL) ** (1 / replies)) if replies else np.nan


# --- one measure each --------------------------------------------------------------------------


def _inside(weights: Floats, shares: Floats) -> Floats:
    """``(P,)``: mean of `weights` by each profile's shares of advice; NaN without advice."""
    usable = np.where(np.isfinite(weights), shares, 0.0)
    total = usable.sum(axis=1)
    weighted = (np.nan_to_num(weights) * usable).sum(axis=1)
    mean: Floats = weighted / np.where(total > 0, total, np.nan)
    return mean


def _middle(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else np.nan


def _share(
    name: str, values: Floats, replies: Floats, references: Ends = UNKNOWN
) -> AdviceEstimate:
    """A share of replies, in [0, 1], with the Wilson interval for the number of independent replies
    that would have the same standard error as the mean over profiles."""
    share, total = _middle(values), float(replies.sum())
    estimate = _mean(name, values, replies, references, least=_error(share, total))
    if not isfinite(estimate.high):
        return estimate
    more, error = _one_more(share, total), (estimate.high - share) / _t(estimate.profiles)
    low, high = wilson(share, more * (1 - more) / error**2, _t(estimate.profiles))
    return replace(estimate, low=low, high=high)


def _one_more(share: float, replies: float) -> float:
    """The share after adding one success and one failure."""
    return (share * replies + 1) / (replies + 2) if isfinite(share) else 0.5


def _within(estimate: AdviceEstimate) -> AdviceEstimate:
    """The estimate with its interval clipped to [0, 1]."""
    low, high = (float(np.clip(end, 0.0, 1.0)) for end in (estimate.low, estimate.high))
    return replace(estimate, low=low, high=high)


def _error(share: float, replies: float) -> float:
    """Standard error of a share of independent replies, with one success and one failure added."""
    more = _one_more(share, replies)
    return sqrt(more * (1 - more) / max(replies, 1.0))


def _floor(cells: AdviceCells, spread: float) -> float:
    """Least standard error of a measure that one wrong reply changes by about `spread`."""
    hit = _middle(_inside(cells.same[cells.owner].astype(float), cells.shares))
    return spread * _error(hit, float(cells.given.sum()))


def _mean(
    name: str, values: Floats, replies: Floats, references: Ends = UNKNOWN, *, least: float = 0.0
) -> AdviceEstimate:
    """A mean over profiles with its t interval; the standard error is at least `least`."""
    finite = np.isfinite(values)
    n, count, value = int(finite.sum()), int(replies[finite].sum()), _middle(values)
    half = np.nan
    if n > 1:
        half = _t(n) * max(float(values[finite].std(ddof=1)) / sqrt(n), least)
    return AdviceEstimate(name, value, value - half, value + half, *references, n, count)


def _t(profiles: int) -> float:
    return float(special.stdtrit(profiles - 1, (1 + LEVEL) / 2))


def _concentration(cells: AdviceCells, lot: Floats) -> AdviceEstimate:
    """Herfindahl index of advice over parties, corrected for the bias of few replies."""
    advised = cells.given > 0
    shares, replies = cells.shares[advised], cells.given[advised]
    n = len(shares)
    right, lot_ = (float((q.mean(axis=0) ** 2).sum()) for q in (cells.right, lot))
    if n < 2:
        return AdviceEstimate(CONCENTRATION, np.nan, *UNKNOWN, right, lot_, n)
    mean = shares.mean(axis=0)
    repeated = np.where(replies > 1, replies - 1, np.inf)  # one reply has no variance
    noise = (shares * (1 - shares)).sum(axis=1) / repeated
    value = float((mean**2).sum() - noise.sum() / n**2)
    first = 2 * (shares @ mean).std(ddof=1) / sqrt(n)
    second = float(shares.var(axis=0, ddof=1).sum() / n)
    half = _t(n) * float(np.hypot(first, second))
    low, high = max(1 / len(cells.parties), value - half), min(1.0, value + half)
    estimate = AdviceEstimate(CONCENTRATION, value, min(low, value), high, right, lot_, n)
    return replace(estimate, replies=int(replies.sum()))


def _named(cells: AdviceCells, lot: Floats) -> Iterator[AdviceEstimate]:
    """Number of parties that are never advised, and each party's share of the advice."""
    replies, shares = cells.given, cells.shares
    never = cells.advised.sum(axis=0) == 0
    profiles, total = int((replies > 0).sum()), int(replies.sum())
    right = float((cells.right.sum(axis=0) == 0).sum())
    by_lot = len(never) * (1 - 1 / len(never)) ** total
    counted = float(never.sum()) if total else np.nan
    yield AdviceEstimate(NEVER, counted, *UNKNOWN, right, by_lot, profiles, total)
    for n, party in enumerate(cells.parties):
        references = float(cells.right[:, n].mean()), float(lot[:, n].mean())
        estimate = replace(_share(SHARE, shares[:, n], replies, references), party=party)
        yield replace(estimate, high=most_unseen(total)) if never[n] else estimate


def _funnel(
    cells: AdviceCells, lot: Floats, axis: str, positions: Floats
) -> Iterator[AdviceEstimate]:
    """Displacement of the advised party from the correct one on an axis, and the share of advice
    for parties further from the mean party than the correct one."""
    own = positions[cells.owner]
    gaps = positions[None, :] - own[:, None]
    side = (
        np.sign(own - np.nanmean(positions))
        if np.isfinite(positions).any()
        else np.full(len(own), np.nan)
    )
    spread = float(np.nanstd(positions)) * sqrt(2) if np.isfinite(positions).any() else 0.0
    least = _floor(cells, spread)

    def estimate(name: str, weights: Floats, counted: Floats, floor: float) -> AdviceEstimate:
        every = [_inside(weights, q) for q in (cells.shares, cells.right, lot)]
        values, right, by_lot = (np.where(counted, v, np.nan) for v in every)
        references = _middle(right), _middle(by_lot)
        return replace(_mean(name, values, cells.given, references, least=floor), axis=axis)

    everyone = np.isfinite(own)
    yield estimate(DISPLACEMENT, gaps, everyone, least)
    for name, sign in SIDES.items():
        yield estimate(name, gaps, side == sign, least)
    further = np.where(np.isfinite(gaps), (side[:, None] * gaps > 1e-9).astype(float), np.nan)
    yield _within(estimate(OUTWARD, further, everyone & (side != 0), _floor(cells, 1.0)))
