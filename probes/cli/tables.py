"""`probes table`, `probes export` and `probes models`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.run import Backend
from probes.errors import UsageError

Dir = Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")]
Family = Annotated[str | None, typer.Option(help="Only this family.")]
Names = Annotated[str, typer.Option(help="Only these, in this order: a,b.", show_default=False)]


def table(
    directory: Dir,
    form: Annotated[
        str, typer.Option("--format", help="latex, markdown, csv or json.")
    ] = "markdown",
    axes: Names = "",
    models: Names = "",
) -> None:
    """Print the placements as a table to paste into a paper or a page."""
    from probes.output import tables as papertable
    from probes.runs import conclude as conclusions

    tables = papertable.select(conclusions.tables(directory), _names(axes), _names(models))
    say(papertable.text(tables, form), nl=False)


def export(
    directory: Dir,
    parquet: Annotated[bool, typer.Option("--parquet", help="As Parquet files.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder [default: DIR/parquet].")
    ] = None,
) -> None:
    """Write answers, agreement and placements for DuckDB, Polars or R."""
    from probes.runs import parquet as files

    if not parquet:
        raise UsageError("probes export: say which format: --parquet")
    for path in files.parquet(directory, output or directory / "parquet"):
        say(path)


def models(family: Family = None, backend: Backend = None) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes.cli import _tables
    from probes.models import registry

    listed = registry.listed(family, backend)
    _tables.table([{**asdict(m), "endpoint": m.endpoint.url if m.endpoint else ""} for m in listed])


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
