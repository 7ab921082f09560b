"""Columns for display: the name of a column, and the function that makes its cells.

One list per table. `output.markup` and `cli._tables` write them as Markdown, LaTeX, HTML and on the
terminal; a cell is text, or a value that is printed as it is. Computes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from probes.output.formats import (
    Format,
    Row,
    bounds,
    change,
    fraction,
    if_compared,
    if_placed,
    interval,
    number,
    numbers,
    p_value,
    percent,
    plain,
    shortened,
    signed,
    signed_number,
    verdict,
    yes_no,
)

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table for display."""

    name: str
    format: Format
    spare: int = 0
    """Order of removal in a narrow terminal: highest number first; 0: never removed."""


def cells(columns: Sequence[Column], rows: Iterable[Row]) -> list[dict[str, object]]:
    """One mapping per row: name of the column -> its cell."""
    return [{column.name: column.format(row) for column in columns} for row in rows]


def measured(columns: Sequence[Column], rows: Iterable[Row]) -> list[dict[str, str]]:
    """`cells` as text, without columns that are empty throughout; fills other empty cells."""
    texts = [
        {name: number(cell) if isinstance(cell, float) else str(cell) for name, cell in row.items()}
        for row in cells(columns, rows)
    ]
    names = [name for name in (texts[0] if texts else ()) if any(row[name] for row in texts)]
    return [{name: row[name] or NOT_MEASURED for name in names} for row in texts]


# --- tables ------------------------------------------------------------------------------------

MODEL, AXIS = Column("model", plain("model")), Column("axis", plain("axis"))
INTERVAL = Column("95 % interval", interval("low", "high"))
YES_BIAS = Column("yes-bias", signed("yes_bias"), 4)
ANSWERED = Column("answered", fraction("answered", "asked"), 3)
PLACED = Column(
    "placed", lambda row: "no" if not row["placed"] else "trial" if row.get("trial") else "yes"
)
DIFFERENCE = Column("difference", if_compared(signed("difference")))
BETWEEN = Column(INTERVAL.name, if_compared(INTERVAL.format))
"""Interval of a difference."""
P_HOLM = Column("p (Holm)", if_compared(p_value), 2)
STATEMENTS = Column("statements", plain("statements"), 4)
VERDICT = Column("verdict", verdict)
_before = if_compared(lambda row: signed_number(row["position_against"]))
PAIR = (Column("from", plain("against")), Column("to", plain("model")))

PLACEMENT = (
    MODEL,
    AXIS,
    Column("position", if_placed(signed("position"))),
    Column(INTERVAL.name, if_placed(INTERVAL.format)),
    Column("bounds", bounds, 2),
    Column("direction", if_placed(signed("direction")), 7),
    YES_BIAS,
    ANSWERED,
    Column("opposition", plain("opposition"), 5),
    Column("control", plain("control"), 6),
    Column("official", lambda row: number(row["official"]), 1),
    PLACED,
)
"""Columns of `placements.csv`; a model that is not placed has dashes instead of numbers."""
RESPONDENT = (
    Column("respondent", plain("respondent")),
    Column("score", percent("score")),
    Column("score, 95 %", percent("low", "high")),
    Column("correlation", signed("correlation")),
    Column("correlation, 95 %", interval("correlation_low", "correlation_high")),
    Column("statements", plain("n")),
)
"""Columns of `alignment.csv`."""
AMONG_PEOPLE = (
    MODEL,
    Column("axis", lambda row: row["axis"] or "all"),
    Column("percentile", lambda row: number(row["percentile"], ".0f")),
    Column("95 %", lambda row: numbers(row, "percentile_low", "percentile_high")),
    Column("by direction", lambda row: number(row["percentile_direction"], ".0f")),
    Column("nearest group", plain("nearest_group")),
    Column("how sure", percent("nearest")),
    Column("with its majority", percent("agreement")),
    Column(
        "of statements",
        lambda row: number(row["statements"], ".0f") if percent("agreement")(row) else "",
    ),
    Column("position", plain("shape")),
)
"""Columns of `people.csv`: a model's percentile among all people, and its nearest group."""
PEOPLE_GROUP = (
    AXIS,
    Column("group", lambda row: shortened(row["group"]) or "all people"),
    Column("n", lambda row: f"{row['n']:,}"),
    Column("share", percent("weight"), 2),
    Column("mean", signed("mean")),
    INTERVAL,
    Column("SD", lambda row: number(row["sd"]), 1),
)
"""Columns of `people_groups.csv`."""
PUBLISHED_RULE = (
    MODEL,
    AXIS,
    Column("from", plain("evidence")),
    Column("published rule", signed("faithful")),
    Column("mean of seeds", lambda row: signed_number(row["by_seed"]) if row["seeds"] > 1 else ""),
    Column("agree words only", signed("agree_only")),
    Column("whole vocabulary", signed("whole_vocabulary")),
    Column("method", signed("honest")),
    INTERVAL,
    YES_BIAS,
    Column("agrees with", percent("agree_share")),
    Column("no evidence", fraction("no_evidence", "cells")),
    Column("truncated", plain("truncated")),
    PLACED,
)
"""Columns of `faithful.csv`."""
LANGUAGE = (
    MODEL,
    AXIS,
    Column("language", plain("language")),
    Column("position", if_compared(signed("position"))),
    Column("against", lambda row: f"{row['against']} {_before(row)}"),
    DIFFERENCE,
    BETWEEN,
    P_HOLM,
    STATEMENTS,
    VERDICT,
)
"""Columns of the differences between languages."""
MODEL_DIFFERENCE = (
    *PAIR,
    AXIS,
    Column("positions", if_compared(change("position_against", "position")), 3),
    DIFFERENCE,
    BETWEEN,
    Column("of direction", if_compared(signed("direction")), 5),
    Column("95 %", if_compared(interval("direction_low", "direction_high")), 6),
    P_HOLM,
    STATEMENTS,
    VERDICT,
)
"""Columns of the differences between models."""
TOPIC = (AXIS, Column("topic", plain("topic")), DIFFERENCE, INTERVAL, P_HOLM, STATEMENTS)
"""Columns of the differences between models by topic."""
STATEMENT = (
    Column("statement", plain("statement")),
    Column("agreement", change("agreement_against", "agreement")),
    Column("change", signed("change")),
    INTERVAL,
    Column("shrunk", signed("shrunk")),
    Column("points", lambda row: f"{signed_number(row['points'])} {row['axis']}"),
    Column("towards", plain("towards")),
    Column("text", plain("text")),
)
"""Columns of the differences between two models by statement."""
ACROSS = (
    Column("trait", plain("trait")),
    MODEL,
    Column("instrument", plain("instrument")),
    Column("axis", lambda row: f"{row['axis']}, turned" if row["turned"] else row["axis"]),
    Column("share of scale", if_placed(signed("share"))),
    Column(INTERVAL.name, if_placed(INTERVAL.format)),
    PLACED,
)
"""Columns of `across.csv`."""
ACROSS_DIFFERENCE = (
    Column("trait", plain("trait")),
    MODEL,
    Column("from", plain("against")),
    Column("to", plain("instrument")),
    DIFFERENCE,
    INTERVAL,
    Column("apart", yes_no("apart")),
)
"""Columns of `across_differences.csv`."""
TRAIT = (
    Column("trait", plain("trait")),
    Column("instruments", plain("instruments")),
    Column("models", plain("models")),
    Column("r", interval("r_least", "r_most")),
    Column("ranks (Spearman)", interval("spearman_least", "spearman_most")),
    Column("ICC(A,1)", lambda row: number(row["icc_absolute"])),
    Column("ICC(C,1)", lambda row: number(row["icc_consistency"])),
    Column("|r| with other traits", lambda row: number(row["rival"])),
    Column("apart", fraction("apart", "differences")),
    Column("holds", plain("verdict")),
)
"""Columns of `across_traits.csv`."""
CLAIM = (
    Column("claim", plain("claim")),
    MODEL,
    Column("against", plain("against")),
    AXIS,
    Column("direction", plain("pole")),
    Column("margin", plain("margin")),
    Column("estimate", signed("position")),
    INTERVAL,
    Column("outcome", plain("outcome")),
    Column("reason", plain("reason")),
)
"""Columns of `claims.csv`."""
