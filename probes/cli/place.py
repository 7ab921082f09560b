"""The command `probes place`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.parts.options import MATRIX, MISSING, missing_as
from probes.errors import UsageError

DIRECTORY = typer.Argument(help="Folder of a run.", metavar="DIR")


def place(
    directory: Annotated[Path, DIRECTORY],
    missing: Annotated[str | None, MISSING] = None,
    stance_matrix: Annotated[str | None, MATRIX] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the placements as one JSON document.")
    ] = False,
) -> None:
    """Make every table and the compass of a run again, from its answers alone."""
    from probes.cli import _tables
    from probes.cli.parts import outcome
    from probes.output import tables as papertable
    from probes.runs import conclude as conclusions
    from probes.runs import languages

    chosen = None if missing is None else missing_as(missing)
    if languages.holds(directory):
        if stance_matrix is not None:
            raise UsageError(
                f"--stance-matrix {stance_matrix}: is of one language; place {directory}/LANGUAGE"
            )
        _tables.languages(languages.conclude(directory, chosen))
        return
    tables = conclusions.conclude(directory, chosen, stance_matrix)
    if as_json:
        say(papertable.text(tables, "json"), nl=False)
    else:
        outcome.tell_unfinished(directory)
        _tables.tables(tables)
