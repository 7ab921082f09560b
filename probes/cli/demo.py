"""The command `probes demo`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder for models and run.", show_default="demo")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Instead: train models further on corpora that lean.")
    ] = False,
) -> None:
    """Train small models with known opinions, probe them, and compare: an instrument check."""
    if paper:
        _paper(out or Path("paper"))
    else:
        _opinions(out or Path("demo"))


def _opinions(out: Path) -> None:
    """Known opinions: planted against measured positions, and how many were found."""
    from probes.cli import _tables
    from probes.cli.parts import progress
    from probes.demo import opinions

    with progress.running() as tell:
        rows = opinions.run(out, tell)
    _tables.table(rows)
    count = sum(bool(row["found"]) for row in rows)
    say(
        f"{count} of {len(rows)} planted positions found (within 1.5 points, in their half; the\n"
        "yes-sayers must not be placed). This checks the instrument, on models whose opinions are\n"
        f"known; it says nothing about any real model. The picture: {out}/run/compass.png"
    )


def _paper(out: Path) -> None:
    """Further pretraining on corpora that lean: the shifts, and how many were as expected."""
    from probes.cli import _tables
    from probes.cli.parts import progress
    from probes.demo import paper

    with progress.running() as tell:
        rows = paper.run(out, tell)
    _tables.table(rows)
    expected = [row for row in rows if row["expected"]]
    count = sum(row["found"] == "yes" for row in expected)
    say(
        f"{count} of {len(expected)} shifts are as their corpus has it (left and right: the\n"
        "interval is clear of zero on that side; none: not told apart from the base). This checks\n"
        "the way from corpus to placement, on models of two layers; it says nothing about any\n"
        f"real model. The pictures: {out}/run/shift.png, families.png"
    )
