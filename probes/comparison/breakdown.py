"""A difference of two models by topic, and the statements with the largest changes.

Paired like the difference itself, on cells that both answered. Statements are ranked by their
change and not tested: the ten largest of eighty are overestimates. `shrunk` is the change to expect
in other wordings.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special

from probes.comparison.difference import FARTHEST, ROUNDING, difference, holm
from probes.comparison.pair import common
from probes.placement.axis import AxisPosition
from probes.placement.interval import Floats, averaging
from probes.placement.model import Placement
from probes.types import Axis

TOPICS = (
    *("model", "against", "axis", "topic", "difference", "low", "high", "p", "p_holm"),
    "statements",
)
STATEMENTS = (
    *("model", "against", "statement", "axis", "topic", "agreement", "agreement_against"),
    *("change", "low", "high", "shrunk", "points", "towards", "text"),
)
MOST = 10
"""Number of statements listed for a pair."""
Row = dict[str, object]


def topics(first: Placement, second: Placement) -> pd.DataFrame:
    """One row per axis and topic: second model less first, in points.

    The interval is over statements of that topic; `p_holm` is adjusted over all rows.
    """
    rows = [
        row
        for axis, position in first.points.items()
        for row in _topics(axis, position, second.points[axis])
    ]
    table = pd.DataFrame(rows, columns=list(TOPICS[2:]))
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    return _with_names(table, first, second)


def _topics(axis: str, first: AxisPosition, second: AxisPosition) -> Iterator[Row]:
    shared, (before, after), _ = common(first.used, second.used)
    for topic in dict.fromkeys(s.topic for s in shared.statements if s.topic is not None):
        inside = np.array([s.topic == topic for s in shared.statements])
        weights, units = shared.share[inside], np.arange(inside.sum())
        result = difference(before[inside], after[inside], weights, units, shared.lexicons)
        low, high = result.interval()
        yield {
            "axis": axis,
            "topic": topic,
            "difference": shared.scale * float(result.mean),
            "low": shared.scale * float(low),
            "high": shared.scale * float(high),
            "p": float(result.p),
            "statements": result.statements,
        }


def statements(
    first: Placement, second: Placement, axes: Sequence[Axis], most: int = MOST
) -> pd.DataFrame:
    """The `most` statements whose agreement changed most, largest change first.

    `agreement` is in [-1, 1] with yes-bias removed (cells of counted replies beyond are cut, here
    only); `change` is the second model's less the first's, `low` to `high` its 95 % interval over
    wordings (empty below two wordings, or if they are all equal). `shrunk` is the change shrunk
    towards the mean of all statements, by the share of variance due to wordings. `points` is the
    contribution of the change to the position on the `axis` where it is largest, `towards` the pole
    there.
    """
    largest: dict[str, Row] = {}
    for axis in axes:
        for row in _statements(axis, first.points[axis.name], second.points[axis.name]):
            row_so_far = largest.get(str(row["statement"]))
            if row_so_far is None or _size(row, "points") > _size(row_so_far, "points"):
                largest[str(row["statement"])] = row
    numbers = pd.DataFrame(list(largest.values()), columns=["change", "error"], dtype=np.float64)
    shrunk = _shrunk(numbers["change"].to_numpy(), numbers["error"].to_numpy())
    for row, value in zip(largest.values(), shrunk, strict=True):
        row["shrunk"] = value
    ranked = sorted(largest.values(), key=lambda row: (-_size(row, "change"), row["statement"]))
    return _with_names(pd.DataFrame(ranked[:most], columns=list(STATEMENTS[2:])), first, second)


def _statements(axis: Axis, first: AxisPosition, second: AxisPosition) -> Iterator[Row]:
    shared, cells, _ = common(first.used, second.used)
    before, after = (shared.direction[:, None] * grid for grid in cells)
    for i, statement in enumerate(shared.statements):
        answered = np.isfinite(before[i]) & np.isfinite(after[i])
        if not answered.any():
            continue
        columns = averaging([shared.lexicons[w] for w in np.flatnonzero(answered)])
        early, late = before[i][answered] @ columns, after[i][answered] @ columns
        points = shared.scale * float(shared.share[i] * shared.direction[i])
        points *= float((late - early).mean())
        early, late = np.clip(early, -1, 1), np.clip(late, -1, 1)  # cells of counts may lie beyond
        change, low, high, error = _mean(late - early)
        yield {
            "statement": statement.id,
            "axis": axis.name,
            "topic": statement.topic or "",
            "agreement": float(late.mean()),
            "agreement_against": float(early.mean()),
            "change": change,
            "low": low,
            "high": high,
            "error": error,
            "points": points,
            "towards": axis.positive if points > 0 else axis.negative if points < 0 else "",
            "text": statement.text,
        }


def _mean(values: Floats) -> tuple[float, float, float, float]:
    """Mean, its 95 % t interval, and its squared standard error; NaN below two values.

    Equal values get no interval: answers with few options are often equal by chance.
    """
    mean, count = float(values.mean()), len(values)
    error = float(values.var(ddof=1)) / count if count > 1 else np.nan
    if count < 2 or np.ptp(values) < ROUNDING:
        return mean, np.nan, np.nan, error
    half = float(special.stdtrit(count - 1, 0.975)) * np.sqrt(error)
    return mean, max(mean - half, -FARTHEST), min(mean + half, FARTHEST), error


def _shrunk(changes: Floats, errors: Floats) -> Floats:
    """Changes shrunk towards their mean, by the share of their variance due to wordings (empirical
    Bayes, Efron & Morris 1975); NaN if no statement allows an estimate of that variance."""
    if len(changes) < 3 or np.isnan(errors).all():
        return np.full(len(changes), np.nan)
    variance, mean = float(changes.var(ddof=1)), changes.mean()
    factor = max(0.0, 1 - float(np.nanmean(errors)) / variance) if variance else 0.0
    shrunk: Floats = mean + factor * (changes - mean)
    return shrunk


def _size(row: Row, column: str) -> float:
    return abs(float(str(row[column])))


def _with_names(table: pd.DataFrame, first: Placement, second: Placement) -> pd.DataFrame:
    """The table with the names of the two models in its first columns."""
    table.insert(0, "against", first.info.name)
    table.insert(0, "model", second.info.name)
    return table
