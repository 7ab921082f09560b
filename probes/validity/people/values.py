"""Formats numbers of people's tables for findings."""

from collections.abc import Hashable, Mapping

import numpy as np

from probes.validity.findings import Verdict

UNTOLD = "cannot be told: too few people, or all alike"


def verdict(fine: object) -> Verdict:
    """Verdict of a finding: ok or a warning."""
    return "ok" if fine else "warn"


def numbers(row: Mapping[Hashable, object], *names: str) -> dict[str, float]:
    """Cells of a row."""
    return {name: float(str(row[name])) for name in names}


def ends(value: object, low: object, high: object, sign: str = "") -> str:
    """``0.84 (0.81 to 0.87)``; without the interval if it is missing."""
    if not np.isfinite(float(str(low))):
        return number(value, sign)
    return f"{number(value, sign)} ({number(low, sign)} to {number(high, sign)})"


def number(value: object, sign: str = "") -> str:
    """A number with two digits; a fixed text if it is missing."""
    parsed = float(str(value))
    return f"{parsed:{sign}.2f}" if np.isfinite(parsed) else "unknown"
