"""The number that a reason for not placing a model hangs on, to stand behind its sentence."""

from collections.abc import Mapping

from probes.output.formats import Format, Row, number, percent
from probes.types.reasons import Code, codes


def _controls(row: Row) -> str:
    """Of control pairs, with the interval that decides."""
    share, low, high = (percent(f"control{end}")(row) for end in ("", "_low", "_high"))
    return f"{share} of control pairs right, chance is 50 %, 95 % interval {low} to {high}"


def _tested(name: str, p: str) -> Format:
    """A share that an F-test finds too close to nothing."""
    return lambda row: f"{name} {number(row[name])}, chance is 0, p = {number(row[p], '.2g')}"


NUMBERS: Mapping[Code, Format] = {
    "unopposed": _tested("opposition", "opposition_p"),
    "blind": _tested("content", "content_p"),
    "untrue": _controls,
    "reversed": _controls,
    "indifferent": lambda row: f"mean leaning {number(row['decisiveness'], '.2g')}",
    "unsided": lambda row: f"in {percent('sided')(row)} of pairs",
}


def decisive(sentence: str, row: Row) -> str:
    """The number behind a sentence of `placements.csv`; empty where it has it itself, or none.

    Args:
        sentence: One of the cell `reason`.
        row: The placement, over the model's row of `models.csv`.
    """
    known = next((code for code in codes(sentence) if code in NUMBERS), None)
    return str(NUMBERS[known](row)) if known else ""
