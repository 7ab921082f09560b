"""The commands `probes table`, `probes export` and `probes models`: parse, call, print."""

import json
from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.parts.run_options import Backend
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
    from probes.runs import read_back

    tables = papertable.select(read_back.tables(directory), _names(axes), _names(models))
    style = TableStyle(tuple(_names(columns)), digits, caption, label, wide)
    say(papertable.text(tables, form, style), nl=False)


def export(
    directory: Annotated[
        str, typer.Argument(help="Folder of a run; with --lm-eval also a set.", metavar="DIR|SET")
    ],
    parquet: Annotated[
        bool, typer.Option("--parquet", help="As Parquet files: what is written without a format.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder [default: DIR/parquet].")
    ] = None,
    inspect: Annotated[
        Path | None,
        typer.Option(help="As a log of Inspect, .eval or .json, one model.", metavar="FILE"),
    ] = None,
    model: Annotated[str, typer.Option(help="With --inspect: which of several models.")] = "",
    lm_eval: Annotated[
        Path | None,
        typer.Option(
            "--lm-eval", help="As a task folder for lm-evaluation-harness.", metavar="FOLDER"
        ),
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="With --lm-eval and a set: how it is asked.")
    ] = "default",
) -> None:
    """Write a run for DuckDB, Polars or R, or for Inspect; or a set for lm-evaluation-harness."""
    from probes.exchange import inspect_log, lm_eval_task
    from probes.runs import parquet as files

    run = Path(directory)
    if model and inspect is None:
        raise UsageError(f"--model {model}: goes with --inspect")
    if inspect is not None:
        say(inspect_log.save(run, inspect, model))
    if lm_eval is not None:
        for path in lm_eval_task.save(*lm_eval_task.meant(directory, protocol), lm_eval):
            say(path)
    if parquet or (inspect is None and lm_eval is None):
        for path in files.parquet(run, output or run / "parquet"):
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
