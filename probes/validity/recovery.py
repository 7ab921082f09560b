"""Recovery of known positions under a protocol (docs/method.md 5.1, .2, .5).

Asks the respondents of `simulated` like models and turns their placements into findings: those
that do not read, those that refuse one pole, those with a planted leaning, parallel forms, and the
smallest difference that is detected. None of it is a test on people, nor of what sentences mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes import plugins
from probes.asking import loop
from probes.placement.model import Placement
from probes.tables.place import tabulate
from probes.types import Axis, Header, Materials, Recipe, StatementSet, Tables
from probes.types.reasons import sentences
from probes.validity.balance import pull
from probes.validity.findings import Finding, Verdict, named
from probes.validity.power import POWER, REST, STATEMENTS, WORDINGS, detectable
from probes.validity.simulated import (
    NOISE,
    VIEWS,
    ScriptedRespondent,
    non_readers,
    refuser,
    with_leaning,
)
from probes.validity.split_half import between, split_half

GRID = (-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.9)
"""Planted positions, as shares of the scale."""
CENTRE = 0.1
"""Share of the scale within which the positions of non-readers must lie."""
ERROR = 0.15
"""Share of the scale by which a planted respondent may be missed. (provisional)"""
COARSE = 0.5
"""Share of the scale that a detectable difference may have. (provisional)"""
RELIABLE = 0.8
"""Least split-half reliability between planted respondents. (provisional)"""
VIEWED = f"with views of their own (SD {VIEWS:g}) and noise (SD {NOISE:g} in log-odds)"
MISSING = 1e-6
"""Width of bounds, in points, below which nothing is missing."""
COLUMNS = (
    *("respondent", "axis", "truth", "position", "low", "high", "minimum", "maximum", "raw"),
    *("placed", "reason"),
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """The findings, and the tables that they come from."""

    points: tuple[Finding, ...]
    respondents: pd.DataFrame
    """A row a respondent and axis: `COLUMNS`, placed, reason. `truth` is where it stands on that
    axis, NaN where it stands nowhere."""
    forms: pd.DataFrame
    """See `split_half.split_half`: of the planted respondents."""


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """A run in memory: what models were asked with, and what is concluded of them."""

    headers: tuple[Header, ...]
    models: tuple[Placement, ...]
    tables: Tables


def recover(materials: Materials) -> Recovery:
    """Positions of known respondents on those axes of a set that have statements.

    A protocol that asks for texts gets one point that says so: respondents give probabilities. A
    set whose statements all pull nowhere gets none.
    """
    of, recipe = materials.statements, materials.recipe
    method = plugins.find("methods", recipe.method, "prompts")
    nothing = pd.DataFrame(columns=[*COLUMNS]), pd.DataFrame()
    if getattr(method, "NEEDS", "score") != "score":
        return Recovery((_not_asked(recipe),), *nothing)
    poles = {a.name: {pull(s, a.name) for s in of.statements} - {0} for a in of.axes}
    axes = [a for a in of.axes if poles[a.name]]
    if not axes:
        return Recovery((), *nothing)
    blind = [*non_readers(of, recipe)]
    blind += [refuser(of, a.name, pole) for a in axes for pole in sorted(poles[a.name])]
    planted = [with_leaning(of, a.name, share) for a in axes for share in GRID]
    trial = run_in_memory([*blind, *planted], materials)
    placements = _respondent_positions(trial, [*blind, *planted], axes)
    halves = _halves(trial, planted, materials)
    points = [_blind_finding(r, placements, of) for r in blind]
    points += [_gate_finding(placements), *(_recovery_finding(a, placements, of) for a in axes)]
    points += [_detection_finding(a, trial, materials) for a in axes]
    points += [_forms_finding(a, halves) for a in axes]
    return Recovery(tuple(points), placements, halves)


def run_in_memory(respondents: Sequence[ScriptedRespondent], materials: Materials) -> MemoryRun:
    """Ask every respondent the whole protocol in memory, and place it."""
    evidence = []
    for respondent in respondents:
        planned = loop.plan(respondent, materials)
        answers = [a for batch in loop.ask(respondent, planned) for a in batch.answers]
        evidence.append((planned.header, answers))
    conclusion = tabulate(evidence, materials)
    headers = tuple(header for header, _ in evidence)
    return MemoryRun(headers, conclusion.models, conclusion.tables)


def _not_asked(recipe: Recipe) -> Finding:
    sentence = (
        f"the method {recipe.method!r} asks for texts, known respondents give probabilities: try "
        "--protocol default"
    )
    return Finding("respondents", "", "warn", sentence)


def _respondent_positions(
    trial: MemoryRun, respondents: Sequence[ScriptedRespondent], axes: Sequence[Axis]
) -> pd.DataFrame:
    """Placements of respondents on those of the axes that they are about."""
    rows = trial.tables.placements.rename(columns={"model": "respondent"})
    names = rows["respondent"]
    rows["truth"] = names.map({r.info.name: r.truth for r in respondents}).astype(float)
    about = names.map({r.info.name: r.axis for r in respondents})
    about_axis = (about == "") & rows["axis"].isin([a.name for a in axes]) | (about == rows["axis"])
    return rows.loc[about_axis, [*COLUMNS]].reset_index(drop=True)


# --- positions ---------------------------------------------------------------------------------


def _blind_finding(
    respondent: ScriptedRespondent, placements: pd.DataFrame, of: StatementSet
) -> Finding:
    """A respondent without a leaning: must not be placed, and is best at the centre."""
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


def _gate_finding(placements: pd.DataFrame) -> Finding:
    """Whether those with a leaning are placed, and nobody else."""
    placed = placements["placed"].astype(bool)
    planted = placements["truth"].notna()
    missed = placements[planted & ~placed]
    counts = {
        "planted": float(planted.sum()),
        "planted_placed": float((planted & placed).sum()),
        "others": float((~planted).sum()),
        "others_placed": float((~planted & placed).sum()),
    }
    value = "{planted_placed:g} of {planted:g} planted, {others_placed:g} of {others:g} others"
    if len(missed):
        reason = _first(missed["reason"].iloc[0])
        sentence = f"not placed: {named(missed['respondent'].tolist())}: {reason}"
    elif counts["others_placed"]:
        sentence = "placed without a leaning: see where they land"
    else:
        sentence = "true leanings are placed, and nothing else is"
    verdict: Verdict = "warn" if len(missed) or counts["others_placed"] else "ok"
    return Finding("placed", value.format(**counts), verdict, sentence, counts)


def _recovery_finding(axis: Axis, placements: pd.DataFrame, of: StatementSet) -> Finding:
    """Planted leanings along an axis: in order, and how far off."""
    planted = (placements["axis"] == axis.name) & placements["truth"].notna()
    rows = placements[planted].sort_values("truth")
    truth, positions = (rows[name].to_numpy(dtype=np.float64) for name in ("truth", "position"))
    errors = positions - truth
    name = f"planted, {axis.name}"
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
    return Finding(name, value, "warn" if largest > ERROR * of.scale else "ok", sentence, numbers)


# --- differences and parallel forms ------------------------------------------------------------


def _detection_finding(axis: Axis, trial: MemoryRun, materials: Materials) -> Finding:
    """The smallest difference between two models that a comparison finds."""
    point = trial.models[-1].points[axis.name]  # of a respondent who answers everything
    result = detectable(point)
    numbers = {"difference": result.difference, "significant": result.significant}
    units = f"{result.units} {'topics' if result.by_topic else 'statements'}"
    label = f"smallest difference, {axis.name}"
    if not np.isfinite(result.difference):
        return Finding(label, "", "warn", "no interval, and so no comparison", numbers)
    value = f"{result.difference:.1f}; significant from {result.significant:.1f}"
    sentence = (
        f"between two models, found in {POWER:.0%} of cases ({units} x {len(point.used.wordings)} "
        f"wordings) if their leanings differ with SD {STATEMENTS:g} from statement to statement, "
        f"{WORDINGS:g} from wording to wording, and {REST:g} beside"
    )
    if result.difference > 2 * materials.statements.scale:
        return Finding(label, value, "warn", f"more than the whole axis; {sentence}", numbers)
    coarse = result.difference > COARSE * materials.statements.scale
    return Finding(label, value, "warn" if coarse else "ok", sentence, numbers)


def _halves(
    trial: MemoryRun, planted: Sequence[ScriptedRespondent], materials: Materials
) -> pd.DataFrame:
    """`split_half` of the planted respondents, on their own axes."""
    about = {r.info.name: r.axis for r in planted}
    headers = [h for h in trial.headers if h.model.name in about]
    rows = trial.tables.agreement
    halves = split_half(rows[rows["model"].isin(about)], materials, headers)
    return halves[halves["model"].map(about) == halves["axis"]].reset_index(drop=True)


def _forms_finding(axis: Axis, halves: pd.DataFrame) -> Finding:
    """Parallel forms: how many statements, and whether both halves tell the same."""
    name, on_axis = f"parallel forms, {axis.name}", halves[halves["axis"] == axis.name]
    if on_axis.empty:
        return Finding(name, "0 + 0", "warn", "no two statements of one topic and direction", {})
    (row,) = between(on_axis).to_dict("records")
    count, alone = int(on_axis["pairs"].iloc[0]), float(on_axis["reliability"].median())
    between_models, gap = float(row["reliability"]), float(row["difference"])
    numbers = {"statements": float(count), "reliability": between_models, "difference": gap}
    if not np.isfinite(between_models):
        sentence = "a half alone has no position"
        return Finding(name, f"{count} + {count}", "warn", sentence, numbers)
    value = f"{count} + {count}; split-half {between_models:.2f}, {gap:.2f} points apart"
    sentence = f"of planted respondents {VIEWED}"
    if np.isfinite(alone):
        numbers["within"] = alone
        sentence += f"; within one of them {alone:.2f} (median)"
    if between_models < RELIABLE:
        sentence = f"the halves do not order respondents alike: {sentence}"
        return Finding(name, value, "warn", sentence, numbers)
    return Finding(name, value, "ok", sentence, numbers)


def _first(reason: object) -> str:
    """The first of the sentences of a reason; why a respondent is not placed comes first."""
    return next(iter(sentences(reason)), "")


def _bounds(least: float, most: float) -> str:
    """What missing answers leave open; empty where there are none."""
    return f" ({_signed(least)} to {_signed(most)})" if most - least > MISSING else ""


def _signed(position: float) -> str:
    return f"{round(position, 2) + 0.0:+.2f}" if np.isfinite(position) else "none"  # no "-0.00"
