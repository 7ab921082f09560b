"""The command `probes plot`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import say
from probes.cli.parts.options import PEOPLE
from probes.cli.place import DIRECTORY

if TYPE_CHECKING:
    from probes.types import Editions, Tables

PEOPLED = ("axes", "compass")
"""Figures that can show people behind the models."""


def plot(
    figure: Annotated[
        str,
        typer.Argument(
            help="compass, axes, statements, topics, wordings, bias, timeline, families, shift, "
            "trajectory, languages, conditions, requests, advice, across, matrix, dose; groups, "
            "gaps, debiasing of a folder of `downstream run`, link; or your own file.py.",
            metavar="FIGURE",
        ),
    ],
    directory: Annotated[Path, DIRECTORY],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="png, svg, pdf or another format of matplotlib's, by suffix [default: "
            "DIR/FIGURE.png].",
        ),
    ] = None,
    style: Annotated[str | None, typer.Option(help="paper or slide.")] = None,
    width: Annotated[float | None, typer.Option(help="In inches.")] = None,
    font_size: Annotated[float | None, typer.Option(help="In points.")] = None,
    models: Annotated[
        str | None, typer.Option(help="Only these, separated by commas [default: all].")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="Names to write instead: YAML (model: label) or CSV (model,label)."),
    ] = None,
    zoom: Annotated[
        str | None,
        typer.Option(help="Part of a compass: fit, a number, or left,right,low,high."),
    ] = None,
    no_title: Annotated[bool, typer.Option("--no-title", help="Without the title.")] = False,
    no_caption: Annotated[bool, typer.Option("--no-caption", help="Without the caption.")] = False,
    no_backdrop: Annotated[
        bool, typer.Option("--no-backdrop", help="Without coin tosses and constant answers.")
    ] = False,
    x: Annotated[str | None, typer.Option(help="Axis across, of a compass.")] = None,
    y: Annotated[str | None, typer.Option(help="Axis upwards, of a compass.")] = None,
    by: Annotated[
        str | None, typer.Option(help="Of a timeline: released, parameters or access.")
    ] = None,
    anchors: Annotated[
        bool, typer.Option("--anchors", help="Also the set's own respondents, such as parties.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="Also what others published for this set.")
    ] = False,
    texts: Annotated[
        bool,
        typer.Option("--texts", help="In the figure statements: what they say, not their ids."),
    ] = False,
    people: Annotated[str | None, PEOPLE] = None,
    lang: Annotated[
        str | None, typer.Option(help="Of its words: en, de, fr, es, ja [default: the set's].")
    ] = None,
) -> None:
    """Draw a figure from the tables of a run, or of predictions of classifiers."""
    from probes.downstream import stored
    from probes.output import figures, selection
    from probes.runs import languages, read_back
    from probes.runs.beside import people as beside

    target = output or directory / f"{Path(figure).stem}.png"
    typed = {"style": style, "width": width, "font_size": font_size, "x": x, "y": y, "by": by}
    typed |= {"zoom": zoom, "no_title": no_title, "no_caption": no_caption, "lang": lang}
    options = figures.keywords(
        {**typed, "anchors": anchors, "published": published, "texts": texts}
    )
    tables: Tables | Editions
    if languages.holds(directory):
        beside.refuse(people, f"is of one language; plot {directory}/LANGUAGE")
        tables = languages.read(directory, figure)
    elif stored.holds(directory):
        beside.refuse(people, f"people stand in the figures {' and '.join(PEOPLED)}")
        tables = _classified(figure, directory)
    else:
        if figure not in PEOPLED and not figure.endswith(".py"):
            beside.refuse(people, f"people stand in the figures {' and '.join(PEOPLED)}")
        tables = beside.with_typed(directory, read_back.tables(directory), people)
    if models:
        tables = selection.chosen(tables, [name.strip() for name in models.split(",")])
    if labels:
        tables = selection.renamed(tables, selection.read_labels(labels))
    if no_backdrop:
        tables = selection.bare(tables)
    figures.draw(figure, tables, target, options)
    say(target)


def _classified(figure: str, directory: Path) -> "Tables":
    """Tables of a folder of predictions, for a figure about classifiers.

    Raises:
        ProbesError: the figure is one of runs, or the folder has no tables.
    """
    from probes.downstream import stored
    from probes.errors import UsageError

    if not figure.endswith(".py") and figure not in (*stored.FIGURES, "link"):
        names = ", ".join(stored.FIGURES)
        raise UsageError(
            f"{directory}: holds predictions of classifiers, whose figures are {names}; {figure!r} "
            "is drawn of a run"
        )
    return stored.tables(directory)
