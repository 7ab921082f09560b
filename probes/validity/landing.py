"""Findings on the positions of simulated respondents (docs/method.md 5.1).

Respondents without a leaning must not be placed; those with one must be placed in order. Reads the
table of placements of `recovery`. The findings hold for the simulated respondents only.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from probes.types import Axis, StatementSet
from probes.types.reasons import sentences
from probes.validity.findings import Finding, Verdict, named
from probes.validity.opinionated import VIEWED
from probes.validity.simulated import RespondentKind, ScriptedRespondent

CENTRE = 0.1
"""Share of the scale around the centre in which the positions of non-readers must lie."""
ERROR = 0.15
"""Maximum error of a planted respondent's position, as a share of the scale. (provisional)"""
MISSING = 1e-6
"""Width of bounds, in points, below which nothing is missing."""


def empty(
    respondents: Sequence[ScriptedRespondent], placements: pd.DataFrame, of: StatementSet
) -> Iterator[Finding]:
    """A finding for each respondent without a leaning, and one for all word readers together."""
    drawn = [r for r in respondents if r.kind == "word reader"]
    for respondent in respondents:
        if respondent.kind != "word reader":
            yield _blind_finding(respondent, placements, of)
        elif respondent is drawn[-1]:
            yield _draws_finding(len(drawn), placements)


def gate(placements: pd.DataFrame) -> Finding:
    """Whether all respondents with a leaning are placed, and none of the others."""
    placed, planted = placements["placed"].astype(bool), placements["truth"].notna()
    missed, others = placements[planted & ~placed], placements[~planted]
    wrong = others[others["placed"].astype(bool)]
    counts = {
        "planted": float(planted.sum()),
        "planted_placed": float((planted & placed).sum()),
        "others": float(len(others)),
        "others_placed": float(len(wrong)),
    }
    value = "{planted_placed:g} of {planted:g} planted, {others_placed:g} of {others:g} others"
    if len(missed):
        reason = _first(missed["reason"].iloc[0])
        sentence = f"not placed: {named(missed['respondent'].tolist())}: {reason}"
    elif len(wrong):
        sentence = f"placed without a leaning: {_kinds(wrong)}: see where they land"
    else:
        sentence = f"true leanings are placed, and none of those tried without: {_kinds(others)}"
    verdict: Verdict = "warn" if len(missed) or len(wrong) else "ok"
    return Finding("placed", value.format(**counts), verdict, sentence, counts)


def planted(axis: Axis, placements: pd.DataFrame, of: StatementSet) -> Iterator[Finding]:
    """Findings on planted leanings by both response models: order and error of positions."""
    yield _recovery_finding(f"planted, {axis.name}", "dominance", axis, placements, of)
    yield _recovery_finding(f"ideal points, {axis.name}", "ideal point", axis, placements, of)


def _blind_finding(
    respondent: ScriptedRespondent, placements: pd.DataFrame, of: StatementSet
) -> Finding:
    """A respondent without a leaning: it must not be placed, and should be at the centre."""
    rows = placements[placements["respondent"] == respondent.info.name]
    positions = dict(zip(rows["axis"], rows["position"].astype(float), strict=True))
    ends = zip(rows["minimum"].astype(float), rows["maximum"].astype(float), strict=True)
    shown = ", ".join(
        f"{axis} {_signed(position)}{_bounds(*bounds)}"
        for (axis, position), bounds in zip(positions.items(), ends, strict=True)
    )
    placed = rows["axis"][rows["placed"].astype(bool)].tolist()
    off = [a for a, p in positions.items() if abs(p) > CENTRE * of.scale and not respondent.chance]
    reasons = dict.fromkeys(_first(reason) for reason in rows["reason"])
    verdict: Verdict = "warn" if placed or off else "ok"
    if placed:
        value = f"{shown}; placed"
        sentence = f"is placed on {named(placed)}, without a leaning"
    else:
        value = f"{shown}; not placed"
        sentence = " / ".join(reasons) + ("; lands anywhere by chance" if respondent.chance else "")
        if off:
            sentence += f"; but on {named(off)} whoever inclines to this is drawn that way"
    return Finding(f"lands: {respondent.info.name}", value, verdict, sentence, positions)


def _draws_finding(count: int, placements: pd.DataFrame) -> Finding:
    """All word readers: their positions are random, so none of them may be placed."""
    rows = placements[placements["kind"] == "word reader"]
    placed = rows["placed"].astype(bool)
    shown = ", ".join(
        f"{axis} {_signed(part.min())} to {_signed(part.max())}"
        for axis, part in rows.groupby("axis", sort=False)["position"]
    )
    keys = rows["respondent"].str.cat(rows["axis"], sep=", ")
    numbers = dict(zip(keys, rows["position"].astype(float), strict=True))
    value = f"{shown}; {placed.sum()} of {len(rows)} placed"
    if placed.any():
        sentence = f"{count} draws: readers of words are placed, without a leaning"
        return Finding("lands: reads words", value, "warn", sentence, numbers)
    sentence = f"{count} draws: {' / '.join(dict.fromkeys(map(_first, rows['reason'])))}"
    return Finding("lands: reads words", value, "ok", sentence, numbers)


def _kinds(rows: pd.DataFrame) -> str:
    """Number of respondents of each kind in the rows."""
    counts = rows.groupby("kind", sort=False)["respondent"].nunique()
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items())


def _recovery_finding(
    name: str, kind: RespondentKind, axis: Axis, placements: pd.DataFrame, of: StatementSet
) -> Finding:
    """Recovery of respondents of one kind. The error is judged only if their response function is
    that of positions."""
    rows = placements[(placements["axis"] == axis.name) & (placements["kind"] == kind)]
    rows = rows.sort_values("truth")
    truth, positions = (rows[name].to_numpy(dtype=np.float64) for name in ("truth", "position"))
    errors = positions - truth
    numbers = {f"at {t:+g}": float(p) for t, p in zip(truth, positions, strict=True)}
    if not np.isfinite(positions).all():
        return Finding(name, "", "warn", "planted leanings cannot be found on this axis", numbers)
    worst = int(np.abs(errors).argmax())
    largest = float(np.abs(errors[worst]))
    ends = f"{_signed(positions[0])} to {_signed(positions[-1])}"
    value = f"{truth[0]:+g} to {truth[-1]:+g} land at {ends}"
    value += f"; largest error {largest:.2f}"
    numbers |= {"largest_error": largest, "in_order": float((np.diff(positions) > 0).all())}
    if not numbers["in_order"]:
        sentence = "do not come out in order: positions cannot be compared"
        return Finding(name, value, "warn", sentence, numbers)
    sentence = f"in order; furthest off at {truth[worst]:+g} ({errors[worst]:+.2f}), {VIEWED}"
    off = kind == "dominance" and largest > ERROR * of.scale
    return Finding(name, value, "warn" if off else "ok", sentence, numbers)


def _first(reason: object) -> str:
    """First sentence of a reason: the reasons for not placing come first."""
    return next(iter(sentences(reason)), "")


def _bounds(least: float, most: float) -> str:
    """Range left open by missing answers; empty without any."""
    return f" ({_signed(least)} to {_signed(most)})" if most - least > MISSING else ""


def _signed(position: float) -> str:
    # + 0.0 turns "-0.00" into "+0.00"
    return f"{round(position, 2) + 0.0:+.2f}" if np.isfinite(position) else "none"
