"""Reads a run folder into the values that the report is made from; never writes.

Needs no lock and no model, and works while a run goes on. Uses the folder's tables if they are up
to date; else computes them in memory from the answers so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.downstream import stored as predicted
from probes.errors import RunError
from probes.evidence import answers
from probes.files import csv as csvfile
from probes.placement.model import Placement
from probes.report.evidence import DISTINCT, WHOLE, ShownAnswers, Templates, read_answers, shorten
from probes.runs import judge as judging
from probes.runs import languages, read_back
from probes.runs.beside import people as beside
from probes.runs.beside import stances
from probes.runs.folder import Folder
from probes.tables.place import Conclusion, tabulate
from probes.types import Header, Materials, Tables

if TYPE_CHECKING:
    import pandas as pd

REPLIES = 6_000_000
"""Maximum number of characters of all replies in a report."""


@dataclass(frozen=True, slots=True)
class RunData:
    """Content of a run folder, as the report needs it."""

    path: Path
    run: Mapping[str, object]
    """Content of `run.yaml`."""
    materials: Materials
    answered: tuple[ShownAnswers, ...]
    """One entry per model with answers, in the order of the run."""
    waiting: tuple[str, ...]
    """Names of models without answers yet."""
    cells: int
    """Number of answers when complete, of the models begun so far."""
    templates: Templates
    whole: bool
    """Whether every answer is shown."""
    cut: int | None
    """Length to which replies were cut; None if none was."""
    tables: Tables
    models: tuple[Placement, ...]
    """Placements, in the order of `answered`."""
    state: str
    """State of the folder before it was read."""
    csv: Mapping[str, bytes]
    """Table name -> bytes of its CSV file, also of tables not written yet."""
    downstream: Path | None = None
    """Folder of predictions of classifiers to show beside the models."""

    @property
    def headers(self) -> Sequence[Header]:
        """Headers of the models with answers."""
        return [shown.header for shown in self.answered]

    @property
    def done(self) -> int:
        """Number of answers so far."""
        return sum(shown.done for shown in self.answered)

    @property
    def going(self) -> bool:
        """Whether the run is still going or was stopped before its end."""
        return self.done < self.cells or bool(self.waiting)


def source(path: Path, people: str | None = None, downstream: Path | None = None) -> RunData:
    """Read a run folder, with people (None: those of the folder) and classifiers to show beside it.

    Raises:
        RunError: the folder is no run folder, holds several languages, has no answers yet, or has
            damaged ones.
    """
    if languages.holds(path):
        folders = " or ".join(str(path / name) for name in languages.languages_of(path))
        raise RunError(
            f"{path}: holds a run in several languages; give the folder of one: {folders}"
        )
    folder, before = Folder(path), state(path, downstream)
    run, materials, names = folder.run(), folder.materials(), folder.models()
    if materials.statements.kind == "requests":
        raise RunError(
            f"{path}: holds replies to requests, whose page `probes report {path}` writes"
        )
    if materials.recipe.method == "advice":
        raise RunError(f"{path}: holds vote advice, whose page `probes report {path}` writes")
    cells = sum(answers.read(folder.answers(name))[0].cells for name in names)
    whole = cells <= WHOLE
    first = next((c.name for c in materials.recipe.conditions), "")
    templates = Templates(None if whole else DISTINCT)
    every = [
        read_answers(
            *judging.evidence(folder, name, materials),
            materials.statements,
            templates,
            whole=whole,
            condition=first,
        )
        for name in names
    ]
    answered = tuple(shown for shown in every if shown.done)
    if not answered:
        raise RunError(f"{path}: holds no answers yet; run `probes run` with this --out first")
    conclusion, csv = _concluded(folder, materials, every)
    if people is not None:
        conclusion = replace(conclusion, tables=beside.with_typed(path, conclusion.tables, people))
        csv = _with_people(csv, conclusion.tables)
    return RunData(
        path=path,
        run=run,
        materials=materials,
        answered=answered,
        waiting=tuple(shown.header.model.name for shown in every if not shown.done),
        cells=cells,
        templates=templates,
        whole=whole,
        cut=shorten(answered, REPLIES),
        tables=conclusion.tables,
        models=conclusion.models,
        state=before,
        csv=csv,
        downstream=downstream,
    )


def state(path: Path, downstream: Path | None = None) -> str:
    """State of the folders: sizes and times of their files, which change with every answer and
    result.

    Args:
        path: a run folder.
        downstream: a folder of predictions, if the report includes one.

    Raises:
        RunError: it is no run folder.
    """
    folder = Folder(path)
    files = [folder.answers(name) for name in folder.models()]
    files.append(path / "placements.csv")
    if downstream is not None:
        files += [downstream / f"{name}.csv" for name in predicted.NEEDED]
    seen = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        seen.append(f"{file.name}:{stat.st_size}:{stat.st_mtime_ns}")
    return "|".join(seen)


def _concluded(
    folder: Folder, materials: Materials, every: Sequence[ShownAnswers]
) -> tuple[Conclusion, dict[str, bytes]]:
    """Tables and CSV files of the folder if up to date with its answers; else computed."""
    complete = all(shown.done == shown.header.cells for shown in every)
    conclusion = read_back.conclusion(folder, materials) if complete else None
    if conclusion is not None:
        files = {name: folder.path / f"{name}.csv" for name in _frames(conclusion.tables)}
        return conclusion, {n: file.read_bytes() for n, file in files.items() if file.exists()}
    begun = [shown.header.model.name for shown in every if shown.done]
    evidence = (judging.columns(folder, name, materials) for name in begun)
    conclusion = tabulate(evidence, materials)
    if complete:
        tables = replace(
            conclusion.tables,
            stances=stances.stances(folder, materials),
            faithful=stances.published(folder, materials, conclusion.tables.placements),
        )
        conclusion = replace(conclusion, tables=tables)
    frames = _frames(conclusion.tables)
    return conclusion, {name: csvfile.text(frame).encode() for name, frame in frames.items()}


def _with_people(csv: Mapping[str, bytes], tables: Tables) -> dict[str, bytes]:
    """The CSV files with those about people replaced: people named by an option are in no file."""
    unchanged = {name: data for name, data in csv.items() if name not in beside.NAMES}
    frames = {name: frame for name, frame in _frames(tables).items() if name in beside.NAMES}
    return unchanged | {name: csvfile.text(frame).encode() for name, frame in frames.items()}


def _frames(tables: Tables) -> "dict[str, pd.DataFrame]":
    """Table name -> data frame, of all tables that are CSV files."""
    import pandas as pd

    values = {f.name: getattr(tables, f.name) for f in fields(Tables)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}
