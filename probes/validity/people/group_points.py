"""Findings on known groups: whether they differ, their order, and differences of pairs."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.people.validation import Validation
from probes.validity.findings import Finding, named
from probes.validity.people.fringe import FEW
from probes.validity.people.values import UNTOLD, ends, numbers, verdict

APART = 0.01
"""Minimum adjusted share of variance between groups."""
SMALL = 0.05
"""Share of variance between groups that counts as small."""


def group_points(of: Validation) -> Iterator[Finding]:
    """One finding per axis on whether groups differ; one on small groups."""
    table = of.tables["groups"]
    if not of.answers.groups:
        sentence = (
            "without groups of people who are known to differ, nothing shows that the set tells "
            "such groups apart"
        )
        yield Finding("known groups", "none", "warn", f"{sentence}: --group COLUMN")
        return
    for row in of.tables["variance"].to_dict("records"):
        axis, facts = (
            str(row["axis"]),
            numbers(row, "groups", "eta_squared", "low", "high", "adjusted"),
        )
        name = f"known groups, {axis}"
        if not np.isfinite(row["eta_squared"]):
            yield Finding(name, "", "warn", UNTOLD, facts)
            continue
        of_axis = table[(table["axis"] == axis) & (table["group"] != "")]
        order = [f"{g} {m:+.1f}" for g, m in _shown(of_axis)]
        value = f"eta² {ends(row['eta_squared'], row['low'], row['high'])}"
        apart = _differ(row)
        sentence = "in order: " + ", ".join(order) if apart else _why_not_different(facts)
        yield Finding(name, value, "ok" if apart else "warn", sentence, facts)
    sizes = of.about.groups
    small = [name for name, count in sizes.items() if count < FEW]
    if small:
        sentence = f"fewer than {FEW} people, whose mean says little: {named(small)}"
        yield Finding("small groups", f"{len(small)} of {len(sizes)}", "warn", sentence)


def _differ(row: Mapping[Hashable, object]) -> bool:
    """Whether groups differ by more than expected by chance, given their number and size."""
    return float(str(row["adjusted"])) >= APART and float(str(row["low"])) > 0


def _why_not_different(facts: Mapping[str, float]) -> str:
    """Why groups are not found to differ."""
    if not np.isfinite(facts["adjusted"]):
        return "hardly more people than groups: whether groups differ cannot be told"
    if facts["groups"] < 2:
        return "everybody with a position here is in one group"
    if facts["eta_squared"] < SMALL:
        return "groups hardly differ here"
    return "chance makes so many small groups differ as much: that they do is not shown"


def _shown(groups: pd.DataFrame, most: int = 8) -> list[tuple[str, float]]:
    """The largest groups with their means, ordered by mean."""
    large = (
        groups[groups["mean"].notna()].sort_values("n", ascending=False, kind="stable").head(most)
    )
    large = large.sort_values("mean", kind="stable")
    return list(zip(large["group"].astype(str), large["mean"].astype(float), strict=True))


def pair_points(of: Validation) -> Iterator[Finding]:
    """Findings on the pairs that the user named; else on the two groups at the ends."""
    table = of.tables["pairs"]
    if not of.compared:
        large = table[(table["n_first"] >= FEW) & (table["n_second"] >= FEW)]
        apart = {row["axis"]: _differ(row) for row in of.tables["variance"].to_dict("records")}
        for axis, rows in large.groupby("axis", sort=False):
            for ends_row in rows.nlargest(1, "difference").to_dict("records"):
                point = _pair(ends_row)
                yield point if apart[axis] else _by_chance(point, ends_row)
        return
    by_pair = {
        (row["axis"], frozenset((row["first"], row["second"]))): row
        for row in table.to_dict("records")
    }
    for axis in of.placed:
        for pair in {frozenset(pair): pair for pair in of.compared}.values():
            if row := by_pair.get((axis, frozenset(pair))):
                yield _pair(row)
            else:
                sentence = f"{' and '.join(pair)}: nobody of one of them has a position here"
                yield Finding(f"difference, {axis}", "", "warn", sentence)


def _by_chance(point: Finding, row: Mapping[Hashable, object]) -> Finding:
    """Warning on the groups with the largest difference, on an axis whose groups do not differ: the
    largest of several differences is biased upwards."""
    if point.verdict == "warn":
        return point
    told = f"{row['first']} and {row['second']} lie farthest apart of all groups, as two always do"
    return replace(point, verdict="warn", sentence=f"{told}: that they differ is not shown")


def _pair(row: dict[Hashable, object]) -> Finding:
    """Finding on whether two groups differ on an axis."""
    facts = numbers(row, "difference", "d", "low", "high")
    value = f"d {ends(row['d'], row['low'], row['high'])}"
    clear = facts["low"] > 0 or facts["high"] < 0
    told = f"{row['first']} and {row['second']}"
    sentence = f"{told} cannot be told apart"
    if clear:
        sentence = f"{told} differ by {row['difference']:+.1f} points"
    elif not np.isfinite(facts["d"]):
        sentence = f"{told}: {UNTOLD}"
    return Finding(f"difference, {row['axis']}", value, verdict(clear), sentence, facts)
