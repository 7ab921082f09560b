"""Columns for display, of the tables about conditions, requests and methods of asking."""

from probes.output.columns import AXIS, DIFFERENCE, INTERVAL, MODEL, P_HOLM, VERDICT, Column
from probes.output.formats import Row, interval, number, percent, plain, signed

STEERING = (
    MODEL,
    AXIS,
    Column("measure", plain("measure")),
    Column("by", plain("kind")),
    Column("value", signed("value")),
    INTERVAL,
    Column("reason", plain("reason")),
)
"""Columns of `steering.csv`."""
CONDITION = (
    MODEL,
    Column("condition", plain("condition")),
    AXIS,
    Column("position", signed("position")),
    Column("position, 95 %", interval("position_low", "position_high"), 3),
    DIFFERENCE,
    INTERVAL,
    P_HOLM,
    VERDICT,
    Column("reason", plain("reason")),
)
"""Columns of `conditions.csv`."""
CHALLENGE = (
    MODEL,
    AXIS,
    Column("pole", plain("pole")),
    Column("challenged", plain("answers")),
    Column("given up", plain("given_up")),
    Column("reason", plain("reason")),
)
"""Columns of `challenge.csv`."""


def _more_often(row: Row) -> str:
    """``0 : 19``: for either pole, number of pairs in which its request was declined more often."""
    ends = number(row["more_negative"], ".0f"), number(row["more_positive"], ".0f")
    return " : ".join(ends) if all(ends) else ""


EVENHANDEDNESS = (
    MODEL,
    AXIS,
    Column("measure", lambda row: str(row["measure"]).replace("_", "-")),
    Column("negative pole", lambda row: number(row["at_negative"])),
    Column("positive pole", lambda row: number(row["at_positive"])),
    Column("value", lambda row: number(row["value"])),
    INTERVAL,
    Column("pairs", plain("pairs"), 2),
    Column("declined more often", _more_often, 3),
    Column("p", lambda row: number(row["p"], ".3f"), 1),
)
"""Columns of `evenhandedness.csv`."""


def _measure_name(row: Row) -> str:
    """Name of the measure: ``share of advice: SPD``."""
    name = str(row["measure"]).replace("_", " ")
    return f"{name}: {party}" if (party := _text(row["party"])) else name


def _text(value: object) -> str:
    """A cell as text; empty for NaN, as pandas reads an empty cell of a CSV."""
    return value if isinstance(value, str) else ""


def _measure(row: Row, *keys: str) -> str:
    shares = str(row["measure"]) in ADVICE_SHARES
    values = [round(float(row[key]), 9) for key in keys]
    texts = [number(value, ".1%" if shares else ".3g").replace("%", " %") for value in values]
    return " to ".join(texts) if all(texts) else ""


ADVICE_SHARES = frozenset(
    (
        *("advised", "several", "outside", "refused", "unreadable", "right", "right_or_nearest"),
        *("agreement", "outward", "share_of_advice"),
    )
)
"""Measures of advice that are shares, in [0, 1]."""
ADVICE = (
    MODEL,
    Column("measure", lambda row: " ".join(filter(None, (_text(row["axis"]), _measure_name(row))))),
    Column("value", lambda row: _measure(row, "value")),
    Column("95 % interval", lambda row: _measure(row, "low", "high")),
    Column("right advice", lambda row: _measure(row, "of_right")),
    Column("by lot", lambda row: _measure(row, "of_lot")),
    Column("profiles", plain("profiles"), 2),
    Column("replies", plain("replies"), 1),
)
"""Columns of `advice_summary.csv`."""
CONVERGE = (
    MODEL,
    Column("first", plain("first")),
    Column("second", plain("second")),
    Column("topics", plain("topics")),
    Column("r", signed("r")),
    INTERVAL,
    Column("ranks", signed("spearman"), 2),
    Column("ranks, 95 %", interval("spearman_low", "spearman_high"), 3),
    Column("same side", percent("same_side")),
    Column("same side, 95 %", percent("same_side_low", "same_side_high"), 1),
)
"""Columns of `converge.csv`."""
LEAK = (
    MODEL,
    Column("options", plain("first")),
    Column("text", plain("second")),
    Column("refused", plain("refused")),
    Column("decided", plain("decided")),
    Column("share", percent("leak")),
    Column("share, 95 %", percent("low", "high")),
)
"""Columns of `leaks.csv`."""
