"""What must be said beside a number.

In a table to paste a mark, and the sentence behind it; with a reason for not placing a model the
number that it hangs on.
"""

from collections.abc import Iterator, Mapping, Sequence

from probes.output.formats import Format, Row, number, percent
from probes.types import Tables
from probes.types.reasons import Code, codes, hollow, sentences

MARKS = ("†", "‡", "§", "¶")
LIMITED: frozenset[Code] = frozenset({"at least", "few wordings", "few lexicons"})
"""What is said of an interval that is not the usual one."""


def marked(tables: Tables) -> list[tuple[str, str, str]]:
    """(mark, model, what its mark says) of each model that is not placed everywhere, or whose
    numbers come with a reservation; models of which the same is said share a mark."""
    entries, marks = list[tuple[str, str, str]](), dict[str, str]()
    for model, rows in tables.placements.groupby("model", sort=False):
        sentence = "; ".join(_said(rows.to_dict("records")))
        if sentence:
            place = len(marks)
            mark = MARKS[place % len(MARKS)] * (1 + place // len(MARKS))
            entries.append((marks.setdefault(sentence, mark), str(model), sentence))
    return entries


def _said(rows: Sequence[Row]) -> Iterator[str]:
    """Why a model is not placed or no claim is made of it, and what its interval is not about; axis
    by axis, or once where it is the same."""
    why: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        fatal = sentences(row["reason"])[: int(row["failures"])]
        told = [("Not placed", ", ".join(fatal))] if not row["placed"] else reservations(row)
        for reason in told:
            why.setdefault(reason, []).append(str(row["axis"]))
    for (head, text), axes in why.items():
        where = "" if len(axes) == len(rows) else f" on {', '.join(axes)}"
        yield f"{head}{where}: {text}"


def reservations(row: Row) -> list[tuple[str, str]]:
    """Of the position of a model that is placed: what makes it no claim, and its interval less than
    the caption says."""
    obstacles = hollow(row["reason"])
    limits = [s for s in sentences(row["reason"]) if codes(s) & LIMITED]
    return [
        *([("No claim", ", ".join(obstacles))] if obstacles else []),
        *([("Limited", ", ".join(limits))] if limits else []),
    ]


def _controls(row: Row) -> str:
    """Of control pairs, with the interval that decides."""
    share, low, high = (percent(f"control{end}")(row) for end in ("", "_low", "_high"))
    return f"{share} of control pairs right, chance is 50 %, 95 % interval {low} to {high}"


def _tested(name: str, p: str) -> Format:
    """A share that an F-test finds too close to nothing; noise alone may estimate it below 0."""

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
    """The number behind a sentence of `placements.csv`; empty where it has it itself, or none.

    Args:
        sentence: One of the cell `reason`.
        row: The placement, over the model's row of `models.csv`.
    """
    known = next((code for code in codes(sentence) if code in NUMBERS), None)
    return str(NUMBERS[known](row)) if known else ""
