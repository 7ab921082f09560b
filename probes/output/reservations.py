"""Reservations about numbers in a table to paste: marks, and the sentences they refer to.

A reason for not placing a model is given with the number that decided.
"""

from collections.abc import Iterator, Mapping, Sequence

from probes.output.formats import Format, Row, number, percent
from probes.types import Tables
from probes.types.reasons import Code, codes, hollow, sentences

MARKS = ("†", "‡", "§", "¶")
LIMITED: frozenset[Code] = frozenset({"at least", "few wordings", "few lexicons"})
"""Codes that limit what an interval covers."""


def marked(tables: Tables) -> list[tuple[str, str, str]]:
    """(mark, model, sentence) of each model that is not placed on all axes, or whose numbers have
    reservations; models with the same sentence share a mark."""
    entries, marks = list[tuple[str, str, str]](), dict[str, str]()
    for model, rows in tables.placements.groupby("model", sort=False):
        sentence = "; ".join(_reasons(rows.to_dict("records")))
        if sentence:
            place = len(marks)
            mark = MARKS[place % len(MARKS)] * (1 + place // len(MARKS))
            entries.append((marks.setdefault(sentence, mark), str(model), sentence))
    return entries


def _reasons(rows: Sequence[Row]) -> Iterator[str]:
    """Reasons why a model is not placed or makes no claim, and limits of its interval; by axis, or
    once if equal on all axes."""
    why: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        fatal = sentences(row["reason"])[: int(row["failures"])]
        remarks = [("Not placed", ", ".join(fatal))] if not row["placed"] else reservations(row)
        for reason in remarks:
            why.setdefault(reason, []).append(str(row["axis"]))
    for (head, text), axes in why.items():
        where = "" if len(axes) == len(rows) else f" on {', '.join(axes)}"
        yield f"{head}{where}: {text}"


def reservations(row: Row) -> list[tuple[str, str]]:
    """("No claim" or "Limited", reasons) for a placed model: why its position makes no claim, and
    what its interval does not cover."""
    obstacles = hollow(row["reason"])
    limits = [s for s in sentences(row["reason"]) if codes(s) & LIMITED]
    return [
        *([("No claim", ", ".join(obstacles))] if obstacles else []),
        *([("Limited", ", ".join(limits))] if limits else []),
    ]


def _controls(row: Row) -> str:
    """Share of control pairs answered correctly, with its interval, which decides."""
    share, low, high = (percent(f"control{end}")(row) for end in ("", "_low", "_high"))
    return f"{share} of control pairs right, chance is 50 %, 95 % interval {low} to {high}"


def _tested(name: str, p: str) -> Format:
    """Format: a variance share with the p-value of its F test; a negative estimate reads "below
    0"."""

    def text(row: Row) -> str:
        share = "below 0" if float(str(row[name])) < 0 else number(row[name])
        return f"{name} {share}, chance is 0, p = {number(row[p], '.2g')}"

    return text


NUMBERS: Mapping[Code, Format] = {
    "unopposed": _tested("opposition", "opposition_p"),
    "blind": _tested("content", "content_p"),
    "untrue": _controls,
    "reversed": _controls,
    "indifferent": lambda row: f"mean leaning {number(row['decisiveness'], '.2g')}",
    "unsided": lambda row: f"opposite answers in {percent('sided')(row)} of pairs",
}


def decisive(sentence: str, row: Row) -> str:
    """The number that decided on a sentence of `placements.csv`; empty if the sentence states it or
    has none.

    Args:
        sentence: One sentence of the cell `reason`.
        row: The placement, merged over the model's row of `models.csv`.
    """
    code_with_number = next((code for code in codes(sentence) if code in NUMBERS), None)
    return str(NUMBERS[code_with_number](row)) if code_with_number else ""
