"""Links the tables of a run with predictions of classifiers trained from its models.

Reads a run folder and a folder of `probes downstream`; writes only into the latter.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from probes.downstream import link as links
from probes.downstream import settings, stored
from probes.errors import UsageError
from probes.files import csv
from probes.files.claim import claim
from probes.output import figures
from probes.types import Tables

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


def save(made: Tables, target: Path, options: Mapping[str, object]) -> None:
    """Write the figure, ``link.csv`` and ``link_fits.csv`` from the tables of `linked`.

    Raises:
        UsageError: the figure has no such option.
        RunError: the folder holds something else, or cannot be written.
    """
    figures.drawn(FIGURE, made, options)  # raises before anything is written
    claim(target, f"{FIGURE}.csv", "the folder of such a link")
    for name in (FIGURE, "link_fits"):
        csv.save(getattr(made, name), target / f"{name}.csv")
    for suffix in ("png", "svg"):
        figures.draw(FIGURE, made, target / f"{FIGURE}.{suffix}", options)


def draw(directory: Path) -> list[str]:
    """Draw the figures that the tables of a folder of predictions allow, as PNG files in it;
    returns their names.

    Raises:
        RunError: the tables are at fault, or a file cannot be written.
    """
    tables, files = stored.tables(directory), list[str]()
    for figure in stored.FIGURES:
        target = directory / f"{figure}.png"
        try:
            figures.draw(figure, tables, target)
        except UsageError:  # no child and base, or a single loss: nothing to draw
            target.unlink(missing_ok=True)
        else:
            files.append(target.name)
    return files
