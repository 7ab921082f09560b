"""Reading the tables that `probes downstream place` wrote to a folder of predictions.

A folder may come from others, so everything that figures and reports need is checked here.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.downstream import paired
from probes.downstream.conclude import COLUMNS
from probes.downstream.settings import DownstreamFile
from probes.downstream.settings import read as read_settings
from probes.errors import RunError
from probes.files import csv
from probes.files.lock import steady
from probes.phrases import Saying, phrase
from probes.tables import stored
from probes.tables.caption import written
from probes.tables.place import MODELS, PLACEMENTS
from probes.types import Tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

NEEDED = ("performance", "groups", "gaps", "contrasts", "losses", "ensembles", "controls")
TEXT = frozenset(
    (
        *("model", "group", "against", "metric", "verdict", "reason", "worst", "loss"),
        *("verdict_plain", "members", "rule", "control"),
    )
)
"""Text columns of these tables; all others are numbers."""
NAMED = frozenset({"model", "group", "against", "seeds", "verdict"})
"""Columns without empty cells, except in `controls`."""
TASK = phrase("task {task}")
SIZES = phrase("{texts} texts in {units} units")
SEEDS = phrase("seeds a model: {seeds}")
ABOUT = phrase("95\N{NO-BREAK SPACE}% intervals cover other texts of the task, and other trainings")
FEW = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover other texts of the task, for these trained models only: "
    "fewer than three seeds"
)
FIGURES = ("groups", "gaps", "debiasing")
"""Figures that need such a folder only."""


def holds(directory: Path) -> bool:
    """Whether a folder holds predictions or their tables, and is not the folder of a run."""
    here = (directory / "predictions").is_dir() or (directory / "contrasts.csv").is_file()
    return here and not (directory / "run.yaml").exists()


def read(directory: Path) -> "dict[str, pd.DataFrame]":
    """Table name -> table.

    Raises:
        RunError: the folder holds no predictions, or a table is missing or damaged.
    """
    if not holds(directory):
        raise RunError(
            f"{directory}: holds no predictions of classifiers; give a folder of "
            "`probes downstream run`, or of predictions of your own"
        )
    with steady(directory, [directory / f"{name}.csv" for name in NEEDED]):
        return {name: _table(directory, name) for name in NEEDED}


def tables(directory: Path) -> Tables:
    """The tables for figures of a folder of predictions alone, without a run.

    Raises:
        RunError, SetError: as `read`; or `downstream.yaml` is damaged.
    """
    import pandas as pd

    frames, file = read(directory), read_settings(directory)
    names = list(dict.fromkeys(frames["performance"]["model"]))
    entries = [file.models.get(name) for name in names]
    about = {
        "model": names,
        "parent": [entry.parent if entry else "" for entry in entries],
        "corpus": [entry.corpus if entry else "" for entry in entries],
    }
    empty = dict.fromkeys(MODELS, "") | {"step": float("nan")}
    nothing = pd.DataFrame()
    bare = Tables(
        *((), 1.0, "", pd.DataFrame(columns=list(PLACEMENTS))),
        *(nothing, nothing, nothing, nothing, nothing),
        pd.DataFrame({**{k: v for k, v in empty.items() if k not in about}, **about}),
    )
    return beside(bare, frames, file)


def beside(
    run_tables: Tables, frames: "Mapping[str, pd.DataFrame]", file: DownstreamFile
) -> Tables:
    """Add the tables of classifiers to those of a run, with a joint caption."""
    seeds = _seeds(frames, file)
    parts = (*run_tables.caption_parts, *caption(frames, file))
    about = (Saying(FEW if paired.seeds_are_few(min(seeds, default=0)) else ABOUT),)
    return replace(
        run_tables,
        contrasts=frames["contrasts"],
        gaps=frames["gaps"],
        losses=frames["losses"],
        caption=written(parts),
        caption_parts=parts,
        intervals=written(about),
        interval_parts=about,
    )


def caption(frames: "Mapping[str, pd.DataFrame]", file: DownstreamFile) -> tuple[Saying, ...]:
    """Caption: the task, and the numbers of texts, units and seeds."""
    rows = frames["performance"]
    seeds = _seeds(frames, file)
    counts = {
        name: f"{int(rows[name].max()):,}" if rows[name].notna().any() else "0"
        for name in ("texts", "units")
    }
    task = (Saying(TASK, {"task": file.task}),) if file.task else ()
    joined = "\N{EN DASH}".join(map(str, dict.fromkeys(seeds[:1] + seeds[-1:])))
    return (*task, Saying(SIZES, counts), Saying(SEEDS, {"seeds": joined or "0"}))


def _seeds(frames: "Mapping[str, pd.DataFrame]", file: DownstreamFile) -> list[int]:
    """The distinct numbers of seeds of the models; word-count controls use no randomness."""
    rows = frames["performance"]
    counted = [n for n, model in file.models.items() if model.role in ("words", "second_text")]
    return sorted({int(n) for n in rows[~rows["model"].isin(counted)]["seeds"].dropna()})


def _table(directory: Path, name: str) -> "pd.DataFrame":
    file = directory / f"{name}.csv"
    mend = f"`probes downstream place {directory}` makes it"
    try:
        table = csv.read(file, sorted(TEXT))
        fault = _fault(name, table)
    except FileNotFoundError:
        raise RunError(f"{file}: is not there; {mend}") from None
    except (OSError, ValueError, OverflowError):
        fault = "cannot be read as a table"
    if fault:
        raise RunError(f"{file}: {fault}; {mend} again")
    return table[list(COLUMNS[name])]


def _fault(name: str, table: "pd.DataFrame") -> str:
    """A description of the first fault in a table; empty if there is none."""
    import pandas as pd

    if lacking := [column for column in COLUMNS[name] if column not in table]:
        return f"there is no column {lacking[0]!r}"
    if not isinstance(table.index, pd.RangeIndex):
        return "rows have more cells than there are columns"
    if name == "performance" and table.empty:
        return "holds no model"
    for column in COLUMNS[name]:
        cells = table[column]
        if column in NAMED and name != "controls" and cells.isna().any():
            return f"a cell of column {column!r} is empty"
        if column not in TEXT and not stored.is_number(cells, whole=False):
            return f"column {column!r} should hold numbers alone"
    return ""
