"""The command `probes plot`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.parts.options import PEOPLE
from probes.cli.place import DIRECTORY

PEOPLED = ("axes", "compass")
"""Figures that draw people behind the models."""


def plot(
    figure: Annotated[
        str,
        typer.Argument(
            help="compass, axes, statements, topics, wordings, bias, timeline, families, shift, "
            "trajectory, languages, across, or your own file.py."
        ),
    ],
    directory: Annotated[Path, DIRECTORY],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="png, svg or pdf, by suffix [default: DIR/FIGURE.png]."
        ),
    ] = None,
    style: Annotated[str | None, typer.Option(help="paper or slide.")] = None,
    width: Annotated[float | None, typer.Option(help="In inches.")] = None,
    font_size: Annotated[float | None, typer.Option(help="In points.")] = None,
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
    people: Annotated[str | None, PEOPLE] = None,
) -> None:
    """Draw a figure from the tables of a run."""
    from probes.output import figures
    from probes.runs import conclude as conclusions
    from probes.runs import languages
    from probes.runs.beside import people as beside

    target = output or directory / f"{Path(figure).stem}.png"
    typed = {"style": style, "width": width, "font_size": font_size, "x": x, "y": y, "by": by}
    options = figures.keywords({**typed, "anchors": anchors, "published": published})
    if languages.holds(directory):
        beside.refuse(people, f"is of one language; plot {directory}/LANGUAGE")
        figures.draw(figure, languages.read(directory, figure), target, options)
    else:
        if figure not in PEOPLED and not figure.endswith(".py"):
            beside.refuse(people, f"people stand in the figures {' and '.join(PEOPLED)}")
        tables = beside.with_typed(directory, conclusions.tables(directory), people)
        figures.draw(figure, tables, target, options)
    say(target)
