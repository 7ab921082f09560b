"""Statistical power: the smallest difference of two models that a comparison detects.

Differences with assumed variance components are drawn for the statements, topics and wordings of an
axis, and analysed with the formulas of `interval`. The components are assumptions: models that vary
less are told apart sooner, as a run's intervals show.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from probes.placement.axis import AxisPosition
from probes.placement.interval import Floats, averaging, spread
from probes.types import Axis
from probes.validity.findings import Finding

STATEMENTS = 0.6
"""SD over statements of the difference of two leanings, half of its variance by topic: for two
respondents whose views have SD 1 in log-odds, tanh(views / 2) has SD 0.43, times root 2.
(provisional)"""
WORDINGS = 0.1
"""SD over wordings. (provisional)"""
REST = 0.4
"""SD of statement x wording and the residual. (provisional)"""
POWER = 0.8
"""Power at which a difference counts as detectable."""
DRAWS = 400
COARSE = 0.5
"""Maximum detectable difference, as a share of the scale. (provisional)"""


@dataclass(frozen=True, slots=True)
class DetectableDifference:
    """Detectable differences in points; NaN below two units, or without a wording."""

    significant: float
    """Half-width of the 95 % interval: the smallest significant difference."""
    difference: float
    """True difference that is significant with probability `POWER`."""
    units: int
    by_topic: bool
    """Whether the units are topics; else statements."""


def detectable(position: AxisPosition) -> DetectableDifference:
    """Detectable differences on an axis, given its statements, units, weights and wordings."""
    count = len(set(position.units.tolist()))
    if count < 2 or not position.used.z.size:
        return DetectableDifference(np.nan, np.nan, count, position.by_topic)
    cells = _differences(position) @ averaging(position.used.lexicons)
    drawn = spread(cells, position.used.share, position.units)
    error, dof = float(np.sqrt(np.median(drawn.variance))), float(np.median(drawn.dof))
    enough, more = (float(special.stdtrit(dof, p)) for p in (0.975, POWER))
    scale = abs(position.used.scale)
    significant, difference = scale * enough * error, scale * (enough + more) * error
    return DetectableDifference(significant, difference, count, position.by_topic)


def detection(axis: Axis, position: AxisPosition, scale: float) -> Finding:
    """Finding: the smallest difference of two models that a comparison detects."""
    result = detectable(position)
    numbers = {"difference": result.difference, "significant": result.significant}
    units = f"{result.units} {'topics' if result.by_topic else 'statements'}"
    wordings = len(position.used.wordings)
    label = f"smallest difference, {axis.name}"
    if not np.isfinite(result.difference):
        return Finding(label, "", "warn", "no interval, and so no comparison", numbers)
    value = f"{result.difference:.1f}; significant from {result.significant:.1f}"
    sentence = (
        f"between two models, found in {POWER:.0%} of cases ({units} x {wordings} wordings); "
        "assumed, not measured: their leanings differ with "
        f"SD {STATEMENTS:g} from statement to statement, {WORDINGS:g} from wording to wording, "
        f"and {REST:g} beside"
    )
    if not result.by_topic:
        untagged = "fewer than 3 topics of 2 statements, or untagged ones"
        sentence = f"at least, and no comparison claims it: {untagged}; {sentence}"
        return Finding(label, value, "warn", sentence, numbers)
    if result.difference > 2 * scale:
        return Finding(label, value, "warn", f"more than the whole axis; {sentence}", numbers)
    coarse = result.difference > COARSE * scale
    return Finding(label, value, "warn" if coarse else "ok", sentence, numbers)


def _differences(position: AxisPosition) -> Floats:
    """``(DRAWS, statements, wordings)`` simulated differences in leaning around 0; fixed seed."""
    rng = np.random.default_rng(0)
    names = [s.topic if s.topic is not None else s.id for s in position.used.statements]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    topic = [number[name] for name in names]
    statements, wordings = position.used.z.shape
    half = STATEMENTS / np.sqrt(2)
    whole = half * rng.standard_normal((DRAWS, len(number), 1))[:, topic]
    whole = whole + half * rng.standard_normal((DRAWS, statements, 1))
    whole = whole + WORDINGS * rng.standard_normal((DRAWS, 1, wordings))
    drawn: Floats = whole + REST * rng.standard_normal((DRAWS, statements, wordings))
    return drawn
