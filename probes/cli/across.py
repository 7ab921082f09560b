"""The commands `probes across` and `probes converge`: parse, call, print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import line, say
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.types import Across


def across(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs, each of another set.", metavar="DIR...")
    ],
    trait: Annotated[
        list[str] | None,
        typer.Option(
            help="Axes that belong together, such as economic=economic,-econ; a minus turns one "
            "round [default: as the sets say, else axes of equal name].",
            metavar="NAME=AXIS,-AXIS",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for tables, figure and page [default: runs/across-...]."),
    ] = None,
) -> None:
    """Do instruments agree? The same models on several sets: positions, differences, rankings."""
    from probes import api
    from probes.report import across as page

    tables = api.across(runs, _traits(trait or ()))
    folder = out or Path("runs") / f"across-{'-'.join(path.resolve().name for path in runs)}"
    page.write(tables, folder)
    _print(tables)
    say(f"{folder}: tables as CSV, across.png and .svg, across.html")


def converge(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of runs: options, open replies, requests, or other sets.",
            metavar="DIR...",
        ),
    ],
    trait: Annotated[
        list[str] | None,
        typer.Option(help="As for `probes across`.", metavar="NAME=AXIS,-AXIS", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for tables, figures and page [default: runs/converge-...]."),
    ] = None,
) -> None:
    """Do ways of asking agree? The same models and topics in options, open replies and requests."""
    from probes import api
    from probes.cli import _tables
    from probes.output import asking_columns
    from probes.report import across as page

    converged = api.converge(runs, _traits(trait or ()))
    folder = out or Path("runs") / f"converge-{'-'.join(path.resolve().name for path in runs)}"
    tables = {
        "converge": converged.pairs,
        "leaks": converged.leaks,
        "convergence": converged.statements,
    }
    correlated = converged.across.matrix["r"].notna().any()  # otherwise the matrix would be empty
    drawn = ("across", "matrix") if correlated else ("across",)
    page.write(converged.across, folder, tables, drawn)
    _tables.listed(asking_columns.CONVERGE, converged.pairs.to_dict("records"))
    if len(converged.leaks):
        line("\nrefused in text, decided in options")
        _tables.listed(asking_columns.LEAK, converged.leaks.to_dict("records"))
    _print(converged.across)
    say(f"{folder}: tables as CSV, {' and '.join(drawn)} as .png and .svg, across.html")


def _traits(texts: Sequence[str]) -> dict[str, list[str]]:
    """Parse ``economic=economic,-econ``: trait -> its axes."""
    traits = dict[str, list[str]]()
    for typed in texts:
        name, _, axes = (part.strip() for part in typed.partition("="))
        names = [axis.strip() for axis in axes.split(",")]
        if not name or not all(names):
            raise UsageError(f"--trait {typed}: must be NAME=AXIS,-AXIS")
        if name in traits:
            raise UsageError(f"--trait {name} is given twice; name all its axes in one")
        traits[name] = names
    return traits


def _print(tables: "Across") -> None:
    """Print positions, and the conclusion on each trait."""
    from probes.cli import _tables
    from probes.output import columns

    _tables.listed(columns.ACROSS, tables.positions.to_dict("records"))
    rows = tables.traits.to_dict("records")
    _tables.listed(columns.TRAIT, rows)
    for row in rows:
        if row["reason"]:
            line(f"{row['trait']}: {row['reason']}")
