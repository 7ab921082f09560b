"""The command `probes plot`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.place import DIRECTORY


def plot(
    figure: Annotated[str, typer.Argument(help="A figure's name, or your own file.py.")],
    directory: Annotated[Path, DIRECTORY],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="png, svg or pdf, by suffix.")
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
) -> None:
    """Draw a figure from the tables of a run."""
    from probes.output import figures, selection
    from probes.runs import conclude as conclusions
    from probes.runs import languages

    target = output or directory / f"{Path(figure).stem}.png"
    typed = {"style": style, "width": width, "font_size": font_size, "x": x, "y": y, "by": by}
    typed |= {"zoom": zoom, "no_title": no_title, "no_caption": no_caption}
    options = figures.keywords({**typed, "anchors": anchors, "published": published})
    has_languages = languages.holds(directory)
    tables = languages.read(directory, figure) if has_languages else conclusions.tables(directory)
    if models:
        tables = selection.chosen(tables, [name.strip() for name in models.split(",")])
    if labels:
        tables = selection.renamed(tables, selection.read_labels(labels))
    if no_backdrop:
        tables = selection.bare(tables)
    figures.draw(figure, tables, target, options)
    say(target)
