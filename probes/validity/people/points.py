"""`probes sets validate`: what people's answers say of a set, as points with a verdict
(docs/method.md 8)."""

from collections.abc import Hashable, Iterator, Mapping

import numpy as np
import pandas as pd

from probes.people.validation import Validation
from probes.validity.findings import Finding, Findings, Verdict, named
from probes.validity.people.fringe import FEW, fringe

RELIABLE = 0.7
"""Alpha and reliability by forms, at least (Nunnally 1978)."""
TOGETHER = 0.7
"""|r| of two axes from which they are nearly one."""
BIASED = 0.1
"""Mean answer from which people say yes, or no, too often."""
ANSWERED = 0.8
"""Share of people with a position, at least."""
UNTOLD = "cannot be told: too few people, or all alike"
APART = 0.01
"""Adjusted share of the variance between groups, at least."""
SMALL = 0.05
"""Share of the variance between groups that is hardly any."""


def findings(of: Validation) -> Findings:
    """A point for each thing that was looked at; its caveat says whose answers these are."""
    points = [_people(of), _columns(of), *_groups(of), *_pairs(of), *_statements(of)]
    points += [*_reliability(of), *_together(of), *_factors(of), _yes_bias(of), *_dif(of)]
    points.append(fringe(of.tables["support"]))
    tables = {name: table for name, table in of.tables.items() if name != "pairs"}
    return Findings(tuple(points), tables, f"answered by people: {of.about.caption}")


def _people(of: Validation) -> Finding:
    n, placed = len(of.answers.person), of.everywhere
    missing = float(np.isnan(of.answers.matrix).mean())
    if of.answers.mirrors is not None:
        missing = float((np.isnan(of.answers.matrix) & np.isnan(of.answers.mirrors)).mean())
    numbers = {"people": float(n), "placed": float(placed), "missing": missing}
    value = f"{n:,}, {'weighted' if of.answers.weighted else 'no weights'}"
    sentence = f"{placed:,} have a position on every axis; {missing:.0%} of answers are missing"
    verdict: Verdict = "ok" if placed >= ANSWERED * n else "warn"
    return Finding("people", value, verdict, sentence, numbers)


def _columns(of: Validation) -> Finding:
    asked = set(of.tables["support"]["statement"])
    missing = [s.id for s in of.of.statements if s.id not in asked]
    value = f"{len(asked)} of {len(of.of.statements)} statements"
    numbers = {"asked": float(len(asked)), "passed_over": float(len(of.answers.passed_over))}
    over = named(of.answers.passed_over) if of.answers.passed_over else "none"
    sentence = f"columns passed over: {over}"
    if missing:
        sentence = f"nobody answered: {named(missing)}; {sentence}"
    return Finding("statements asked", value, "warn" if missing else "ok", sentence, numbers)


def _groups(of: Validation) -> Iterator[Finding]:
    table = of.tables["groups"]
    if not of.answers.groups:
        sentence = "without groups of people who are known to differ, nothing shows that it does"
        yield Finding("known groups", "none", "warn", f"{sentence}: --group COLUMN")
        return
    for row in of.tables["variance"].to_dict("records"):
        axis, numbers = str(row["axis"]), _numbers(row, "eta_squared", "low", "high", "adjusted")
        name = f"known groups, {axis}"
        if not np.isfinite(row["eta_squared"]):
            yield Finding(name, "", "warn", "all people answered alike", numbers)
            continue
        of_axis = table[(table["axis"] == axis) & (table["group"] != "")]
        order = [f"{g} {m:+.1f}" for g, m in _shown(of_axis)]
        value = f"eta² {_ends(row['eta_squared'], row['low'], row['high'])}"
        apart = row["adjusted"] >= APART
        sentence = "in order: " + ", ".join(order) if apart else _alike(numbers)
        yield Finding(name, value, "ok" if apart else "warn", sentence, numbers)
    sizes = of.about.groups
    small = [name for name, count in sizes.items() if count < FEW]
    if small:
        sentence = f"fewer than {FEW} people, whose mean says little: {named(small)}"
        yield Finding("small groups", f"{len(small)} of {len(sizes)}", "warn", sentence)


def _alike(numbers: Mapping[str, float]) -> str:
    """Why groups are not said to differ."""
    if not np.isfinite(numbers["adjusted"]):
        return "hardly more people than groups: whether groups differ cannot be told"
    if numbers["eta_squared"] < SMALL:
        return "groups hardly differ here"
    return "chance makes so many small groups differ as much: that they do is not shown"


def _shown(groups: pd.DataFrame, most: int = 8) -> list[tuple[str, float]]:
    """The largest groups with their means, from the lowest mean up."""
    large = (
        groups[groups["mean"].notna()].sort_values("n", ascending=False, kind="stable").head(most)
    )
    large = large.sort_values("mean", kind="stable")
    return list(zip(large["group"].astype(str), large["mean"].astype(float), strict=True))


def _pairs(of: Validation) -> Iterator[Finding]:
    """The pairs that the user named; else the groups at the ends."""
    table = of.tables["pairs"]
    if not of.compared:
        large = table[(table["n_first"] >= FEW) & (table["n_second"] >= FEW)]
        for _, rows in large.groupby("axis", sort=False):
            yield from map(_pair, rows.nlargest(1, "difference").to_dict("records"))
        return
    found = {
        (row["axis"], frozenset((row["first"], row["second"]))): row
        for row in table.to_dict("records")
    }
    for axis in of.placed:
        for pair in {frozenset(pair): pair for pair in of.compared}.values():
            if row := found.get((axis, frozenset(pair))):
                yield _pair(row)
            else:
                sentence = f"{' and '.join(pair)}: nobody of one of them has a position here"
                yield Finding(f"difference, {axis}", "", "warn", sentence)


def _pair(row: dict[Hashable, object]) -> Finding:
    """Whether two groups differ on an axis."""
    numbers = _numbers(row, "difference", "d", "low", "high")
    value = f"d {_ends(row['d'], row['low'], row['high'])}"
    clear = numbers["low"] > 0 or numbers["high"] < 0
    told = f"{row['first']} and {row['second']}"
    sentence = f"{told} cannot be told apart"
    if clear:
        sentence = f"{told} differ by {row['difference']:+.1f} points"
    elif not np.isfinite(numbers["d"]):
        sentence = f"{told}: {UNTOLD}"
    return Finding(f"difference, {row['axis']}", value, _verdict(clear), sentence, numbers)


def _statements(of: Validation) -> Iterator[Finding]:
    for axis, rows in of.tables["statements"].groupby("axis", sort=False):
        by_verdict = {v: list(rows[rows["verdict"] == v]["statement"]) for v in ("against", "weak")}
        least = float(rows["item_rest"].min())
        numbers = {"least": least, **{v: float(len(names)) for v, names in by_verdict.items()}}
        known = rows["verdict"].ne("").sum()
        value = f"{known - sum(map(len, by_verdict.values()))} of {len(rows)} go with it"
        parts = []
        if by_verdict["against"]:
            parts.append(
                f"people answer against the key of: {named(by_verdict['against'])}; is it turned "
                "round?"
            )
        if by_verdict["weak"]:
            parts.append(f"hardly go with the rest: {named(by_verdict['weak'])}")
        if known < len(rows):
            parts.append("too few answers, or all alike, for some")
        sentence = "; ".join(parts) or f"least item-rest correlation {least:.2f}"
        yield Finding(f"statements, {axis}", value, "warn" if parts else "ok", sentence, numbers)


def _reliability(of: Validation) -> Iterator[Finding]:
    for row in of.tables["axes"].to_dict("records"):
        numbers = _numbers(row, "alpha", "low", "high", "omega", "forms")
        alpha, forms = float(row["alpha"]), float(row["forms"])
        value = f"alpha {_ends(alpha, row['low'], row['high'])}, omega {_number(row['omega'])}"
        enough = alpha >= RELIABLE and bool(np.isfinite(row["low"]))
        sentence = f"parallel forms {_number(forms)}"
        if not enough:
            sentence = f"too unreliable to place single people by: below {RELIABLE}; {sentence}"
        yield Finding(f"reliability, {row['axis']}", value, _verdict(enough), sentence, numbers)


def _together(of: Validation) -> Iterator[Finding]:
    rows = of.tables["correlations"].to_dict("records")
    complete = {(r["first"], r["second"]): r["r"] for r in rows if r["people"] == "complete"}
    for row in rows:
        if row["people"] != "all":
            continue
        pair = row["first"], row["second"]
        numbers = {**_numbers(row, "r", "low", "high"), "complete": float(complete[pair])}
        value = f"r {_ends(row['r'], row['low'], row['high'])}"
        apart = abs(row["r"]) < TOGETHER
        told = f"{_number(complete[pair])} among those who left nothing out"
        sentence = told if apart else f"nearly one axis to these people; {told}"
        if not np.isfinite(row["r"]):
            sentence = UNTOLD
        yield Finding(f"{pair[0]} and {pair[1]}", value, _verdict(apart), sentence, numbers)


def _factors(of: Validation) -> Iterator[Finding]:
    table, axes = of.tables["factors"], len(of.placed)
    if not len(table):
        return
    count = int(table["counts"].sum())
    numbers = {"factors": float(count), "axes": float(axes)}
    value = f"{count}, of {axes} axes"
    if count == axes:
        sentence = "parallel analysis finds as many as there are axes"
    elif count < axes:
        sentence = "parallel analysis finds fewer than there are axes: some are one to these people"
    else:
        sentence = "parallel analysis finds more than there are axes: an axis is several things"
    yield Finding("factors", value, _verdict(count == axes), sentence, numbers)


def _yes_bias(of: Validation) -> Finding:
    table = of.tables["yes_bias"]
    row = table[table["group"] == ""].iloc[0]
    numbers = _numbers(row.to_dict(), "yes_bias", "low", "high", "sd")
    if not np.isfinite(row["yes_bias"]):
        sentence = "keyed one way without mirrors: leaning cannot be told from yes-bias"
        return Finding("yes-bias", "", "warn", sentence, numbers)
    value = _ends(row["yes_bias"], row["low"], row["high"], sign="+")
    small = abs(row["yes_bias"]) < BIASED
    what = "more" if row["yes_bias"] > 0 else "less"
    sentence = (
        "people agree about as often as they disagree, over both key directions"
        if small
        else f"people agree {what} often than they disagree, over both key directions"
    )
    return Finding("yes-bias", value, _verdict(small), sentence, numbers)


def _dif(of: Validation) -> Iterator[Finding]:
    for facet, rows in of.tables["dif"].groupby("facet", sort=False):
        found = rows[rows["verdict"] == "dif"].sort_values("r2", ascending=False)
        value = f"{len(found)} of {len(rows)} statements"
        numbers = {"found": float(len(found)), "tested": float(len(rows))}
        names = [
            f"{s} (toward {t})" for s, t in zip(found["statement"], found["toward"], strict=True)
        ]
        sentence = (
            f"mean something else by {facet}, to people who stand at the same place: {named(names)}"
            if names
            else f"mean the same whatever the {facet}, as far as could be told"
        )
        yield Finding(f"DIF, {facet}", value, _verdict(not names), sentence, numbers)


def _verdict(fine: object) -> Verdict:
    return "ok" if fine else "warn"


def _numbers(row: Mapping[Hashable, object], *names: str) -> dict[str, float]:
    return {name: float(str(row[name])) for name in names}


def _ends(value: object, low: object, high: object, sign: str = "") -> str:
    if not np.isfinite(float(str(low))):
        return _number(value, sign)
    return f"{_number(value, sign)} ({_number(low, sign)} to {_number(high, sign)})"


def _number(value: object, sign: str = "") -> str:
    number = float(str(value))
    return f"{number:{sign}.2f}" if np.isfinite(number) else "unknown"
