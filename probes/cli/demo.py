"""The command `probes demo`: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import line, say
from probes.errors import UsageError


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder for models and run.", show_default="demo")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Instead: train models further on corpora that lean.")
    ] = False,
    downstream: Annotated[
        bool,
        typer.Option("--downstream", help="Instead: classifiers that a shortcut leads astray."),
    ] = False,
) -> None:
    """Train small models with known opinions, probe them, and compare: an instrument check."""
    if paper and downstream:
        raise UsageError("--paper, --downstream: give one of them; each is a demo of its own")
    if downstream:
        _downstream(out or Path("downstream"))
    elif paper:
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
    """Further pretraining on corpora that lean: where these stand, the shifts, and how many were as
    expected."""
    from probes.cli import _tables
    from probes.cli.parts import progress
    from probes.corpora.dose import described
    from probes.demo import paper

    with progress.running() as tell:
        rows = paper.run(out, tell)
    fits = paper.dose(out)
    _tables.table(rows)
    for sentence in described(fits):
        line(sentence)
    expected = [row for row in rows if row["expected"]]
    count = sum(row["found"] == "yes" for row in expected)
    say(
        f"{count} of {len(expected)} shifts are as their corpus has it (left and right: the\n"
        "interval is clear of zero on that side; none: not told apart from the base). This checks\n"
        "the way from corpus to placement, on models of two layers; it says nothing about any\n"
        f"real model. The pictures: {out}/run/shift.png, families.png; {out}/dose/dose.png"
    )


def _downstream(out: Path) -> None:
    """A shortcut in the texts: how far each debiasing loss frees a classifier from it."""
    from probes.cli import _tables
    from probes.cli.parts import progress
    from probes.demo import shortcut

    with progress.running() as tell:
        table = shortcut.run(out, tell)
    _tables.table(table)
    freed = table[table["loss"].isin(shortcut.FREED)]
    count = int(((freed["right"] - freed["target"]).abs() < shortcut.WITHIN).sum())
    say(
        f"{count} of {len(freed)} shares of {' and '.join(shortcut.FREED)} are within "
        f"{shortcut.WITHIN} of what is known in closed\nform: a classifier that follows the "
        "shortcut is right in 90, 50 and 0 of 100 texts, one that\nis freed of it in 85 of all "
        "three; focal over-corrects. This checks the losses, on texts made\nfor it; it says "
        f"nothing about any real classifier. The table: {out}/{shortcut.TABLE}"
    )
