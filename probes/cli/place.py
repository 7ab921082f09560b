"""The command `probes place`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli.run import MATRIX, MISSING, PEOPLE, missing_as
from probes.errors import UsageError

DIRECTORY = typer.Argument(help="Folder of a run.", metavar="DIR")


def place(
    directory: Annotated[Path, DIRECTORY],
    missing: Annotated[str | None, MISSING] = None,
    stance_matrix: Annotated[str | None, MATRIX] = None,
    people: Annotated[str | None, PEOPLE] = None,
) -> None:
    """Make every table and the compass of a run again, from its answers alone."""
    from probes.cli import _tables
    from probes.runs import conclude as conclusions
    from probes.runs import languages

    chosen = None if missing is None else missing_as(missing)
    if languages.holds(directory):
        if stance_matrix is not None:
            raise UsageError(
                f"--stance-matrix {stance_matrix}: is of one language; place {directory}/LANGUAGE"
            )
        _tables.languages(languages.conclude(directory, chosen, people))
        return
    _tables.tables(conclusions.conclude(directory, chosen, stance_matrix, people))
