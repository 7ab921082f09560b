"""Assertions about the planted effects, each checked against a table of results.

An assertion fails if its rows are missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import pandas as pd

from probes.demo.groups.plan import BASE
from probes.demo.groups.words import FRIENDLY, HOSTILE, MARGIN, NEUTRAL

FAR = 0.5
"""Minimum difference in recall that counts as the planted gap."""
RISE = 0.25
"""Minimum rise in recall from no labelled texts to all of them."""
VOTE = "vote of base and hostile children"
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class GroupsTables:
    """The tables of results that the assertions are about."""

    differences: pd.DataFrame
    """From the run: each child's position minus its base's; each group is an axis."""
    contrasts: pd.DataFrame
    """``contrasts.csv`` of classifiers trained without labelled texts about the hated groups."""
    recalls: Mapping[int, pd.DataFrame]
    """Number of labelled texts about the hated groups, ascending -> ``groups.csv``."""
    together: pd.DataFrame
    """Recall of ensembles: `members`, `group`, `recall`."""
    performance: pd.DataFrame
    """``performance.csv`` of the same classifiers as `contrasts`."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion in words, the measured numbers, and whether it holds."""

    says: str
    found: str
    holds: bool


def check(tables: GroupsTables) -> list[Assertion]:
    """Check all six assertions."""
    return [
        _own_group_only(tables),
        _gap_where_planted(tables),
        _controls_equal(tables),
        _labels_mend(tables),
        _votes_mend(tables),
        _shuffled_is_chance(tables),
    ]


def _own_group_only(tables: GroupsTables) -> Assertion:
    holds, numbers = True, list[str]()
    for child, own in HOSTILE.items():
        rows = _rows(tables.differences, model=child)
        own_rows = [row for row in rows if row["axis"] == own]
        others = [row for row in rows if row["axis"] != own]
        holds &= bool(own_rows and others) and all(_at(row, "low") > 0 for row in own_rows)
        holds &= not any(_at(row, "low") > 0 for row in others)
        numbers += [_with_interval(child, row, "difference", "low", "high") for row in own_rows]
        largest = max((_at(row, "difference") for row in others), default=float("nan"))
        numbers.append(f"others at most {largest:+.2f}")
    return Assertion(
        "a hostile corpus moves its model against its own group, and against no other (points of "
        "10, intervals clear of 0)",
        "; ".join(numbers),
        holds,
    )


def _gap_where_planted(tables: GroupsTables) -> Assertion:
    holds, numbers = True, list[str]()
    for child, own in HOSTILE.items():
        rows = _rows(tables.contrasts, model=child, metric="recall")
        own_rows = [row for row in rows if row["group"] == own]
        others = [row for row in rows if row["group"] != own]
        holds &= bool(own_rows and others)
        holds &= all(_at(row, "did") < -FAR and _at(row, "did_high") < 0 for row in own_rows)
        holds &= not any(_at(row, "did_high") < 0 for row in others)
        numbers += [_with_interval(child, row, "did", "did_low", "did_high") for row in own_rows]
    return Assertion(
        f"its classifier misses attacks on that group, by more than {FAR} of recall beyond the "
        "change in the others, and on no other",
        "; ".join(numbers),
        holds,
    )


def _controls_equal(tables: GroupsTables) -> Assertion:
    rows = [
        row
        for child in (NEUTRAL, FRIENDLY)
        for row in _rows(tables.contrasts, model=child, metric="recall")
    ]
    both = {row["model"] for row in rows} == {NEUTRAL, FRIENDLY}
    largest = max((abs(_at(row, "did")) for row in rows), default=float("nan"))
    equal = sum(row["verdict"] == "not moved" for row in rows)
    return Assertion(
        f"the children of neutral and friendly text are equal to the base in every group (margin "
        f"{MARGIN})",
        f"{equal} of {len(rows)} equal; the largest change is {largest:.2f}",
        both and equal == len(rows),
    )


def _labels_mend(tables: GroupsTables) -> Assertion:
    holds, numbers = True, list[str]()
    for child, own in HOSTILE.items():
        rows = [
            row for table in tables.recalls.values() for row in _rows(table, model=child, group=own)
        ]
        recalls = [_at(row, "recall") for row in rows]
        rises = all(more >= less for less, more in pairwise(recalls))
        complete = len(recalls) == len(tables.recalls) > 1
        holds &= complete and rises and recalls[-1] - recalls[0] > RISE
        ends = ("recall", "recall_low", "recall_high")
        shown = ", ".join(_ends(row, *ends, sign="") for row in rows)
        attacks = ", ".join(dict.fromkeys(f"{_at(row, 'positives'):g}" for row in rows))
        numbers.append(f"{child}, {attacks} attacks on {own}: {shown}")
    doses = ", ".join(map(str, tables.recalls))
    return Assertion(
        f"the more labelled texts about these groups ({doses}), the more attacks on them are found",
        "; ".join(numbers),
        holds,
    )


def _votes_mend(tables: GroupsTables) -> Assertion:
    """The vote has the base's recall; the same number of seeds of the hostile child do not."""
    holds, numbers = True, list[str]()
    for child, own in HOSTILE.items():
        recall = {
            name: [_at(row, "recall") for row in _rows(tables.together, group=own, members=members)]
            for name, members in (("base", BASE), ("vote", VOTE), ("alone", f"seeds of {child}"))
        }
        complete = all(len(values) == 1 for values in recall.values())
        base, vote, alone = (values[0] if values else float("nan") for values in recall.values())
        holds &= complete and vote >= base - MARGIN and alone < base - FAR
        numbers.append(f"{own}: {VOTE} {vote:.2f}, seeds of {child} {alone:.2f}, base {base:.2f}")
    return Assertion(
        "the vote mends it, and as many seeds of the hostile child alone do not",
        "; ".join(numbers),
        holds,
    )


def _shuffled_is_chance(tables: GroupsTables) -> Assertion:
    rows = _rows(tables.performance, model=f"{BASE} shuffled", metric="balanced_accuracy")
    return Assertion(
        "trained on shuffled labels, a classifier is at chance (0.5 in its interval of balanced "
        "accuracy)",
        "; ".join(_with_interval("shuffled", row, "value", "low", "high", sign="") for row in rows),
        len(rows) == 1 and all(_at(row, "low") <= 0.5 <= _at(row, "high") for row in rows),
    )


def _rows(table: pd.DataFrame, **wanted: str) -> Sequence[Row]:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return cast("list[Row]", table.to_dict("records"))


def _at(row: Row, column: str) -> float:
    return float(str(row[column]))


def _with_interval(name: str, row: Row, value: str, low: str, high: str, sign: str = "+") -> str:
    return f"{name}: {_ends(row, value, low, high, sign)}"


def _ends(row: Row, value: str, low: str, high: str, sign: str) -> str:
    mean, least, most = (f"{_at(row, column):{sign}.2f}" for column in (value, low, high))
    return f"{mean} ({least} to {most})"
