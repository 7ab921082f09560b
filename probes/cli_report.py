"""`probes report` and `probes view`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

Dir = Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")]


def report(
    directory: Dir,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="HTML file [default: DIR/report.html].")
    ] = None,
) -> None:
    """Write a run as one HTML page, complete in itself: chart, tables, prompts, downloads."""
    from probes import report as page

    target = output or directory / "report.html"
    page.report(directory, target)
    typer.echo(target)
