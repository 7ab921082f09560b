"""Runs of different instruments beside each other: read from their folders, written as one.

::

    OUT/across.csv  across_differences.csv  across_matrix.csv  across_traits.csv
    OUT/across.png  across.svg

The command `probes across` and the function `probes.across` are this. What is concluded stands in
`comparison.across`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.comparison.across import Instrument, across
from probes.errors import UsageError
from probes.files import csv
from probes.files.atomic import refuse_links
from probes.files.claim import claim
from probes.output import figures
from probes.runs import conclude as conclusions
from probes.runs import languages
from probes.runs.folder import Folder
from probes.types import Across

FILES = {
    "across.csv": "positions",
    "across_differences.csv": "differences",
    "across_matrix.csv": "matrix",
    "across_traits.csv": "traits",
}
"""File -> the table that it holds; the first marks the folder."""


def of_folders(runs: Sequence[Path], traits: Mapping[str, Sequence[str]]) -> Across:
    """What `comparison.across.across` concludes of run folders.

    Raises:
        UsageError: fewer than two runs, two of one instrument, or traits that the runs lack.
        RunError: a folder holds no run, or no tables yet.
    """
    if len(runs) < 2:
        raise UsageError("give at least two runs, each of another statement set")
    instruments = list[Instrument]()
    for path in runs:
        instrument = _instrument(path)
        for other in instruments:
            if other.name == instrument.name:
                raise UsageError(
                    f"{other.run} and {path} are runs of one set, {other.name}; give a run of each "
                    "set (`probes compare` compares models of one)"
                )
        instruments.append(instrument)
    return across(instruments, traits)


def _instrument(path: Path) -> Instrument:
    if languages.holds(path):
        first, *_ = languages.languages_of(path)
        raise UsageError(f"{path}: holds several languages; give one, such as {path / first}")
    tables, statements = conclusions.tables(path), Folder(path).materials().statements
    if not tables.axes:
        raise UsageError(
            f"{path}: the set {statements.name} has no axes, so nobody is placed on it"
        )
    return Instrument(statements.name, str(path), tables.axes, tables.scale, tables.placements)


def usual_folder(runs: Sequence[Path]) -> Path:
    """Where the tables lie unless told otherwise."""
    return Path("runs") / f"across-{'-'.join(path.resolve().name for path in runs)}"


def save(tables: Across, out: Path) -> None:
    """Write the tables and the figure into a folder.

    Raises:
        RunError: it holds something else, or cannot be written.
        UsageError: nobody has a position.
    """
    mark, *_ = FILES
    refuse_links(out)
    claim(out, mark, "of `probes across`")
    for name, table in FILES.items():
        csv.save(getattr(tables, table), out / name)
    for suffix in ("png", "svg"):
        figures.draw("across", tables, out / f"across.{suffix}")
