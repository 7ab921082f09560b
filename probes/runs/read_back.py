"""Reads the results of a finished run folder from its tables, instead of recomputing them.

Writes nothing, and reads only the headers of the answers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import RunError
from probes.evidence import answers
from probes.files.lock import steady
from probes.placement.model import Placement
from probes.runs import judge as judging
from probes.runs.beside import advice as advice_runs
from probes.runs.beside import people as beside
from probes.runs.beside import requests as request_runs
from probes.runs.beside import stances
from probes.runs.folder import Folder
from probes.tables import stored
from probes.tables.agreed import agreed, offered
from probes.tables.place import Conclusion, placements
from probes.types import Header, Materials, Tables

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("placements", "ellipses", "reference", "variance", "topics", "agreement", "models")
LATER = ("wordings", "statements")
"""Tables that folders of older versions lack; only the figures of the same names need them."""
OTHERS = (
    *(*stances.NAMES, *beside.NAMES, *request_runs.NAMES, *advice_runs.NAMES),
    *("conditions", "steering", "challenge", "rewards", "style"),
)
BETWEEN = ("differences", "shifts")
"""Tables of comparisons between models; exist only if some were compared."""


def tables(path: Path) -> Tables:
    """The tables of a run folder, from its CSV files.

    Raises:
        RunError: there are none yet, one was not written by `conclude`, or they are being written.
    """
    folder = Folder(path)
    materials = folder.materials()
    some = (*BETWEEN, *LATER, "official", "variants", *OTHERS)
    compared = [name for name in some if (path / f"{name}.csv").is_file()]
    advice_tables = advice_runs.NAMES if advice_runs.holds(materials) else ()
    aligned = bool(materials.statements.respondents) and not advice_tables
    names = dict.fromkeys((*TABLES, *advice_tables, *(["alignment"] if aligned else []), *compared))
    try:
        with steady(path, [path / f"{name}.csv" for name in names]):
            read = {name: stored.read(path, name) for name in names}
    except FileNotFoundError as error:
        raise RunError(f"{error.filename}: is not there; `probes place {path}` makes it") from None
    read_back = stored.assembled(path, read, materials)
    if request_runs.holds(materials):
        read_back = request_runs.captioned(read_back, materials)
    if advice_runs.holds(materials):
        read_back = advice_runs.captioned(read_back, materials)
    return beside.captioned(folder, read_back)


def conclusion(folder: Folder, materials: Materials) -> Conclusion | None:
    """Tables of a folder, and placements computed from its agreement table.

    None if there are no tables, or any of them is older than its inputs.
    """
    names = folder.models()
    if not _current(folder, names):
        return None
    read = tables(folder.path)
    if list(read.models["model"]) != names:
        return None
    materials = offered(materials)
    models = placements(read.agreement, materials, _headers(folder, names))
    return Conclusion(models, read, materials)


def placed(folder: Folder, materials: Materials, names: Sequence[str]) -> tuple[Placement, ...]:
    """Placements of some models of a folder: from its agreement table, else from their answers.

    Raises:
        RunError: answers are damaged, or open replies are not judged.
    """
    agreement = _agreement(folder, names)
    if agreement is None:
        evidence = (judging.columns(folder, name, materials) for name in names)
        headers, agreement, materials, *_ = agreed(evidence, materials)
        return placements(agreement, materials, headers)
    return placements(agreement, offered(materials), _headers(folder, names))


def _agreement(folder: Folder, names: Sequence[str]) -> "pd.DataFrame | None":
    """The agreement table; None if it is out of date or lacks one of these models."""
    if not _current(folder, folder.models()):
        return None
    try:
        table = stored.read(folder.path, "agreement")
    except (OSError, RunError):
        return None
    return table if set(names) <= set(table["model"]) else None


def _headers(folder: Folder, names: Sequence[str]) -> list[Header]:
    return [answers.read(folder.answers(name))[0] for name in names]


def _current(folder: Folder, names: Sequence[str]) -> bool:
    """Whether every table exists, and none is older than the answers and settings."""
    sources = [folder.path / "run.yaml"]
    sources += [file(name) for name in names for file in (folder.answers, folder.stances)]
    try:
        oldest = min((folder.path / f"{name}.csv").stat().st_mtime_ns for name in TABLES)
        return oldest >= max(file.stat().st_mtime_ns for file in sources if file.exists())
    except OSError:
        return False
