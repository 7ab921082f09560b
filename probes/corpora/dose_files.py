"""Tables and figure of the dose analysis (`dose`), from the folders of a run and of placed
corpora."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from probes.corpora import dose
from probes.errors import UsageError
from probes.files import csv
from probes.files.claim import claim
from probes.output import figures
from probes.runs import read_back
from probes.runs.folder import Folder

FIGURE = "dose"


def save(run: Path, placed: Path, named: Mapping[str, str], folder: Path) -> pd.DataFrame:
    """Write ``dose.csv``, ``dose_fits.csv`` and, if a line was fitted, the figure.

    Args:
        run: folder of a run with models and their parents.
        placed: folder of `probes corpus place`, with the same set.
        named: model -> its training corpus, if the run does not say it.
        folder: output folder.

    Returns:
        The fits (`dose.FITS`).

    Raises:
        UsageError: the sets differ, or no model has its parent and its corpus here.
        RunError: the folder cannot be made, or holds something else.
    """
    sets = [Folder(path).materials().statements for path in (run, placed)]
    if sets[0].sha256 != sets[1].sha256:
        raise UsageError(
            f"{run} and {placed} hold runs of other sets ({sets[0].name}, {sets[1].name}): models "
            "and corpora must be placed on the same one"
        )
    models = read_back.tables(run)
    pairs, fits = dose.dose(models, read_back.tables(placed), named)
    claim(folder, "dose.csv", "the folder of a dose")
    csv.save(pairs, folder / "dose.csv")
    csv.save(fits, folder / "dose_fits.csv")
    if is_drawn(fits):
        drawn = replace(models, dose=pairs, dose_fits=fits)
        for suffix in ("png", "svg"):
            figures.draw(FIGURE, drawn, folder / f"{FIGURE}.{suffix}")
    return fits


def is_drawn(fits: pd.DataFrame) -> bool:
    """Whether any line was fitted, so that a figure is drawn."""
    return bool(fits["slope"].notna().any())
