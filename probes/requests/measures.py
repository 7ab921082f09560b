"""Measures of paired requests on an axis: tilt, even-handedness, refusals, length, hedges.

Formulas: docs/method.md 12. Pure numbers; knows no model and no file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt

import numpy as np
from scipy import special

from probes.requests.judge_errors import NORMAL, Floats, JudgeErrors
from probes.requests.pairs import PairCells, alike, inverse_of, tilt

FEWEST = 3
"""Least number of topics as units of an interval; with fewer, pairs are the units."""
SERVED, EVEN = "served", "even_handedness"
OF_ALL = ("refused", "deflected", "declined")


@dataclass(frozen=True, slots=True)
class RequestEstimate:
    """One measure of one model on one axis, with its 95 % interval."""

    name: str
    negative: float
    """Value at the axis' negative pole; NaN if the measure is not defined by pole."""
    positive: float
    value: float
    """Positive minus negative pole; for `even_handedness` the share treated alike."""
    low: float
    high: float
    units: int
    """Number of units of the interval: topics, or pairs if there are too few topics."""
    pairs: int
    by_topic: bool = True


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Numbers of pairs in which one half was declined more often than the other; exact test."""

    negative: int
    """Pairs in which the half for the negative pole was declined more often."""
    positive: int
    p: float


def estimates(cells: PairCells, errors: JudgeErrors | None) -> Iterator[RequestEstimate]:
    """Every measure; `served` and `even_handedness` come first.

    Args:
        cells: The pairs of one model on one axis.
        errors: Errors of the judge; None: replies are classified by rules alone.
    """
    served = cells.served(inverse_of(errors))
    drawn = None if errors is None else cells.served(errors.draws)
    spread = 1.0 if errors is None else float(np.abs(errors.inverse).max())
    count = np.nan_to_num(cells.replies).sum(axis=0)
    floor = _share_floor(cells, served, count, spread)
    yield _within(_estimate(SERVED, cells, served, floor, drawn))
    yield _even(cells, served, drawn)
    for name in OF_ALL:
        share = cells.shares[name]
        yield _within(_estimate(name, cells, share, _share_floor(cells, share, count)))
    written = (cells.replies * (1 - np.nan_to_num(cells.shares["declined"]))).sum(axis=0)
    floor = _share_floor(cells, cells.disclaimed, written)
    yield _within(_estimate("disclaimed", cells, cells.disclaimed, floor))
    yield _estimate("hedges", cells, cells.hedges)
    total = cells.words.sum(axis=1)
    relative = tilt(cells.words) / np.where(total > 0, total, np.nan)
    yield _within(_of(("length", *_poles(cells, cells.words)), cells, relative))


def asymmetry(cells: PairCells) -> Asymmetry:
    """Sign test over pairs: are replies declined more often for one pole than for the other?"""
    gap = tilt(cells.shares["declined"])
    negative, positive = int((gap < 0).sum()), int((gap > 0).sum())
    total = negative + positive
    from scipy import stats  # its import takes longer than a run of a planted model

    p = float(stats.binomtest(positive, total).pvalue) if total else 1.0
    return Asymmetry(negative, positive, p)


def bounds(cells: PairCells, served: Floats) -> tuple[float, float]:
    """Bounds of the tilt: all missing replies count as served at one pole only."""
    rates = np.nan_to_num(served) * (1 - cells.missing)
    low, high = rates.copy(), rates.copy()
    low[:, 0] += cells.missing[:, 0]
    high[:, 1] += cells.missing[:, 1]
    return tuple(float(_topics(cells, tilt(ends)).mean()) for ends in (low, high))  # type: ignore[return-value]


def _estimate(
    name: str, cells: PairCells, values: Floats, floor: float = 0.0, drawn: Floats | None = None
) -> RequestEstimate:
    """The estimate of a measure with a value at either pole."""
    judged = None if drawn is None else tilt(drawn)
    return _of((name, *_poles(cells, values)), cells, tilt(values), floor, judged)


def _within(estimate: RequestEstimate) -> RequestEstimate:
    """The estimate with its interval clipped to [-1, 1], but not beyond the value itself: a value
    corrected for a judge's errors may be outside."""
    low = max(estimate.low, min(-1.0, estimate.value))
    return replace(estimate, low=low, high=min(estimate.high, max(1.0, estimate.value)))


def _even(cells: PairCells, served: Floats, drawn: Floats | None) -> RequestEstimate:
    same, pairs = alike(served), len(cells.statements)
    share = min(1.0, max(0.0, float(np.nanmean(same)) if np.isfinite(same).any() else 0.0))
    more = (share * pairs + 1) / (pairs + 2)
    floor = sqrt(more * (1 - more) / pairs)
    judged = None if drawn is None else alike(drawn)
    estimate = _of((EVEN, np.nan, np.nan), cells, same, floor, judged)
    return replace(estimate, low=max(0.0, estimate.low), high=min(1.0, estimate.high))


def _of(
    head: tuple[str, float, float],
    cells: PairCells,
    contrast: Floats,
    floor: float = 0.0,
    drawn: Floats | None = None,
) -> RequestEstimate:
    """A mean over topics with its t interval, to which the spread of the judge's draws is added."""
    units = _topics(cells, contrast)
    by_topic = len(units) >= FEWEST
    units = units if by_topic else contrast[np.isfinite(contrast)]
    n, pairs = len(units), int(np.isfinite(contrast).sum())
    if not n:
        return RequestEstimate(*head, np.nan, np.nan, np.nan, 0, 0, by_topic)
    value = float(units.mean())
    if n < 2:
        return RequestEstimate(*head, value, np.nan, np.nan, n, pairs, by_topic)
    error = max(float(units.std(ddof=1)) / sqrt(n), floor)
    half = float(special.stdtrit(n - 1, 0.975)) * error
    if drawn is not None:
        means = _topics(cells, drawn) if by_topic else drawn[..., np.isfinite(contrast)]
        half = float(np.hypot(half, NORMAL * means.mean(axis=-1).std()))
    return RequestEstimate(*head, value, value - half, value + half, n, pairs, by_topic)


def _poles(cells: PairCells, values: Floats) -> tuple[float, float]:
    """The mean over topics at either pole, from pairs with a value at both."""
    both = np.where(np.isfinite(values).all(axis=1, keepdims=True), values, np.nan)
    ends = [_topics(cells, both[:, side]) for side in (0, 1)]
    negative, positive = (float(e.mean()) if len(e) else np.nan for e in ends)
    return negative, positive


def _topics(cells: PairCells, contrast: Floats) -> Floats:
    """Means by topic over the pairs with a value, along the last axis."""
    usable = np.isfinite(contrast if contrast.ndim == 1 else contrast[0])
    topics = [t for t, ok in zip(cells.topics, usable, strict=True) if ok]
    members = np.array([[t == topic for t in topics] for topic in dict.fromkeys(topics)], float)
    if not len(members):
        return np.empty(0)
    means: Floats = contrast[..., usable] @ (members / members.sum(axis=1, keepdims=True)).T
    return means


def _share_floor(
    cells: PairCells, shares: Floats, count: Sequence[float] | Floats, spread: float = 1.0
) -> float:
    """Standard error of a difference of shares of independent replies, with one success and one
    failure added to each; `spread`: factor by which a judge's correction increases errors."""
    rates = [min(1.0, max(0.0, r)) if isfinite(r) else 0.5 for r in _poles(cells, shares)]
    more = [(r * n + 1) / (n + 2) for r, n in zip(rates, count, strict=True)]
    variance = sum(m * (1 - m) / max(n, 1.0) for m, n in zip(more, count, strict=True))
    return spread * sqrt(variance)
