"""Links the tables of a run with predictions of classifiers trained from its models.

Reads a run folder and a folder of `probes downstream`; writes only into the latter.
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
    """A run's tables merged with those of a folder of predictions, and with the link of the two.

    Raises:
        ProbesError: the folder is not one of predictions, or has no tables; fewer than four models
            are placed.
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
    """Write the tables and figure of the link into a folder; returns the tables of `linked`.

    The folder of the predictions is locked if `target` is within it: `place` removes outdated
    files of a link there.

    Args:
        run: tables of a run.
        directory: folder of predictions.
        target: output folder.
        wanted: which leaning and which group effect.
        options: keyword arguments for the figure.

    Raises:
        ProbesError: as `linked`; the figure has no such option, the folder holds something else,
            cannot be written, or another command is writing to it.
    """
    inside = target.resolve().is_relative_to(directory.resolve()) and stored.holds(directory)
    with held(directory, "command") if inside else nullcontext():
        made = linked(run, directory, wanted)
        picture = figures.drawn(FIGURE, made, options)  # raises before anything is written
        claim(target, links.FILES[0], "the folder of such a link")
        for name in links.TABLES:
            csv.save(getattr(made, name), target / f"{name}.csv")
        for name in links.PICTURES:
            figures.save(picture, target / name)
    return made


def place(directory: Path, recipe: PaperRecipe | None = None) -> "dict[str, pd.DataFrame]":
    """All tables and figures of a folder of predictions, computed from these alone.

    Args:
        directory: the folder.
        recipe: of a paper, whose own rule is applied too.

    Raises:
        RunError, SetError: the predictions are faulty, the folder cannot be written, or another
            command is writing to it.
    """
    predictions.require(directory)
    with held(directory, "command"):
        return placed(directory, recipe)


def placed(directory: Path, recipe: PaperRecipe | None = None) -> "dict[str, pd.DataFrame]":
    """As `place`, for a caller that already holds the folder's lock."""
    tables = conclude.placed(directory)
    if recipe is not None:
        tables |= {published.NAME: published.save(directory, recipe)}
    draw(directory)
    return tables


def draw(directory: Path) -> None:
    """Draw the figures that the tables of a folder of predictions allow, as PNG files in it.

    Raises:
        RunError: the tables are at fault, or a file cannot be written.
    """
    tables = stored.tables(directory)
    for figure in stored.FIGURES:
        target = directory / f"{figure}.png"
        try:
            figures.draw(figure, tables, target)
        except UsageError:  # no child and base, or a single loss: nothing to draw
            target.unlink(missing_ok=True)


def drawn(directory: Path) -> list[str]:
    """Names of the figure files that are in the folder."""
    files = (directory / f"{figure}.png" for figure in stored.FIGURES)
    return [file.name for file in files if file.is_file()]
