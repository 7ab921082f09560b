"""One model on one axis: position, interval, bounds and variance components from keyed cells.

Chooses the units of the interval and calls the formulas of `interval` and `variance`. Gates are in
`gates`, tables in `probes.tables`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from probes.phrases import phrase
from probes.placement import variance
from probes.placement.effects_key import KeyedCells, mean
from probes.placement.interval import (
    FEWEST_WORDINGS,
    AxisEstimate,
    Floats,
    Ints,
    averaging,
    bounds,
    interval,
    spread,
)
from probes.placement.joint_region import covariance, crossed, radius
from probes.types.reasons import AT_LEAST, FEW_LEXICONS, FEW_WORDINGS, Reason

TOPICS = 3
"""Minimum number of topics for topics to be the units of an interval."""
NORMAL = 1.959964
"""Quantile of the normal distribution for a 95 % interval."""
PER_TOPIC = 2
"""Minimum number of statements of a topic for it to count towards `TOPICS`."""
SINGLE = Reason(phrase("no interval: a single statement was answered"))


@dataclass(frozen=True, slots=True)
class AxisPosition:
    """A model's position on an axis; NaN if nothing was answered or no interval is possible.

    `low` to `high` is the 95 % interval, `minimum` to `maximum` the bounds over missing cells.
    """

    used: KeyedCells
    """Cells that the position is computed from."""
    units: Ints
    """Unit of each statement in `used`."""
    by_topic: bool
    """Whether units are topics and every statement has one; if not, the interval is too narrow."""
    position: float
    low: float
    high: float
    minimum: float
    maximum: float
    spread: AxisEstimate | None
    """Mean and variance components; None with fewer than two units."""


def point(keyed: KeyedCells) -> AxisPosition:
    """Position, interval and bounds on an axis, from everything that was asked."""
    used = keyed.answered
    units, by_topic = grouping(used)
    if not used.z.size:
        nothing = (np.nan, np.nan, np.nan, np.nan, np.nan)
        return AxisPosition(used, units, by_topic, *nothing, None)
    position = keyed.at(mean(used.complete, used.share, used.lexicons))
    if used.empty and all(note.code != "legacy-agree" for note in keyed.notes):
        # nothing was answered: values filled in for missing answers give no position
        position = np.nan
    columns = averaging(keyed.lexicons)
    worst, best = (keyed.at(end) for end in bounds(keyed.z, keyed.share, keyed.ends, columns))
    estimate = None
    low = high = np.nan
    if len(set(units)) > 1 and not used.empty:
        # Cells of counts may lie beyond 1, outside the domain of artanh.
        within = max(1.0, float(np.abs(used.columns).max()))
        *ends, estimate = interval(used.columns / within, used.share, units, used.missing)
        low, high = (keyed.at(min(1.0, max(-1.0, within * float(end)))) for end in ends)
        low, high = min(low, position), max(high, position)  # rounding of the last digit
        if keyed.error:
            low, high = _with_judge(keyed, position, (low, high))
    worst, best = min(worst, position), max(best, position)
    return AxisPosition(used, units, by_topic, position, low, high, worst, best, estimate)


def _with_judge(
    keyed: KeyedCells, position: float, ends: tuple[float, float]
) -> tuple[float, float]:
    """Interval widened by the sampling error of a stance model's rates, which is independent: the
    half-widths on either side are added in quadrature (MOVER, Zou & Donner 2008)."""
    error = NORMAL * keyed.error * abs(position - keyed.offset)
    low, high = (
        position + side * float(np.hypot(end - position, error))
        for side, end in zip((-1, 1), ends, strict=True)
    )
    least, most = sorted((keyed.at(-1), keyed.at(1)))
    return max(low, least), min(high, most)


def grouping(keyed: KeyedCells) -> tuple[Ints, bool]:
    """Unit of each statement, and whether units are topics: if the axis has at least 3 topics with
    at least 2 statements each; else units are statements.

    Statements of one topic are correlated: as separate units they make intervals too narrow. So do
    single statements without a topic, which may share one.
    """
    topics = [s.topic for s in keyed.statements]
    sizes = Counter(t for t in topics if t is not None)
    enough = sum(size >= PER_TOPIC for size in sizes.values()) >= TOPICS
    names = [
        f"topic {s.topic}" if enough and s.topic is not None else f"statement {s.id}"
        for s in keyed.statements
    ]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    units = np.array([number[name] for name in names], dtype=np.int64)
    return units, enough and None not in topics


def sign_stability(position: AxisPosition) -> float:
    """Share of wordings whose mean has the sign of the position; NaN if the interval contains 0."""
    if not (position.low > 0 or position.high < 0):
        return np.nan
    means = position.used.offset + position.used.scale * (
        position.used.share @ position.used.complete
    )
    return float((np.sign(means) == np.sign(position.position)).mean())


def reliability(position: AxisPosition) -> float:
    """Reliability over wordings of the axis's unkeyed lambda (`variance.reliability`)."""
    return np.nan if position.used.empty else variance.reliability(position.used.lam)


def shares(position: AxisPosition, apart: Mapping[str, Floats] | None = None) -> dict[str, float]:
    """Source -> share of the variance of the axis's cells (`variance.shares`).

    Args:
        position: Position on the axis.
        apart: Statement -> ``(variants, wordings)`` leanings of its variants, if any were asked.
    """
    used = position.used
    if used.empty:
        return dict.fromkeys(variance.SOURCES, np.nan)
    topics = [s.topic for s in used.statements]
    grids = [apart[s.id] for s in used.statements if s.id in apart] if apart else []
    components = variance.variants(grids, len(used.statements))
    return variance.shares(used.complete, topics, np.isfinite(used.z), components)


def topics(position: AxisPosition) -> list[tuple[str, float, float, float, int]]:
    """(topic, position, low, high, statements); the interval is over the topic's statements."""
    used, rows = position.used, list[tuple[str, float, float, float, int]]()
    if used.empty:
        return rows
    complete, share, gaps = used.columns, used.share, np.isnan(used.z) @ averaging(used.lexicons)
    members: dict[str, list[int]] = {}
    for number, statement in enumerate(used.statements):
        if statement.topic is not None:
            members.setdefault(statement.topic, []).append(number)
    for topic, inside in members.items():
        z, weight = complete[inside], share[inside] / share[inside].sum()
        low = high = np.nan
        if len(z) > 1:
            least, most, _ = interval(z, weight, np.arange(len(z)), float(gaps[inside].sum()))
            low, high = used.at(float(least)), used.at(float(most))
        rows.append((topic, used.at(mean(z, weight)), low, high, len(z)))
    return rows


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Joint 95 % region on two axes, on the position scale: variances, covariance and a radius."""

    var_x: float
    cov: float
    var_y: float
    radius: float


def ellipse(x: AxisPosition, y: AxisPosition) -> Ellipse | None:
    """Joint region of a model on two axes; None without an interval or without common wordings."""
    shared = [w for w in x.used.wordings if w in y.used.wordings]
    if x.spread is None or y.spread is None or not shared:
        return None
    on_x, on_y = (_components(p, p.units, shared) for p in (x, y))
    joint = covariance(on_x, on_y, _crossed(x, y, shared))
    scales = x.used.scale, y.used.scale
    return Ellipse(
        float(on_x.variance) * scales[0] ** 2,
        float(joint) * scales[0] * scales[1],
        float(on_y.variance) * scales[1] ** 2,
        float(radius(on_x, on_y)),
    )


def _crossed(x: AxisPosition, y: AxisPosition, shared: list[str]) -> Floats:
    """Cross-product of the units: topics if they are the units on both axes, else statements."""
    by_topic = x.by_topic and y.by_topic
    units = [p.units if by_topic else np.arange(len(p.units)) for p in (x, y)]
    where = {s.id: i for i, s in enumerate(y.used.statements)}
    pairs = {
        (int(units[0][i]), int(units[1][where[s.id]]))
        for i, s in enumerate(x.used.statements)
        if s.id in where
    }
    on_x, on_y = (_components(p, u, shared) for p, u in zip((x, y), units, strict=True))
    return crossed(on_x, on_y, np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2))


def _components(position: AxisPosition, units: Ints, wordings: list[str]) -> AxisEstimate:
    """Variance components of a position in a subset of its wordings."""
    inside = np.array([w in wordings for w in position.used.wordings])
    used = position.used.cut(np.ones(len(position.units), bool), inside)
    return spread(used.columns, position.used.share, units, used.missing)


def remarks(position: AxisPosition) -> list[Reason]:
    """Remarks to report beside the interval."""
    if position.spread is None:
        return [] if position.used.empty else [SINGLE]
    reasons = [] if position.by_topic else [AT_LEAST]
    if len(position.used.wordings) < FEWEST_WORDINGS:
        return [*reasons, FEW_WORDINGS]
    few = len(set(position.used.lexicons)) < FEWEST_WORDINGS
    return [*reasons, FEW_LEXICONS] if few else reasons
