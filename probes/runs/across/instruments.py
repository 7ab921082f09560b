"""Run folders as instruments (`probes across`) and as methods of asking (`probes converge`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from probes.comparison import across as instruments_across
from probes.comparison import converging
from probes.comparison.traits import Instrument, chosen_traits, named_traits
from probes.errors import UsageError
from probes.replies import convergence
from probes.runs import languages, read_back
from probes.runs.folder import Folder
from probes.tables.caption import provenance
from probes.types import Converged
from probes.types.reasons import LEGACY

if TYPE_CHECKING:
    import pandas as pd


def converged(
    runs: Sequence[str | Path], traits: Mapping[str, Sequence[str]] | None = None
) -> Converged:
    """The result of `api.converge`; raises the same errors."""
    if len(runs) < 2:
        raise UsageError("give at least two runs, asked in other ways or of other sets")
    group = [_asked_run(path) for path in map(Path, runs)]
    names = [run.instrument.name for run in group]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise UsageError(
                f"{group[names.index(name)].instrument.run} and {group[number].instrument.run} are "
                f"runs of one set and protocol, {name}; give a run of each way of asking"
            )
    every = [set(run.models()) for run in group]
    if not any(one & other for n, one in enumerate(every) for other in every[:n]):
        raise UsageError(f"no model is in two of the runs {', '.join(map(str, runs))}")
    instruments = [run.instrument for run in group]
    chosen = chosen_traits(instruments, traits) if traits else named_traits(instruments)
    return Converged(
        instruments_across.by_traits(instruments, chosen),
        converging.pairs(group, chosen),
        converging.leaks(group, chosen),
        _statement_convergence(group),
    )


def _asked_run(path: Path) -> converging.AskedRun:
    """A run folder, named after its set and protocol."""
    own, tables, materials = instrument(path), read_back.tables(path), Folder(path).materials()
    recipe = materials.recipe
    is_open = any(not wording.options for wording in recipe.wordings)
    way = "requests" if tables.requests is not None else "replies" if is_open else "options"
    return converging.AskedRun(
        replace(own, name=own.name if recipe.name == own.name else f"{own.name} ({recipe.name})"),
        way,
        materials.statements.sha256,
        tables.topics,
        tables.agreement,
        tables.requests,
    )


def _statement_convergence(asked_runs: Sequence[converging.AskedRun]) -> "pd.DataFrame | None":
    """Result of `probes stance converge` for pairs of runs of one set with common models."""
    import pandas as pd

    frames = []
    for first, second in combinations(asked_runs, 2):
        shared = set(first.models()) & set(second.models())
        if first.set_sha256 == second.set_sha256 and shared and first.requests is None:
            topics = _topics_of(Path(first.instrument.run))
            results = [(run.agreement, run.instrument.placements) for run in (first, second)]
            table = convergence.converge(results[0], results[1], first.instrument.axes, topics)
            names = f"{first.instrument.name} / {second.instrument.name}"
            frames.append(table.assign(model=[f"{m}: {names}" for m in table["model"]]))
    return pd.concat(frames, ignore_index=True) if frames else None


def _topics_of(path: Path) -> dict[str, str | None]:
    """Statement id -> its topic."""
    return {s.id: s.topic for s in Folder(path).materials().statements.statements}


def instrument(path: Path) -> Instrument:
    """The run of one statement set in a folder, as an instrument.

    Raises:
        UsageError: the folder holds several languages, or a set without axes.
        RunError: it holds no run, or no tables yet.
    """
    if languages.holds(path):
        first, *_ = languages.languages_of(path)
        raise UsageError(f"{path}: holds several languages; give one, such as {path / first}")
    tables, materials = read_back.tables(path), Folder(path).materials()
    statements = materials.statements
    if tables.advice is not None:
        raise UsageError(f"{path}: holds vote advice, which is no position of a model")
    if not tables.axes:
        raise UsageError(f"{path}: the set {statements.name} has no axes to be placed on")
    count = tables.agreement["statement"][tables.agreement["role"] == "statement"].nunique()
    caption = provenance(materials, count, trial=tables.trial)
    if materials.missing == "legacy-agree":
        caption += f" · {LEGACY}"
    placements = tables.placements
    return Instrument(statements.name, str(path), tables.axes, tables.scale, placements, caption)
