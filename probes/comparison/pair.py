"""Two placements on one axis: paired difference and verdict.

Both are of the same set and protocol: two models, or one model in two languages, with statements
matched by id and wordings by name. The statistics are in `difference`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from probes.comparison.difference import ROUNDING, Difference, difference
from probes.comparison.limits import DifferenceLimits
from probes.phrases import phrase
from probes.placement.axis import AxisPosition, grouping
from probes.placement.effects_key import KeyedCells
from probes.placement.interval import FEWEST_WORDINGS, Floats
from probes.placement.table_key import centred_by_key
from probes.types.reasons import (
    DECIDED,
    FEW_WORDINGS,
    MAYBE,
    SMALL,
    UNDECIDED,
    UNTAGGED,
    Reason,
    joined,
)

Verdict = Literal["moved", "not moved", "cannot be told apart"]

EQUIVALENCE = 0.90
"""Level of the interval that must lie within the margin for two positions to count as equal."""
FAR = 0.7
"""Share of the scale beyond which the interval of a difference is less reliable."""
EVEN = 0.4
"""Minimum share of statements keyed either way, for yes to everything to be near the centre."""

FEWEST_UNITS = 2
NONE = Difference(np.array(np.nan), np.array(np.nan), np.array(np.nan), 0, 0, 0)
"""Difference of two placements without common cells."""

MISSING = Reason(phrase("claims must hold wherever missing answers could lie"))
EDGE = Reason(
    phrase("near the end of the scale such an interval misses a true difference up to 1 in 4")
)
CLAIMS = (SMALL, DECIDED, UNDECIDED, MAYBE)
"""Reasons that qualify a move."""
NOTHING = Reason(phrase("no statement and wording that both answered"))
SINGLE = Reason(phrase("no interval: fewer than two statements that both answered"))


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The second placement less the first, in points; NaN where there is no number."""

    difference: float
    low: float
    high: float
    """`low` to `high`: 95 % interval."""
    minimum: float
    maximum: float
    """`minimum` to `maximum`: with every missing answer of either at its extremes."""
    p: float
    direction: float
    """Difference of the signs of leanings: positions mix direction and decisiveness."""
    direction_low: float
    direction_high: float
    statements: int
    """Number of statements that both answered in some wording."""
    wordings: int
    units: Literal["topics", "statements"]
    verdict: Verdict
    reasons: tuple[Reason, ...]

    def unplaced(self, reason: Reason) -> "PairedDifference":
        """The same numbers without a verdict, since one of the two is not placed."""
        kept_reasons = tuple(earlier for earlier in self.reasons if earlier not in CLAIMS)
        return replace(self, verdict="cannot be told apart", reasons=(reason, *kept_reasons))

    def row(self, columns: Sequence[str]) -> dict[str, object]:
        """Values for those of a table's columns that it has, reasons as sentences."""
        numbers = {name: getattr(self, name) for name in columns if hasattr(self, name)}
        return numbers | {"reason": joined(self.reasons)}


def pair(first: AxisPosition, second: AxisPosition, limits: DifferenceLimits) -> PairedDifference:
    """Difference of the second from the first, on the cells that both answered."""
    shared, cells, signs = common(first.used, second.used)
    units, by_topic = grouping(shared)
    points = first.used.scale
    change, change_of_direction = (
        difference(*both, shared.share, units, shared.lexicons) if shared.statements else NONE
        for both in (cells, signs)
    )
    mean = points * float(change.mean)
    low, high = _interval(change, points)
    # missing answers are at their extremes in both; fmin and fmax ignore a mean that is NaN
    least = float(np.fmin(second.minimum - first.maximum, mean))
    most = float(np.fmax(second.maximum - first.minimum, mean))
    direction_low, direction_high = _interval(change_of_direction, points)
    bounds, positions = (least, most), (first.position, second.position)
    wide = _bounds_are_wide(bounds, limits)
    equal = _within_margin(_widened(_interval(change, points, EQUIVALENCE), bounds, limits), limits)
    verdict = _verdict(_widened((low, high), bounds, limits), equal=equal)
    reasons = [*_notes(change, positions, limits), *_key_centred(first.used, second.used)]
    reasons += [MISSING] if wide else []
    if verdict == "moved":
        manner = _manner(change_of_direction, points, positions, limits)
        if wide and manner:  # directions of missing answers are unknown
            manner = [MAYBE]
        reasons = [*([SMALL] if equal else []), *manner, *reasons]
    result = PairedDifference(
        difference=mean,
        low=low,
        high=high,
        minimum=least,
        maximum=most,
        p=float(change.p),
        direction=points * float(change_of_direction.mean),
        direction_low=direction_low,
        direction_high=direction_high,
        statements=change.statements,
        wordings=change.wordings,
        units="topics" if by_topic else "statements",
        verdict=verdict,
        reasons=tuple(reasons),
    )
    return result if by_topic or not shared.statements else result.unplaced(UNTAGGED)


def common(
    first: KeyedCells, second: KeyedCells
) -> tuple[KeyedCells, tuple[Floats, Floats], tuple[Floats, Floats]]:
    """The cells that both have, as in the first; both leanings there, and their signs."""
    row = {s.id: i for i, s in enumerate(second.statements)}
    column = {name: i for i, name in enumerate(second.wordings)}
    shared = first.cut(
        np.array([s.id in row for s in first.statements], bool),
        np.array([name in column for name in first.wordings], bool),
    )
    place = np.ix_(
        [row[s.id] for s in shared.statements], [column[name] for name in shared.wordings]
    )
    if not shared.z.size:
        return replace(shared, statements=()), (shared.z, shared.z), (shared.z, shared.z)
    leanings = _leanings(shared), _leanings(second)[place]
    signs = _signs(shared), _signs(second)[place]
    return shared, leanings, signs


def _leanings(keyed: KeyedCells) -> Floats:
    """Leanings of answered cells; under legacy-agree of all cells, as in the positions."""
    legacy = any(note.code == "legacy-agree" for note in keyed.notes)
    return keyed.complete if legacy else keyed.z


def _signs(keyed: KeyedCells) -> Floats:
    signs: Floats = keyed.direction[:, None] * np.sign(keyed.lam)
    return signs


def _interval(result: Difference, points: float, level: float = 0.95) -> tuple[float, float]:
    low, high = result.interval(level)
    return points * float(low), points * float(high)


def _verdict(sure: tuple[float, float], *, equal: bool) -> Verdict:
    """Verdict on a difference with this 95 % interval."""
    if sure[0] > ROUNDING or sure[1] < -ROUNDING:
        return "moved"
    return "not moved" if equal else "cannot be told apart"


def _bounds_are_wide(bounds: tuple[float, float], limits: DifferenceLimits) -> bool:
    return bounds[1] - bounds[0] > limits.bounds


def _widened(
    interval: tuple[float, float], bounds: tuple[float, float], limits: DifferenceLimits
) -> tuple[float, float]:
    """The interval; if the bounds are wide, the bounds extended by its half-width."""
    half = (interval[1] - interval[0]) / 2
    if not _bounds_are_wide(bounds, limits):
        return interval
    return bounds[0] - half, bounds[1] + half


def _within_margin(interval: tuple[float, float], limits: DifferenceLimits) -> bool:
    return -limits.margin <= interval[0] and interval[1] <= limits.margin


def _manner(
    direction: Difference, points: float, positions: tuple[float, float], limits: DifferenceLimits
) -> list[Reason]:
    """Reasons if only decisiveness is seen to change: positions mix direction and decisiveness."""
    low, high = _interval(direction, points)
    if not (low <= ROUNDING and high >= -ROUNDING) or positions[0] * positions[1] <= 0:
        return []
    if not _within_margin(_interval(direction, points, EQUIVALENCE), limits):
        return [MAYBE]
    return [DECIDED if abs(positions[1]) > abs(positions[0]) else UNDECIDED]


def _notes(
    result: Difference, positions: tuple[float, float], limits: DifferenceLimits
) -> Iterator[Reason]:
    """Remarks to report beside the interval."""
    if not result.statements:
        yield NOTHING
    elif result.units < FEWEST_UNITS:
        yield SINGLE
    elif result.wordings < FEWEST_WORDINGS:
        yield FEW_WORDINGS
    apart = abs(float(result.mean)) * limits.scale > limits.margin
    if apart and max(map(abs, positions)) > FAR * limits.scale:
        yield EDGE


def _key_centred(first: KeyedCells, second: KeyedCells) -> Iterator[Reason]:
    """Remark on the difference with yes-bias removed, if agreeing with everything leads to one
    pole.

    Mirrors and centred effects have it removed already.
    """
    if first.centred.any() or any(s.mirror for s in first.statements):
        return
    shared, cells, _ = common(centred_by_key(first), centred_by_key(second))
    if not shared.statements or EVEN <= (shared.direction > 0).mean() <= 1 - EVEN:
        return
    result = difference(*cells, shared.share, grouping(shared)[0], shared.lexicons)
    low, high = _interval(result, shared.scale)
    mean = shared.scale * float(result.mean)
    yield Reason(f"key-centred difference {mean:+.2f} ({low:+.2f} to {high:+.2f})")
