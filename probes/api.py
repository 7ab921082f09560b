"""The public functions for notebooks and programs: load, run, place, compare, draw.

They do the same as the commands, in memory. For a run that is stored in a folder and can be
resumed, see `session.probe`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from probes.advice.profiles import ADVICE, asked_about
from probes.asking import loop, protocols
from probes.asking.usual import folder_of, usual_protocol
from probes.asking.variants import check as check_variants
from probes.comparison import across as instruments_across
from probes.comparison.models import Comparison
from probes.comparison.traits import Instrument
from probes.ending.interrupts import heeded
from probes.errors import UsageError
from probes.evidence.in_memory import Evidence
from probes.instruments import sets
from probes.models import registry
from probes.models.load import open_model
from probes.output import bars, figures
from probes.output.notebook import Placements
from probes.runs import compare, languages, read_back
from probes.runs import conclude as conclusions
from probes.runs.across import instruments
from probes.runs.prepare import REQUESTS, bind, gather, recorded_wordings
from probes.runs.recipe import ProtocolChoice
from probes.tables.place import tabulate
from probes.types import (
    Across,
    Converged,
    Editions,
    LoadOptions,
    Missing,
    Recipe,
    Scorer,
    StatementSet,
    Tables,
    Variants,
    Writer,
)

load_set = sets.load
load_protocol = protocols.load


@heeded()
def load_model(
    model: str,
    *,
    backend: str | None = None,
    revision: str | None = None,
    options: LoadOptions | None = None,
) -> Scorer | Writer:
    """Load a model: by its entry in models.yaml, hub id, folder, ``NAME=PATH``, ``planted:...`` or
    ``recorded:FILE`` (``recorded:FILE#MODEL`` if the file has several models).

    Raises:
        ModelError: there is no such model, or it cannot be loaded or asked.
    """
    return open_model(registry.resolve(model, backend, revision), options or LoadOptions())


@heeded()
def run(  # noqa: PLR0913  # the public signature
    model: Scorer | Writer | str,
    statements: StatementSet | str | Path,
    protocol: Recipe | str | Path | None = None,
    *,
    seed: int = 0,
    limit: int | None = None,
    batch_size: int | Literal["auto"] = "auto",
    method: str | None = None,
    variants: Variants = "first",
    conditions: str | Sequence[str] = (),
    progress: bool | None = None,
) -> Evidence:
    """Ask a model every statement of a set by a protocol; returns the answers, in memory.

    `model` is a loaded model, or a string as for `load_model`. Progress is shown in notebooks and
    on terminals, unless `progress` is given.

    The default protocol is `recorded` for recorded replies, `default` for other models. `method`
    replaces the protocol's: a name, or a Python file of your own, which is executed. `variants`:
    ``all``, ``one`` (drawn by the seed), or ``first`` (each statement's own text). `conditions`:
    names or files of conditions under which everything is asked; the first is the reference.

    Raises:
        ProbesError: a set, protocol, method or model has a fault; the message says which and why.
    """
    file = None if isinstance(statements, StatementSet) else str(statements)
    folder = folder_of("statements", file) if file else None
    statements = statements if isinstance(statements, StatementSet) else sets.load(statements)
    asked_by = protocol if isinstance(protocol, Recipe) else protocols.load(protocol or "default")
    about = asked_about(statements, method or asked_by.method)
    model = bind(load_model(model) if isinstance(model, str) else model, about)
    recorded = recorded_wordings(model, about)
    if not protocol:
        usual = "recorded" if recorded else usual_protocol([], statements.language, folder)
        protocol = REQUESTS if statements.kind == "requests" else usual
    named = (conditions,) if isinstance(conditions, str) else tuple(conditions)
    choice = ProtocolChoice(protocol, None, method, recorded, not recorded, named)
    check_variants(statements, variants)
    materials = replace(gather(statements, choice, folder), variants=variants)
    planned = loop.plan(model, materials, seed=seed, limit=limit, batch_size=batch_size)
    answers = tuple(bars.shown(loop.ask(model, planned), planned.header, progress=progress))
    return Evidence(planned.header, answers, materials)


@heeded()
def draw(
    figure: str,
    tables: Tables | Editions | Across | str | Path,
    target: str | Path,
    options: Mapping[str, object] = figures.NO_OPTIONS,
) -> None:
    """Draw a figure (a name, or a file of your own) into a png, svg or pdf file.

    Args:
        figure: Name (compass, axes, statements ...), or ``./mine.py``, which is executed.
        tables: The tables of a run, or the folder of a run.
        target: The file to write; an existing file is replaced once the new one is complete.
        options: Keyword arguments of the figure, such as ``{"style": "slide"}``.

    Raises:
        UsageError: there is no such figure or format, the tables do not fit the figure, or it
            takes no such option.
        RunError: the folder has no tables, or the file cannot be written.
    """
    if isinstance(tables, str | Path):
        path = Path(tables)
        is_several = languages.holds(path)
        tables = languages.read(path, figure) if is_several else read_back.tables(path)
    figures.draw(figure, tables, Path(target), options)


@heeded()
def place(
    evidence: Evidence | Sequence[Evidence] | str | Path, missing: Missing | None = None
) -> Placements:
    """Compute all tables of one or several models, from evidence in memory or from a run folder;
    notebooks display the result as a figure and a table.

    Args:
        evidence: Evidence of models that were asked the same set by the same protocol, or a folder.
        missing: How unanswered statements count; None: ``honest``, or as set in the folder.

    Raises:
        RunError: the folder holds no answers, or damaged ones.
    """
    if isinstance(evidence, str | Path):
        return Placements.of(conclusions.conclude(Path(evidence), missing))
    every = [evidence] if isinstance(evidence, Evidence) else list(evidence)
    materials = replace(every[0].materials, missing=missing or "honest")
    if materials.recipe.method == ADVICE:
        raise UsageError(
            "advice is no position: ask it into a folder, probes.probe(..., out), whose "
            "advice_summary.csv says what it comes to"
        )
    return Placements.of(tabulate([(e.header, e.answers) for e in every], materials).tables)


@heeded()
def contrast(
    evidence: Sequence[Evidence] | str | Path,
    pairs: Sequence[tuple[str, str]] | Literal["kin", "all"] = "kin",
    *,
    margin: float | None = None,
) -> Comparison:
    """Compare models by paired differences, from evidence in memory or from a run folder.

    Args:
        evidence: Evidence of models that were asked the same set by the same protocol, or a folder.
        pairs: ``[(from, to), ...]`` by name; ``kin``: each model against its parent; or ``all``.
        margin: Equivalence margin in points of the set's scale; None: the protocol's.

    Raises:
        UsageError: there is no such pair, or the margin is invalid.
        RunError: the folder holds no answers, or damaged ones.
    """
    if isinstance(evidence, str | Path):
        return compare.several(Path(evidence), pairs, margin)
    every = list(evidence)
    if not every:
        raise UsageError("no evidence was given, so there is nothing to compare")
    answered = [(each.header, each.answers) for each in every]
    return compare.of_evidence(answered, pairs, every[0].materials, margin)


@heeded()
def across(runs: Sequence[str | Path], traits: Mapping[str, Sequence[str]] | None = None) -> Across:
    """Compare instruments: the same models in run folders of different sets.

    Args:
        runs: Run folders, each of another set.
        traits: Trait -> axes that measure it, such as ``{"economic": ["economic", "-econ"]}``, with
            a minus for reversed axes; None: as declared by the sets, else axes of equal name.

    Raises:
        UsageError: fewer than two runs, two of one set, or traits that the runs lack.
        RunError: a folder holds no run, or no tables yet.
    """
    if len(runs) < 2:
        raise UsageError("give at least two runs, each of another statement set")
    by_set: dict[str, Instrument] = {}
    for path in map(Path, runs):
        own = instruments.instrument(path)
        if own.name in by_set:
            raise UsageError(
                f"{by_set[own.name].run} and {path} are runs of one set, {own.name}; give "
                "a run of each set (`probes compare` compares models of one)"
            )
        by_set[own.name] = own
    return instruments_across.across(list(by_set.values()), traits or {})


@heeded()
def converge(
    runs: Sequence[str | Path], traits: Mapping[str, Sequence[str]] | None = None
) -> Converged:
    """Compare ways of asking (options, open replies, requests): the same models in several run
    folders, of the same or of different sets.

    Args:
        runs: Run folders; those of one set must have different protocols.
        traits: As for `across`.

    Raises:
        UsageError: fewer than two runs, two of one set and protocol, no shared model, or traits
            that the runs lack.
        RunError: a folder holds no run, or no tables yet.
    """
    return instruments.converged(runs, traits)
