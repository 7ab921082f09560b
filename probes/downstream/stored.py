"""The tables of a folder of predictions, read back as `probes downstream place` wrote them.

A folder may be a stranger's, so that everything that figures and reports rely on is checked here.
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
"""Columns that are text in each of these tables."""
NAMED = frozenset({"model", "group", "against", "seeds", "verdict"})
"""Columns of which no cell is empty, but in the table of controls."""
TASK = phrase("task {task}")
SIZES = phrase("{texts} texts in {units} units")
SEEDS = phrase("seeds a model: {seeds}")
ABOUT = phrase("95\N{NO-BREAK SPACE}% intervals cover other texts of the task, and other trainings")
FEW = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover other texts of the task, for these trained models only: "
    "fewer than three seeds"
)
FIGURES = ("groups", "gaps", "debiasing")
"""What can be drawn of such a folder alone."""


def holds(directory: Path) -> bool:
    """Whether a folder is one of predictions, or of their tables, and not of a run."""
    here = (directory / "predictions").is_dir() or (directory / "contrasts.csv").is_file()
    return here and not (directory / "run.yaml").exists()


def read(directory: Path) -> "dict[str, pd.DataFrame]":
    """Table -> what is in it.

    Raises:
        RunError: it is no such folder, has no tables yet, or they are not as `place` writes them.
    """
    if not holds(directory):
        raise RunError(
            f"{directory}: holds no predictions of classifiers; give a folder of "
            "`probes downstream run`, or of predictions of your own"
        )
    with steady(directory, [directory / f"{name}.csv" for name in NEEDED]):
        return {name: _table(directory, name) for name in NEEDED}


def tables(directory: Path) -> Tables:
    """What figures draw of a folder of predictions alone.

    Raises:
        RunError, SetError: as `read`; `downstream.yaml` is damaged.
    """
    import pandas as pd

    frames, file = read(directory), read_settings(directory)
    names = list(dict.fromkeys(frames["performance"]["model"]))
    entries = [file.models.get(name) for name in names]
    about = {
        "model": names,
        "parent": [of.parent if of else "" for of in entries],
        "corpus": [of.corpus if of else "" for of in entries],
    }
    empty = dict.fromkeys(MODELS, "") | {"step": float("nan")}
    nothing = pd.DataFrame()
    bare = Tables(
        *((), 1.0, "", pd.DataFrame(columns=list(PLACEMENTS))),
        *(nothing, nothing, nothing, nothing, nothing),
        pd.DataFrame({**{k: v for k, v in empty.items() if k not in about}, **about}),
    )
    return beside(bare, frames, file)


def beside(of: Tables, frames: "Mapping[str, pd.DataFrame]", file: DownstreamFile) -> Tables:
    """Tables with those of classifiers, under their caption and that of these."""
    seeds = _seeds(frames, file)
    parts = (*of.caption_parts, *caption(frames, file))
    about = (Saying(FEW if paired.seeds_are_few(min(seeds, default=0)) else ABOUT),)
    return replace(
        of,
        contrasts=frames["contrasts"],
        gaps=frames["gaps"],
        losses=frames["losses"],
        caption=written(parts),
        caption_parts=parts,
        intervals=written(about),
        interval_parts=about,
    )


def caption(frames: "Mapping[str, pd.DataFrame]", file: DownstreamFile) -> tuple[Saying, ...]:
    """Which task, how many texts, units and seeds."""
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
    """How many seeds models have, without controls that count words: nothing in them is drawn."""
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
    """What is wrong with the table, in words; empty if nothing is."""
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
