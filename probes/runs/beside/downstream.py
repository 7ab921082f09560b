"""Predictions of classifiers beside the models of a run: their tables, and the two held together.

Reads a run folder and a folder of `probes downstream`; writes into the second alone.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.downstream import conclude, predictions, settings, stored
from probes.downstream import link as links
from probes.downstream.recipe import published
from probes.downstream.recipe.recipes import PaperRecipe
from probes.errors import UsageError
from probes.files import csv
from probes.files.claim import claim
from probes.files.lock import held
from probes.output import figures
from probes.types import Tables

if TYPE_CHECKING:
    import pandas as pd

FIGURE = "link"


def linked(run: Tables, directory: Path, wanted: links.Wanted = links.ALL) -> Tables:
    """A run's tables beside those of a folder of predictions, with what links the two.

    Raises:
        ProbesError: the folder is none, or has no tables; fewer than four models are placed.
    """
    frames = stored.read(directory)
    pairs, fits = links.link(run, frames["contrasts"], wanted)
    made = stored.beside(run, frames, settings.read(directory))
    return replace(made, link=pairs, link_fits=fits)


def link(
    run: Tables,
    directory: Path,
    target: Path,
    wanted: links.Wanted,
    options: Mapping[str, object],
) -> Tables:
    """`linked`, and its tables and figure written into a folder. Within that of the predictions,
    no other command may write meanwhile: `place` removes there what no longer holds.

    Raises:
        ProbesError: as `linked`; the figure has no such option, the folder holds something else,
            cannot be written, or another command is at work there.
    """
    inside = target.resolve().is_relative_to(directory.resolve()) and stored.holds(directory)
    with held(directory, "command") if inside else nullcontext():
        made = linked(run, directory, wanted)
        picture = figures.drawn(FIGURE, made, options)  # before anything is written
        claim(target, links.FILES[0], "the folder of such a link")
        for name in links.TABLES:
            csv.save(getattr(made, name), target / f"{name}.csv")
        for name in links.PICTURES:
            figures.save(picture, target / name)
    return made


def place(directory: Path, recipe: PaperRecipe | None = None) -> "dict[str, pd.DataFrame]":
    """Every table and figure of a folder of predictions, from the predictions alone.

    Raises:
        RunError, SetError: the predictions are at fault, the folder cannot be written, or another
            command writes there.
    """
    predictions.require(directory)
    with held(directory, "command"):
        return placed(directory, recipe)


def placed(directory: Path, recipe: PaperRecipe | None = None) -> "dict[str, pd.DataFrame]":
    """`place`, for who holds the folder's lock."""
    tables = conclude.placed(directory)
    if recipe is not None:
        tables |= {published.NAME: published.save(directory, recipe)}
    draw(directory)
    return tables


def draw(directory: Path) -> None:
    """Draw what the tables of a folder of predictions allow, as PNG beside them.

    Raises:
        RunError: the tables are at fault, or a file cannot be written.
    """
    tables = stored.tables(directory)
    for figure in stored.FIGURES:
        target = directory / f"{figure}.png"
        try:
            figures.draw(figure, tables, target)
        except UsageError:  # no child beside its base, or one loss alone: nothing to draw
            target.unlink(missing_ok=True)


def drawn(directory: Path) -> list[str]:
    """Names of the files that `draw` left."""
    files = (directory / f"{figure}.png" for figure in stored.FIGURES)
    return [file.name for file in files if file.is_file()]
