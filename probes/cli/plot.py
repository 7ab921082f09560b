"""The command `probes plot`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.cli.place import DIRECTORY


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
) -> None:
    """Draw a figure from the tables of a run."""
    from probes.output import figures
    from probes.runs import conclude as conclusions
    from probes.runs import languages

    target = output or directory / f"{Path(figure).stem}.png"
    typed = {"style": style, "width": width, "font_size": font_size, "x": x, "y": y, "by": by}
    options = figures.keywords({**typed, "anchors": anchors, "published": published})
    has_languages = languages.holds(directory)
    tables = languages.read(directory, figure) if has_languages else conclusions.tables(directory)
    figures.draw(figure, tables, target, options)
    say(target)
