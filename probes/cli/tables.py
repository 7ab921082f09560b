"""`probes table`, `probes export` and `probes models`: parse, call, print."""

import json
from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.run import Backend

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
    columns: Annotated[
        str,
        typer.Option(
            help="Beside the model, in this order: position, answered, yes-bias, opposition, "
            "control."
        ),
    ] = "position,answered,yes-bias,opposition",
    digits: Annotated[int, typer.Option(help="Behind the point, of positions.")] = 2,
    caption: Annotated[
        str, typer.Option(help="In place of what the table shows.", show_default=False)
    ] = "",
    label: Annotated[str, typer.Option(help="For references in LaTeX.")] = "tab:placements",
    wide: Annotated[
        bool, typer.Option("--wide", help="In LaTeX over both columns of a page (table*).")
    ] = False,
) -> None:
    """Print the placements as a table to paste into a paper or a page."""
    from probes.output import tables as papertable
    from probes.output.markup import TableStyle
    from probes.runs import conclude as conclusions

    tables = papertable.select(conclusions.tables(directory), _names(axes), _names(models))
    style = TableStyle(tuple(_names(columns)), digits, caption, label, wide)
    say(papertable.text(tables, form, style), nl=False)


def export(
    directory: Dir,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="As Parquet files, the only format.")
    ] = True,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder [default: DIR/parquet].")
    ] = None,
) -> None:
    """Write answers, agreement and placements for DuckDB, Polars or R."""
    from probes.runs import parquet as files

    del parquet
    for path in files.parquet(directory, output or directory / "parquet"):
        say(path)


def models(
    family: Family = None,
    backend: Backend = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes.cli import _tables
    from probes.models import registry

    listed = registry.listed(family, backend)
    rows = [{**asdict(m), "endpoint": m.endpoint.url if m.endpoint else ""} for m in listed]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
