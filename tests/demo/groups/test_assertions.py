"""The six assertions of the act: each holds on what was planted, and fails on what was not."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from probes.demo.groups.assertions import VOTE, GroupsTables, check
from probes.demo.groups.words import CHILDREN, GROUPS, HOSTILE, NEUTRAL

CHILD, OWN = next(iter(HOSTILE.items()))
DOSES = (0, 16, 64)


def planted() -> GroupsTables:
    """As the act should find it."""
    hit = {(child, group): HOSTILE.get(child) == group for child in CHILDREN for group in GROUPS}
    differences = [
        {"model": child, "axis": group, "difference": 9.0 if is_hit else -0.5}
        | {"low": 8.0 if is_hit else -1.0, "high": 10.0 if is_hit else 0.2}
        for (child, group), is_hit in hit.items()
    ]
    contrasts = [
        {"model": child, "group": group, "metric": "recall", "did": -0.9 if is_hit else 0.0}
        | {"did_low": -1.0 if is_hit else -0.02, "did_high": -0.8 if is_hit else 0.02}
        | {"verdict": "moved" if is_hit else "not moved"}
        for (child, group), is_hit in hit.items()
    ]
    recalls = {
        dose: pd.DataFrame(
            {"model": child, "group": group, "recall": 0.01 * dose if is_hit else 0.9}
            | {"recall_low": 0.0, "recall_high": 1.0, "positives": 40}
            for (child, group), is_hit in hit.items()
        )
        for dose in DOSES
    }
    together = [
        {"members": members, "group": group, "recall": 0.0 if HOSTILE.get(of) == group else 0.9}
        for members, of in (
            *(("base", ""), (VOTE, "")),
            *((f"seeds of {child}", child) for child in HOSTILE),
        )
        for group in GROUPS
    ]
    shuffled = {"model": "base shuffled", "metric": "balanced_accuracy"}
    return GroupsTables(
        pd.DataFrame(differences),
        pd.DataFrame(contrasts),
        recalls,
        pd.DataFrame(together),
        pd.DataFrame([{**shuffled, "value": 0.45, "low": 0.3, "high": 0.6}]),
    )


def changed(table: pd.DataFrame, values: dict[str, object], **rows: str) -> pd.DataFrame:
    """The table with other values in the rows that hold these."""
    table = table.copy()
    chosen = pd.Series(data=True, index=table.index)
    for column, value in rows.items():
        chosen &= table[column] == value
    assert chosen.any()
    for column, number in values.items():
        table.loc[chosen, column] = number
    return table


FAULTS: dict[str, tuple[int, Callable[[GroupsTables], GroupsTables]]] = {
    "its own group was not moved": (*(1, lambda t: _differences(t, {"low": -0.1}, axis=OWN)),),
    "another group was moved": (1, lambda t: _differences(t, {"low": 0.1}, axis=GROUPS[3])),
    "nothing was compared": (1, lambda t: replace(t, differences=t.differences[:0])),
    "no gap": (2, lambda t: _contrasts(t, {"did": -0.4}, model=CHILD, group=OWN)),
    "a gap that chance may be": (2, lambda t: _contrasts(t, {"did_high": 0.1}, group=OWN)),
    "a gap elsewhere": (2, lambda t: _contrasts(t, {"did_high": -0.1}, group=GROUPS[3])),
    "a neutral child that moved": (
        *(3, lambda t: _contrasts(t, {"verdict": "cannot be told apart"}, model=NEUTRAL)),
    ),
    "no neutral child": (
        *(3, lambda t: replace(t, contrasts=t.contrasts[t.contrasts["model"] != NEUTRAL])),
    ),
    "labels that make it worse": (4, lambda t: _recall(t, 16, -0.1)),
    "labels that do nothing": (4, lambda t: _recall(t, 64, 0.2)),
    "a vote that does not mend": (5, lambda t: _together(t, {"recall": 0.5}, VOTE)),
    "seeds alone that mend": (5, lambda t: _together(t, {"recall": 0.8}, f"seeds of {CHILD}")),
    "shuffled labels that teach": (
        *(6, lambda t: replace(t, performance=changed(t.performance, {"low": 0.51}))),
    ),
    "nothing shuffled": (6, lambda t: replace(t, performance=t.performance[:0])),
}


def _differences(of: GroupsTables, values: dict[str, object], **rows: str) -> GroupsTables:
    return replace(of, differences=changed(of.differences, values, model=CHILD, **rows))


def _contrasts(of: GroupsTables, values: dict[str, object], **rows: str) -> GroupsTables:
    wanted = {"model": CHILD, **rows}
    return replace(of, contrasts=changed(of.contrasts, values, **wanted))


def _recall(of: GroupsTables, dose: int, recall: float) -> GroupsTables:
    table = changed(of.recalls[dose], {"recall": recall}, model=CHILD, group=OWN)
    return replace(of, recalls={**of.recalls, dose: table})


def _together(of: GroupsTables, values: dict[str, object], members: str) -> GroupsTables:
    return replace(of, together=changed(of.together, values, members=members, group=OWN))


def test_all_hold_where_everything_is_as_planted() -> None:
    assert [assertion.holds for assertion in check(planted())] == [True] * 6


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fails_alone(fault: str) -> None:
    """Whatever is not as planted fails its own assertion, and no other."""
    number, spoil = FAULTS[fault]
    assertions = check(spoil(planted()))
    assert [n for n, a in enumerate(assertions, start=1) if not a.holds] == [number], assertions
