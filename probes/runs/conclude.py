"""Computes every table and the compass of a run folder from its answers alone.

Used by the command `probes place`, and at the end of `probes run`; needs no model. Reads and writes
files; the numbers are computed by `agreement` and `tables`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from probes.claims import kept
from probes.ending.interrupts import heeded
from probes.errors import RunError
from probes.files import csv
from probes.files.lock import locked
from probes.output.figures import draw
from probes.runs import judge as judging
from probes.runs.beside import advice as advice_runs
from probes.runs.beside import people as beside
from probes.runs.beside import requests as request_runs
from probes.runs.beside import stances
from probes.runs.beside.seal import seal
from probes.runs.folder import Folder
from probes.runs.read_back import BETWEEN, LATER, OTHERS, TABLES
from probes.style import table as style
from probes.tables import saved_pairs
from probes.tables.place import Conclusion, tabulate
from probes.types import Header, Missing, Tables

if TYPE_CHECKING:
    import pandas as pd

    from probes.evidence.columns import AnswerColumns

Read = TypeVar("Read")


@heeded()
def conclude(
    path: str | Path,
    missing: Missing | None = None,
    matrix: str | None = None,
    people: str | None = None,
) -> Tables:
    """Write every table and the compass of a run folder, from its answers alone; needs no model.

    Args:
        path: The folder.
        missing: How unanswered statements count; None: unchanged.
        matrix: File of the stance model's errors, to correct for them, or ``none``; None:
            unchanged.
        people: People to compare the models with, as `referents.sample` reads them, or ``none``;
            None: unchanged.

    Raises:
        RunError: the folder holds no answers, or damaged ones; or another process uses it.
    """
    return conclusion(Path(path), missing, matrix, people).tables


def conclusion(
    path: Path,
    missing: Missing | None = None,
    matrix: str | None = None,
    people: str | None = None,
) -> Conclusion:
    """`conclude`; also returns the placements that the tables are made from."""
    Folder(path).run()
    with locked(path, "run"):
        return concluded(path, missing, matrix, people)


def concluded(
    path: Path,
    missing: Missing | None = None,
    matrix: str | None = None,
    people: str | None = None,
) -> Conclusion:
    """`conclusion`, for callers that hold the folder's lock."""
    folder = Folder(path)
    persons = beside.read(people, folder)
    if matrix is not None:
        folder.correct(matrix)
    if missing is not None:
        folder.choose(missing)
    result = reckoned(folder)
    result = replace(result, tables=beside.people(folder, result.tables, people, persons))
    for name, table in csv_tables(folder, result).items():
        _write_or_remove(folder, name, table)
    tables = result.tables
    positions = tables.placements.groupby("model")["position"].count()
    figure = "compass" if len(tables.axes) > 1 and positions.max() > 1 else ""
    figure = figure if tables.requests is None else "requests"
    figure = figure if tables.advice is None else "advice"
    for suffix in ("png", "svg") if figure else ():
        draw(figure, tables, path / f"{figure}.{suffix}")
    seal(path)
    return result


def reckoned(folder: Folder) -> Conclusion:
    """All results of the folder's answers; writes nothing; raises as `conclude`."""
    path, materials, models = folder.path, folder.materials(), folder.models()
    if request_runs.holds(materials):
        return request_runs.reckoned(folder, materials)
    if advice_runs.holds(materials):
        return advice_runs.reckoned(folder, materials)
    under = next((f" under condition {c.name!r}" for c in materials.recipe.conditions), "")
    lacking = f"{path}: holds no answers{under} yet; run `probes run` with this --out first"
    if not models:
        raise RunError(lacking)
    counts: dict[str, tuple[int, int]] = {}

    def read(name: str) -> "tuple[Header, AnswerColumns]":
        header, columns = judging.columns(folder, name, materials)
        counts[name] = len(columns.order), header.cells
        return header, columns

    in_memory = tabulate(_read_ahead(read, models), materials)
    # headers only, or answers under other conditions than the first
    if in_memory.tables.agreement.empty:
        raise RunError(lacking)
    tables = stances.beside(folder, materials, style.beside(materials, in_memory.tables))
    tabulated = replace(in_memory, tables=tables, read=counts)
    return replace(tabulated, tables=saved_pairs.kept(path, tabulated))


def csv_tables(folder: Folder, result: Conclusion) -> "dict[str, pd.DataFrame | None]":
    """Name of each CSV file of a run folder -> its table; None: the file must not exist.

    Raises:
        ProbesError: the folder's claims are not those that were recorded.
    """
    names = (*TABLES, *LATER, "alignment", "official", "variants", *BETWEEN, *OTHERS)
    tables = {name: getattr(result.tables, name) for name in names}
    recorded = folder.run().get("claims_sha256")
    claims = kept.judged(folder.path, recorded, result.models, result.materials)
    return {**tables, "claims": claims}


def _read_ahead(read: Callable[[str], Read], names: Sequence[str]) -> Iterator[Read]:
    """Results of `read` for each model, each read in a thread while the previous is processed."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read, names[0])
        for name in names[1:]:
            ready, coming = coming.result(), reader.submit(read, name)
            yield ready
        yield coming.result()


def write_between(
    folder: Folder, differences: "pd.DataFrame | None", shifts: "pd.DataFrame | None"
) -> None:
    """Write the comparisons of models; for None, delete the file, which is of other answers.

    Raises:
        RunError: the folder cannot be written, or another process uses it.
    """
    with locked(folder.path, "run"):
        for name, table in zip(BETWEEN, (differences, shifts), strict=True):
            _write_or_remove(folder, name, table)
        seal(folder.path)


def _write_or_remove(folder: Folder, name: str, table: "pd.DataFrame | None") -> None:
    """Write a table that only some runs have; for None, delete the outdated file."""
    if table is None:
        (folder.path / f"{name}.csv").unlink(missing_ok=True)
    else:
        csv.save(table, folder.path / f"{name}.csv")
