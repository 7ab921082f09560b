"""Formats of cells for display: numbers, intervals and shares as text."""

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from probes.types.reasons import codes, placed

Row = Mapping[Hashable, Any]
"""A row of a table, as pandas gives it."""
Format = Callable[[Row], object]
"""A function from a row to the content of a cell."""


DASH = "\N{EN DASH}"
"""Replaces the numbers of a model that is not placed."""


# --- numbers as text ---------------------------------------------------------------------------


def number(value: object, form: str = ".2f") -> str:
    """A finite number by a Python format specification; empty for anything else."""
    if not isinstance(value, float | int) or not math.isfinite(value):
        return ""
    text = f"{value:{form}}"
    return text if text.strip("+-0.") else text.lstrip("+-")  # no -0.00


def signed_number(value: object) -> str:
    """A number with its sign; empty for None or NaN."""
    return number(value, "+.2f")


def shortened(name: str, most: int = 28) -> str:
    """A name cut to `most` characters, with an ellipsis at the end if it was cut."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


# --- formats -----------------------------------------------------------------------------------


def plain(key: str) -> Format:
    """Format: the unchanged value of column `key`."""
    return lambda row: row[key]


def signed(key: str) -> Format:
    """Format: a number with its sign."""
    return lambda row: signed_number(row[key])


def interval(low: str, high: str) -> Format:
    """Format: ``-1.00 to +2.00``; empty if either end is missing."""

    def text(row: Row) -> str:
        ends = signed_number(row[low]), signed_number(row[high])
        return " to ".join(ends) if all(ends) else ""

    return text


def numbers(row: Row, low: str, high: str) -> str:
    """``3 to 8``, as whole numbers; empty if either is missing."""
    ends = number(row[low], ".0f"), number(row[high], ".0f")
    return " to ".join(ends) if all(ends) else ""


def if_placed(of: Format) -> Format:
    """The format's text for a row that is placed, else a dash."""
    return lambda row: of(row) if placed(row["placed"]) else DASH


def if_compared(of: Format) -> Format:
    """The format's text for a difference; a dash if one of the two models is not placed."""
    return lambda row: DASH if "unplaced" in codes(row.get("reason")) else of(row)


def change(before: str, after: str) -> Format:
    """Format: ``-1.00 to +2.00``; a missing number leaves its side empty."""
    return lambda row: f"{signed_number(row[before])} to {signed_number(row[after])}"


def bounds(row: Row) -> object:
    """``-1.00 to +2.00``; empty if no answer is missing, when the bounds equal the position."""
    whole = row["answered"] == row["asked"]
    return "" if whole else if_placed(interval("minimum", "maximum"))(row)


def p_value(row: Row) -> str:
    """The adjusted p-value of a row."""
    return p_text(row["p_holm"])


def p_text(p: float) -> str:
    """A p-value, ``0.012``; below 0.001 as an upper bound."""
    return "< 0.001" if p < 0.001 else number(p, ".3f")


def verdict(row: Row) -> object:
    """Verdict on a difference; a move smaller than the margin is "within the margin"."""
    within = row["verdict"] == "moved" and "small" in codes(row["reason"])
    return "within the margin" if within else row["verdict"]


def fraction(part: str, whole: str) -> Format:
    """Format: ``3/4``."""
    return lambda row: f"{row[part]}/{row[whole]}"


def percent(*keys: str) -> Format:
    """Format: ``10 %`` for one column, ``10 % to 20 %`` for two."""

    def text(row: Row) -> str:
        shares = (number(row[key], ".0%") for key in keys)
        return " to ".join(share.replace("%", " %") for share in shares if share)

    return text


def yes_no(key: str) -> Format:
    """Format: ``yes`` or ``no``."""
    return lambda row: "yes" if row[key] else "no"
