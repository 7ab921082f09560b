"""Where a difference of two models comes from: its topics, and the statements that moved most.

Paired like the difference itself, on cells that both answered. Statements are ranked by their
change and not tested: the ten largest of eighty are expected to look large.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special

from probes.comparison.difference import difference, holm
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
    *("change", "low", "high", "points", "towards", "text"),
)
MOST = 10
"""Statements that are listed of a pair."""
Row = dict[str, object]


def topics(first: Placement, second: Placement) -> pd.DataFrame:
    """A row an axis and topic: the second model less the first, in points.

    The interval is over statements of that topic; `p_holm` is adjusted over all of the rows.
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
    """The `most` statements whose agreement changed most, the largest change first.

    `agreement` lies in [-1, 1], yes-bias taken out, `change` is the second model's less the
    first's, `low` to `high` its 95 % interval over wordings (empty below two). `points` is what
    the change adds to the position on the `axis` that it adds most to, `towards` the pole there.
    """
    largest: dict[str, Row] = {}
    for axis in axes:
        for row in _statements(axis, first.points[axis.name], second.points[axis.name]):
            row_so_far = largest.get(str(row["statement"]))
            if row_so_far is None or _size(row, "points") > _size(row_so_far, "points"):
                largest[str(row["statement"])] = row
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
        change, low, high = _mean(late - early)
        points = shared.scale * float(shared.share[i] * shared.direction[i]) * change
        yield {
            "statement": statement.id,
            "axis": axis.name,
            "topic": statement.topic or "",
            "agreement": float(late.mean()),
            "agreement_against": float(early.mean()),
            "change": change,
            "low": low,
            "high": high,
            "points": points,
            "towards": axis.positive if points > 0 else axis.negative if points < 0 else "",
            "text": statement.text,
        }


def _mean(values: Floats) -> tuple[float, float, float]:
    """Mean and its plain 95 % t interval; NaN ends below two values."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, np.nan, np.nan
    half = float(special.stdtrit(count - 1, 0.975) * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def _size(row: Row, column: str) -> float:
    return abs(float(str(row[column])))


def _with_names(table: pd.DataFrame, first: Placement, second: Placement) -> pd.DataFrame:
    """The table with the names of the two models in its first columns."""
    table.insert(0, "against", first.info.name)
    table.insert(0, "model", second.info.name)
    return table
