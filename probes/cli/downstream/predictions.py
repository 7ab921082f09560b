"""The commands `probes downstream ...`: parse, call, print."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import line, say
from probes.cli.parts.options import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

app = typer.Typer(
    help="What classifiers predicted, group by group: tables, and children against their base.",
    no_args_is_help=True,
)
DIRECTORY = typer.Argument(help="Folder with predictions/*.jsonl.", metavar="DIR")
SHOWN = {
    "performance": ("model", "metric", "value", "low", "high", "texts", "seeds"),
    "gaps": (
        *("model", "metric", "gap", "low", "high", "null_mean", "p_max", "worst", "tau", "groups"),
    ),
}
CONTRAST = (
    *("model", "group", "metric", "texts", "seeds", "difference", "low", "high"),
    *("did", "did_low", "did_high", "did_p_holm", "p_max", "verdict"),
)
OVERALL = (*("metric", "texts", "seeds", "value_against", "value", "difference", "low", "high"),)
P_VALUES = {"p_max", "did_p_holm"}
WORDS = {0: "not moved", 1: "moved", 3: "cannot be told apart"}


RECIPE = typer.Option(
    help="Of a paper, feng2023-downstream: published.csv has what its own rule concludes."
)


@app.command("place")
def place(
    directory: Annotated[Path, DIRECTORY],
    recipe: Annotated[str | None, RECIPE] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Every table of a folder of predictions, from the predictions alone; no model is loaded."""
    from probes.downstream.recipe import recipes
    from probes.runs.beside import downstream

    tables = downstream.place(directory, None if recipe is None else recipes.load(recipe))
    if as_json:
        documents = {name: _records(table) for name, table in tables.items()}
        say(json.dumps({"format": 1, **documents}, ensure_ascii=False, indent=1, allow_nan=False))
        return
    show(directory, tables)


def show(directory: Path, tables: "Mapping[str, pd.DataFrame]") -> None:
    """Print the main tables, and the names of all files, figures included."""
    from probes.runs.beside import downstream

    for name, columns in SHOWN.items():
        _print(name, tables[name], columns)
    _print("contrasts", tables["contrasts"], CONTRAST)
    for margin in tables["contrasts"]["margin"].unique():
        line(f"not moved: the 90 % interval of did lies within {margin:g} of 0")
    _print("controls", tables["controls"], tuple(tables["controls"].columns))
    _reasons(tables["performance"], "model")
    files = [*(f"{name}.csv" for name in tables), *downstream.drawn(directory)]
    say(f"\n{directory}: {', '.join(files)}")


@app.command("compare")
def compare(
    directory: Annotated[Path, DIRECTORY],
    first: Annotated[
        str, typer.Argument(help="From this model ...", metavar="A", show_default=False)
    ],
    second: Annotated[str, typer.Argument(help="... to this one.", metavar="B")],
    margin: Annotated[
        float | None,
        typer.Option(help="Within which two rates count as equal [default: the folder's, 0.02]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, with all.")] = False,
) -> None:
    """Did a group fare otherwise than the others? Paired differences of B less A, of all texts and
    group by group, each with its interval.

    Exit status, for use as a gate, by the groups alone: 0 not moved, 1 moved, 3 cannot be told
    apart, 2 for mistakes.
    """
    from probes.downstream import contrasts, predictions
    from probes.errors import UsageError

    if margin is not None and not 0 < margin <= 1:
        raise UsageError(f"--margin {margin:g}: must be above 0 and at most 1, a share of texts")
    if first == second:
        raise UsageError(f"{first!r} cannot be compared with itself; name two that differ")
    folder = predictions.read(directory)
    for name in (first, second):
        folder.model(name)
    if margin is not None:
        folder = folder.within(margin)
    table = contrasts.contrasts(folder, [(first, second)])
    whole = contrasts.overall(folder, (first, second))
    status = contrasts.status(table)
    if as_json:
        head = {"format": 1, "model": second, "against": first, "status": status}
        document = head | {"verdict": WORDS[status], "overall": _records(whole)}
        document |= {"groups": _records(table)}
        say(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _print(f"all texts: {second} less {first}, 95 % intervals", whole, OVERALL)
        _reasons(whole, "metric")
        _print("group by group, 95 % intervals", table, CONTRAST[1:])
        _reasons(table, "group")
        say(f"{WORDS[status]} (margin {folder.settings.margin:g}; exit status {status})")
    raise typer.Exit(status)


@app.command("recipe")
def show_recipe(name: Annotated[str, typer.Argument(metavar="RECIPE")]) -> None:
    """What a paper did downstream, and how each element is known."""
    from probes.cli import _tables
    from probes.downstream.recipe import recipes

    paper = recipes.load(name)
    line(f"{paper.title}\n{paper.cite}")
    rows = [{"known": element.known, "element": element.what} for element in paper.elements]
    rows += [
        {"known": n.known, "element": f"--{key.replace('_', '-')} {n.value:g}"}
        for key, n in paper.training.items()
    ]
    _tables.table(rows)


@app.command("link")
def link(
    run: Annotated[
        Path, typer.Argument(help="Folder of a run of models and their parents.", metavar="RUN")
    ],
    directory: Annotated[Path, DIRECTORY],
    position: Annotated[
        bool,
        typer.Option("--position", help="Where models stand, instead of how far they moved."),
    ] = False,
    metric: Annotated[str, typer.Option(help="recall or fpr.")] = "recall",
    group: Annotated[
        list[str] | None, typer.Option(help="Only this group or bundle; repeatable.")
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(
            help="Model of the run, and its name in the predictions if that is another; "
            "repeatable.",
            metavar="MODEL=NAME",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and figure [default: DIR/link].")
    ] = None,
    style: Annotated[str | None, typer.Option(help="paper or slide.")] = None,
    width: Annotated[float | None, typer.Option(help="In inches.")] = None,
) -> None:
    """Does who leans further do more to a group? Shifts of models against differences in
    differences.

    By base, axis and group the exact permutation test of the rank correlation; refused below four
    placed models.
    """
    from probes.downstream import link as links
    from probes.downstream.paired import KINDS
    from probes.errors import UsageError, nearest
    from probes.output import figures
    from probes.runs import read_back
    from probes.runs.beside import downstream

    if metric not in KINDS:
        raise UsageError(f"--metric {metric}: {nearest(metric, KINDS)}")
    measure = links.POSITION if position else links.SHIFT
    same_models = named("--same", same or ())
    selection = links.Wanted(measure, metric, tuple(group or ()), same_models)
    target, options = out or directory / links.FOLDER, {"style": style, "width": width}
    run_tables = read_back.tables(run)
    tables = downstream.link(run_tables, directory, target, selection, figures.keywords(options))
    for sentence in links.described(tables):
        line(sentence)
    say(f"{target}: link.csv, link_fits.csv, link.png and .svg")


def _print(title: str, table: "pd.DataFrame", columns: tuple[str, ...]) -> None:
    from probes.cli import _tables
    from probes.output.formats import p_text

    if not len(table):
        return
    if title:
        line(f"\n{title}")
    shown = table[list(columns)].round(4)
    texts = {name: table[name].map(p_text) for name in P_VALUES.intersection(columns)}
    _tables.table(shown.assign(**texts))


def _reasons(table: "pd.DataFrame", column: str) -> None:
    """Print each sentence once, with the rows that it applies to."""
    for reason, rows in table.groupby("reason", sort=False):
        if isinstance(reason, str) and reason:
            names = dict.fromkeys(map(str, rows[column]))
            line(f"{', '.join(names)}: {reason}")


def _records(table: "pd.DataFrame") -> list[dict[str, object]]:
    return [
        {
            str(key): None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict("records")
    ]
