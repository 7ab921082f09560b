"""The command `probes demo`."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli import train
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
    from probes.cli import _progress, _tables
    from probes.demo import opinions as demonstration

    if paper:
        train.paper(out or Path("paper"))
        return
    out = out or Path("demo")

    with _progress.running() as tell:
        rows = demonstration.run(out, tell)
    _tables.table(rows)
    found = sum(bool(row["found"]) for row in rows)
    say(
        f"{found} of {len(rows)} planted positions found (within 1.5 points, in their half; the\n"
        "yes-sayers must not be placed). This checks the instrument, on models whose opinions are\n"
        f"known; it says nothing about any real model. The picture: {out}/run/compass.png"
    )
