"""What a run folder's evidence comes to: every table and the compass, from its answers alone.

The command `probes place` is this, and the end of `probes run`; no model is needed. Reads and
writes files; the numbers are made by `agreement` and `tables`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from probes.errors import RunError
from probes.files import csv
from probes.files.lock import locked
from probes.output.figures import draw
from probes.runs import judge as judging
from probes.runs import stance_tables
from probes.runs.folder import Folder
from probes.tables.place import tabulate
from probes.types import Missing

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Tables

Read = TypeVar("Read")

TABLES = ("placements", "ellipses", "reference", "variance", "topics", "agreement", "models")
LATER = ("wordings", "statements")
"""Tables that folders of older versions lack; only the figures of the same names need them."""
BETWEEN = ("differences", "shifts")
"""Tables of models against each other: there only where some of them were compared."""


def conclude(path: Path, missing: Missing | None = None, matrix: str | None = None) -> "Tables":
    """Every table and the compass of a run folder, from its answers alone; no model is needed.

    Args:
        path: The folder.
        missing: How unanswered statements count; None: as they did before.
        matrix: File of the stance model's errors to correct by, or ``none``; None: as before.

    Raises:
        RunError: the folder holds no answers, or damaged ones; or another process is at work in it.
    """
    Folder(path).run()
    with locked(path, "run"):
        return concluded(path, missing, matrix)


def concluded(path: Path, missing: Missing | None = None, matrix: str | None = None) -> "Tables":
    """`conclude`, for who holds the folder's lock."""
    folder = Folder(path)
    if matrix is not None:
        folder.correct(matrix)
    if missing is not None:
        folder.choose(missing)
    materials = folder.materials()
    models = folder.models()
    if not models:
        raise RunError(f"{path}: holds no answers yet; run `probes run` with this --out first")
    evidence = _ahead(lambda name: judging.columns(folder, name, materials), models)
    tables = stance_tables.beside(folder, materials, tabulate(evidence, materials))
    for name in (*TABLES, *LATER):
        csv.save(getattr(tables, name), path / f"{name}.csv")
    if tables.alignment is not None:
        csv.save(tables.alignment, path / "alignment.csv")
    write_between(folder, tables.differences, tables.shifts)
    positions = tables.placements.groupby("model")["position"].count()
    if len(materials.statements.axes) > 1 and positions.max() > 1:
        for suffix in ("png", "svg"):
            draw("compass", tables, path / f"compass.{suffix}")
    return tables


def tables(path: Path) -> "Tables":
    """The tables of a run folder, as its CSVs have them.

    Raises:
        RunError: there are none yet, or one is not as `conclude` wrote it.
    """
    from probes.tables.place import caption, mixed
    from probes.types import Tables

    folder = Folder(path)
    materials = folder.materials()
    compared = [
        name
        for name in (*BETWEEN, *LATER, *stance_tables.NAMES)
        if (path / f"{name}.csv").is_file()
    ]
    names = (*TABLES, *(["alignment"] if materials.statements.respondents else []), *compared)
    try:
        read = {name: csv.read(path / f"{name}.csv") for name in names}
    except FileNotFoundError as error:
        raise RunError(f"{error.filename}: is not there; `probes place {path}` makes it") from None
    except (ValueError, OSError):
        raise RunError(f"{path}: a table is damaged; `probes place {path}` mends it") from None
    asked = read["agreement"].query("role == 'statement'")["statement"].nunique()
    axes, scale = materials.statements.axes, materials.statements.scale
    gives = [g if isinstance(g, str) else "" for g in read["models"].get("gives", ())]
    return Tables(axes, scale, caption(materials, asked, mixed(materials, gives)), **read)


def _ahead(read: Callable[[str], Read], names: Sequence[str]) -> Iterator[Read]:
    """What is read of each model, each while what was read before it is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read, names[0])
        for name in names[1:]:
            found, coming = coming.result(), reader.submit(read, name)
            yield found
        yield coming.result()


def write_between(
    folder: Folder, differences: "pd.DataFrame | None", shifts: "pd.DataFrame | None"
) -> None:
    """Write what models are against each other; None: what is there is of other answers, and goes.

    Raises:
        RunError: the folder cannot be written.
    """
    for name, table in zip(BETWEEN, (differences, shifts), strict=True):
        if table is None:
            (folder.path / f"{name}.csv").unlink(missing_ok=True)
        else:
            csv.save(table, folder.path / f"{name}.csv")
