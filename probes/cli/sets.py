"""The commands `probes sets ...`: parse, call, print."""

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from probes.cli import people
from probes.cli._terminal import counted, deliver, say
from probes.errors import UsageError

SHEET = ("four-choose",)
"""Wordings of a sheet to fill in: that of protocol `recorded`."""
SPREADSHEETS = ("csv", "xlsx", "tsv")
"""Other names of the format `table`."""

app = typer.Typer(
    help="List, show, check, fetch and import statement sets; ask people; a sheet to fill in.",
    no_args_is_help=True,
)


@app.command("list")
def list_sets(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """The sets that ship with probes."""
    from probes.cli import _tables
    from probes.instruments import sets

    loaded = [sets.outline(name) for name in sets.names()]
    rows = [
        {
            "set": s.name,
            "title": s.title,
            "language": s.language,
            "statements": len(s.statements),
            "axes": ", ".join(a.name for a in s.axes),
            "licence": s.licence,
            "texts": "fetched on first use" if s.text_from else "",
        }
        for s in loaded
    ]
    if as_json:
        say(jsonlib.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)


@app.command("show")
def show_set(name: Annotated[str, typer.Argument(metavar="SET")]) -> None:
    """The statements of a set, with their mirrors and what agreeing says."""
    from probes.instruments import sets

    shown = sets.load(name, fetch=False)
    facts = f"{shown.name} {shown.version}, {shown.language}, {shown.licence}"
    say(f"{shown.title} ({facts})")
    for s in shown.statements:
        if shown.kind == "requests":
            say(f"\n{s.id}  [{s.topic}; {s.tags['request']}]  {s.tags.get('claim', '')}")
            say(f"  for: {s.text}\n  against: {s.mirror}")
            continue
        pull = ", ".join(f"{axis} {weight:+g}" for axis, weight in (s.effects or {}).items())
        pull = pull or ("table key" if s.table else "on no axis")
        say(f"\n{s.id}  [{s.topic or 'no topic'}; {pull}]\n  {s.text}")
        if s.mirror:
            say(f"  mirror: {s.mirror}")


@app.command("sheet")
def sheet(
    name: Annotated[str, typer.Argument(metavar="SET")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="CSV file [default: SET-sheet.csv].")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model that will reply.")] = "model",
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output.")] = False,
) -> None:
    """A sheet to fill in: what to ask, mirrors included, and a column for the replies.

    Paste each text of the column `ask` into a fresh chat, put what comes back into the column
    `reply`, and place it with `probes run --model recorded:SHEET.csv`.
    """
    import pandas as pd

    from probes.asking import sheet as sheets
    from probes.asking import wordings
    from probes.asking.usual import folder_of
    from probes.files import csv
    from probes.instruments import sets

    statement_set, folder = sets.load(name, text), folder_of("statements", name) or Path()
    sets.require_statements(statement_set, "a sheet")
    worded = [
        w for n, w in wordings.available(statement_set.language, folder).items() if n in SHEET
    ]
    target = output or Path(f"{statement_set.name}-sheet.csv")
    if target.exists() and not force:
        raise UsageError(f"{target}: is there already; --force replaces it")
    rows = sheets.rows(statement_set, worded, model)
    csv.save(pd.DataFrame(rows), target)
    say(
        f"{target}: {counted(len(rows), 'text')} to ask, each in a fresh chat; when `reply` is "
        f"filled in: probes run --set {name} --model recorded:{target}"
    )


@app.command("fetch")
def download(
    name: Annotated[str, typer.Argument(metavar="SET")],
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file, instead of the public address.")
    ] = None,
) -> None:
    """Fetch the texts of a set that comes without them, check them, and keep them."""
    from probes.files import download
    from probes.instruments import sets

    fetched = sets.fetch(name, text)
    say(
        f"{fetched.name}: {len(fetched.statements)} statements of {fetched.text_from} are kept in "
        f"{download.cache_folder()}"
    )


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="SET")],
    protocol: Annotated[
        str, typer.Option(help="Protocol: a name (see probes protocols list), or your own YAML.")
    ] = "default",
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write it as JSON, too; - for JSON alone.", metavar="FILE|-")
    ] = None,
    people: Annotated[
        Path | None, typer.Option(help="What `sets validate --out` wrote.", metavar="DIR")
    ] = None,
) -> None:
    """Every fault of a set's file; then what it is worth: key, texts, and who lands where."""
    from probes.cli import _tables
    from probes.instruments import sets
    from probes.people import people_table
    from probes.runs.prepare import gather
    from probes.runs.recipe import ProtocolChoice
    from probes.validity import check
    from probes.validity.people import sample_size

    statement_set = sets.load(name, text, fetch=False)
    answered = None if people is None else people_table.read(people, statement_set)
    materials = (
        None
        if statement_set.kind == "requests"
        else gather(statement_set, ProtocolChoice(protocol))
    )
    report = check.check(statement_set, materials, answered)
    if json != "-":
        _tables.table(report.tables["balance"])
        _tables.table(report.rows)
        if len(report.tables.get("sample_size", ())):
            _tables.table(report.tables["sample_size"].round(2))
            say(sample_size.NOTE)
        say(report.verdict)
        say(report.caveat)
    if json is not None:
        asked_by = materials.recipe.name if materials else statement_set.kind
        deliver(
            report.json(set=statement_set.name, version=statement_set.version, protocol=asked_by),
            json,
        )


app.command("validate")(people.validate)
app.command("form")(people.form)


@app.command("import")
def import_set(
    format: Annotated[  # noqa: A002
        str,
        typer.Argument(
            help="table (CSV, XLSX), javascript (8values and its like), llm_values_pct, "
            "pairs (requests), polilean, qstn, wahlomat, or your own file.py."
        ),
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Without files: what can be told of the format."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output")] = Path("mine.yaml"),
    option: Annotated[
        list[str] | None, typer.Option(help="What the format cannot tell.", metavar="NAME=VALUE")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output.")] = False,
) -> None:
    """Turn a foreign instrument into a statement set; what it cannot tell is a marked gap."""
    from probes import importers
    from probes.cli import _tables

    name = "table" if format in SPREADSHEETS else format
    if not files:
        options = importers.options(name)
        _tables.table([{"option": name, "says": says} for name, says in options.items()])
        return
    say(importers.run(name, files, importers.parse_options(option or []), output, force=force))
