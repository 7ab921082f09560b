"""`probes sets validate`: findings on a set from people's answers (docs/method.md 8)."""

from collections.abc import Iterator

import numpy as np

from probes.people.validation import Validation
from probes.validity.findings import Finding, Findings, Verdict, named
from probes.validity.people.fringe import fringe
from probes.validity.people.group_points import group_points, pair_points
from probes.validity.people.values import UNTOLD, ends, number, numbers, verdict

RELIABLE = 0.7
"""Minimum alpha and parallel-forms reliability (Nunnally 1978)."""
TOGETHER = 0.7
"""|r| of two axes from which they are nearly one."""
BIASED = 0.1
"""|mean answer| from which yes-bias is large."""
ANSWERED = 0.8
"""Minimum share of people with a position."""


def findings(of: Validation) -> Findings:
    """All findings; the caveat says whose answers these are."""
    points = [_people(of), _columns(of), *group_points(of), *pair_points(of), *_statements(of)]
    points += [*_reliability(of), *_together(of), *_factors(of), _yes_bias(of), *_dif(of)]
    points.append(fringe(of.tables["support"]))
    tables = {name: table for name, table in of.tables.items() if name != "pairs"}
    return Findings(tuple(points), tables, f"answered by people: {of.about.caption}")


def _people(of: Validation) -> Finding:
    n, placed = len(of.answers.person), of.everywhere
    missing = float(np.isnan(of.answers.matrix).mean())
    if of.answers.mirrors is not None:
        missing = float((np.isnan(of.answers.matrix) & np.isnan(of.answers.mirrors)).mean())
    facts = {"people": float(n), "placed": float(placed), "missing": missing}
    value = f"{n:,}, {'weighted' if of.answers.weighted else 'no weights'}"
    sentence = f"{placed:,} have a position on every axis; {missing:.0%} of answers are missing"
    if of.answers.weightless:
        facts["weightless"] = float(of.answers.weightless)
        sentence += f"; {of.answers.weightless:,} more of weight 0 are not counted"
    verdict: Verdict = "ok" if placed >= ANSWERED * n else "warn"
    return Finding("people", value, verdict, sentence, facts)


def _columns(of: Validation) -> Finding:
    names = set(of.tables["support"]["statement"])
    missing = [s.id for s in of.of.statements if s.id not in names]
    value = f"{len(names)} of {len(of.of.statements)} statements"
    facts = {"asked": float(len(names)), "passed_over": float(len(of.answers.passed_over))}
    over = named(of.answers.passed_over) if of.answers.passed_over else "none"
    sentence = f"columns passed over: {over}"
    if missing:
        sentence = f"nobody answered: {named(missing)}; {sentence}"
    return Finding("statements asked", value, "warn" if missing else "ok", sentence, facts)


def _statements(of: Validation) -> Iterator[Finding]:
    for axis, rows in of.tables["statements"].groupby("axis", sort=False):
        by_verdict = {v: list(rows[rows["verdict"] == v]["statement"]) for v in ("against", "weak")}
        least = float(rows["item_rest"].min())
        facts = {"least": least, **{v: float(len(names)) for v, names in by_verdict.items()}}
        judged = rows["verdict"].ne("").sum()
        goes = judged - sum(map(len, by_verdict.values()))
        value = f"{goes} of {judged} go with it" if judged else "unknown"
        parts = []
        if by_verdict["against"]:
            parts.append(
                f"people answer against the key of: {named(by_verdict['against'])}; is it turned "
                "round?"
            )
        if by_verdict["weak"]:
            parts.append(f"hardly go with the rest: {named(by_verdict['weak'])}")
        if judged < len(rows):
            unknown = list(rows[rows["verdict"] == ""]["statement"])
            parts.append(f"cannot be told, from too few or equal answers, of: {named(unknown)}")
        sentence = "; ".join(parts) or f"least item-rest correlation {least:.2f}"
        yield Finding(f"statements, {axis}", value, "warn" if parts else "ok", sentence, facts)


def _reliability(of: Validation) -> Iterator[Finding]:
    for row in of.tables["axes"].to_dict("records"):
        facts = numbers(row, "alpha", "low", "high", "omega", "forms")
        alpha, forms = float(row["alpha"]), float(row["forms"])
        value = f"alpha {ends(alpha, row['low'], row['high'])}, omega {number(row['omega'])}"
        enough = alpha >= RELIABLE and bool(np.isfinite(row["low"]))
        sentence = f"parallel forms {number(forms)}"
        if not np.isfinite([alpha, float(row["low"])]).all():
            sentence = f"{UNTOLD}; {sentence}"
        elif not enough:
            sentence = f"too unreliable to place single people by: below {RELIABLE}; {sentence}"
        yield Finding(f"reliability, {row['axis']}", value, verdict(enough), sentence, facts)


def _together(of: Validation) -> Iterator[Finding]:
    rows = of.tables["correlations"].to_dict("records")
    complete = {(r["first"], r["second"]): r["r"] for r in rows if r["people"] == "complete"}
    for row in rows:
        if row["people"] != "all":
            continue
        pair = row["first"], row["second"]
        facts = {**numbers(row, "r", "low", "high"), "complete": float(complete[pair])}
        value = f"r {ends(row['r'], row['low'], row['high'])}"
        apart = abs(row["r"]) < TOGETHER
        told = f"{number(complete[pair])} among those who left nothing out"
        sentence = told if apart else f"nearly one axis to these people; {told}"
        if not np.isfinite(row["r"]):
            sentence = UNTOLD
        yield Finding(f"{pair[0]} and {pair[1]}", value, verdict(apart), sentence, facts)


def _factors(of: Validation) -> Iterator[Finding]:
    table, axes = of.tables["factors"], len(of.placed)
    if not len(table):
        return
    count = int(table["counts"].sum())
    facts = {"factors": float(count), "axes": float(axes)}
    value = f"{count}, of {axes} ax{'e' if axes > 1 else 'i'}s"
    if not count:
        sentence = "parallel analysis finds nothing that goes together more than by chance"
    elif count == axes:
        sentence = "parallel analysis finds as many as there are axes"
    elif count < axes:
        sentence = "parallel analysis finds fewer than there are axes: some are one to these people"
    else:
        sentence = "parallel analysis finds more than there are axes: an axis is several things"
    yield Finding("factors", value, verdict(count == axes), sentence, facts)


def _yes_bias(of: Validation) -> Finding:
    table = of.tables["yes_bias"]
    row = table[table["group"] == ""].iloc[0]
    facts = numbers(row.to_dict(), "yes_bias", "low", "high", "sd")
    if not np.isfinite(row["yes_bias"]):
        sentence = "keyed one way without mirrors: leaning cannot be told from yes-bias"
        return Finding("yes-bias", "", "warn", sentence, facts)
    value = ends(row["yes_bias"], row["low"], row["high"], sign="+")
    small = abs(row["yes_bias"]) < BIASED
    comparative = "more" if row["yes_bias"] > 0 else "less"
    sentence = (
        "people agree about as often as they disagree, over both key directions"
        if small
        else f"people agree {comparative} often than they disagree, over both key directions"
    )
    return Finding("yes-bias", value, verdict(small), sentence, facts)


def _dif(of: Validation) -> Iterator[Finding]:
    for facet, rows in of.tables["dif"].groupby("facet", sort=False):
        flagged = rows[rows["verdict"] == "dif"].sort_values("r2", ascending=False)
        value = f"{len(flagged)} of {len(rows)} statements"
        facts = {"found": float(len(flagged)), "tested": float(len(rows))}
        names = [
            f"{s} (toward {t})"
            for s, t in zip(flagged["statement"], flagged["toward"], strict=True)
        ]
        sentence = (
            f"mean something else by {facet}, to people who stand at the same place: {named(names)}"
            if names
            else f"mean the same whatever the {facet}, as far as could be told"
        )
        yield Finding(f"DIF, {facet}", value, verdict(not names), sentence, facts)
