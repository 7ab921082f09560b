"""Recovery of known positions under a protocol (docs/method.md 5.1, .2, .5).

Asks simulated respondents like models: non-readers, word readers, refusers, and respondents with a
planted leaning. The findings on their placements are in `landing`; parallel forms and the smallest
detectable difference are added here. It tests neither people nor the meaning of sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from probes import plugins
from probes.asking import loop
from probes.placement.model import Placement
from probes.tables.place import tabulate
from probes.types import Axis, Header, Materials, Recipe, Tables
from probes.validity import landing, word_readers
from probes.validity.balance import pull
from probes.validity.findings import Finding
from probes.validity.opinionated import refuser, with_ideal_point, with_leaning
from probes.validity.power import detection
from probes.validity.simulated import ScriptedRespondent, non_readers
from probes.validity.split_half import agreement_of_forms, split_half

GRID = (-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.9)
"""Planted positions, as shares of the scale."""
IDEAL = GRID[::2]
"""Planted positions of ideal-point respondents."""
COLUMNS = (
    *("respondent", "kind", "axis", "truth", "position", "low", "high", "minimum", "maximum"),
    *("raw", "placed", "reason"),
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """The findings, and the tables that they are made from."""

    points: tuple[Finding, ...]
    respondents: pd.DataFrame
    """One row per respondent and axis: `COLUMNS`. `truth`: planted position, or NaN."""
    forms: pd.DataFrame
    """Table of `split_half.split_half` for the planted respondents."""


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """Result of a run in memory: headers, placements and tables."""

    headers: tuple[Header, ...]
    models: tuple[Placement, ...]
    tables: Tables


def recover(materials: Materials) -> Recovery:
    """Recovery of known respondents on the axes of a set that have statements.

    A protocol that asks for text gets one finding that says so, since simulated respondents give
    probabilities. A set without keyed statements gets none.
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
    blind = [*non_readers(of, recipe), *word_readers.readers(of)]
    blind += [refuser(of, a.name, pole) for a in axes for pole in sorted(poles[a.name])]
    planted = [with_ideal_point(of, a.name, share) for a in axes for share in IDEAL]
    planted += [with_leaning(of, a.name, share) for a in axes for share in GRID]
    trial = run_in_memory([*blind, *planted], materials)
    placements = _respondent_positions(trial, [*blind, *planted], axes)
    halves = _halves(trial, [r for r in planted if r.kind == "dominance"], materials, axes)
    points = [*landing.empty(blind, placements, of), landing.gate(placements)]
    points += [p for a in axes for p in landing.planted(a, placements, of)]
    # from the last respondent, who answers everything
    points += [detection(a, trial.models[-1].points[a.name], of.scale) for a in axes]
    points += [agreement_of_forms(a, halves) for a in axes]
    return Recovery(tuple(points), placements, halves)


def run_in_memory(respondents: Sequence[ScriptedRespondent], materials: Materials) -> MemoryRun:
    """Ask every respondent the whole protocol in memory, and place it.

    Planned once: all respondents get the same texts, and can score the same forms.
    """
    evidence, planned = [], loop.plan(respondents[0], materials)
    for respondent in respondents:
        planned = replace(planned, header=replace(planned.header, model=respondent.info))
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
    """Placements of respondents on their own axes."""
    rows = trial.tables.placements.rename(columns={"model": "respondent"})
    names = rows["respondent"]
    rows["kind"] = names.map({r.info.name: r.kind for r in respondents})
    rows["truth"] = names.map({r.info.name: r.truth for r in respondents}).astype(float)
    about = names.map({r.info.name: r.axis for r in respondents})
    about_axis = (about == "") & rows["axis"].isin([a.name for a in axes]) | (about == rows["axis"])
    return rows.loc[about_axis, [*COLUMNS]].reset_index(drop=True)


def _halves(
    trial: MemoryRun,
    planted: Sequence[ScriptedRespondent],
    materials: Materials,
    axes: Sequence[Axis],
) -> pd.DataFrame:
    """`split_half` of the planted respondents, on their own axes."""
    rows, tables = trial.tables.agreement, []
    for axis in axes:
        about = {r.info.name for r in planted if r.axis == axis.name}
        headers = [h for h in trial.headers if h.model.name in about]
        tables.append(split_half(rows[rows["model"].isin(about)], materials, headers, axis.name))
    return pd.concat([t for t in tables if len(t)] or tables, ignore_index=True)
