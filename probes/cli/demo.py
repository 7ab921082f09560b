"""The command `probes demo`: parse, call, print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import line, say
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.demo.acts import ActOutcome


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder for models and run.", show_default="demo")
    ] = None,
    paper: Annotated[
        bool,
        typer.Option(
            "--paper", help="Instead: from corpora that lean to models and to tasks, in five acts."
        ),
    ] = False,
    act: Annotated[
        list[str] | None,
        typer.Option(help="Of --paper only corpora, models, tasks, losses or rewards; repeatable."),
    ] = None,
    downstream: Annotated[
        bool,
        typer.Option("--downstream", help="Instead: classifiers that a shortcut leads astray."),
    ] = False,
) -> None:
    """Train small models with known opinions, probe them, and compare: an instrument check."""
    if downstream and (paper or act):
        raise UsageError("--downstream: is a demo of its own; leave --paper and --act")
    if downstream:
        _downstream(out or Path("downstream"))
    elif paper or act:
        _paper(out or Path("paper"), act or ())
    else:
        _opinions(out or Path("demo"))


def _opinions(out: Path) -> None:
    """Run the demo of known opinions: planted against measured positions."""
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


def _paper(out: Path, names: Sequence[str]) -> None:
    """Run the acts of the demo in turn; exit status 1 if a planted effect was not detected."""
    from probes.cli.parts import progress
    from probes.demo import acts

    whole = True
    for name in acts.chosen(names):
        with progress.running() as tell:
            outcome = acts.perform(name, out, tell)
        _show(outcome)
        whole &= outcome.found == outcome.planted
    if not whole:
        raise typer.Exit(1)


def _downstream(out: Path) -> None:
    """Run the demo of a shortcut in texts, and of debiasing losses against it."""
    from probes.cli.parts import progress
    from probes.demo import acts

    with progress.running() as tell:
        outcome = acts.losses(out, tell)
    _show(outcome)


def _show(outcome: "ActOutcome") -> None:
    """Print the outcome of an act, and its interpretation."""
    from probes.cli import _tables

    _tables.table(outcome.rows)
    for sentence in outcome.sentences:
        line(sentence)
    line(f"{outcome.name}: {outcome.verdict}.")
    line(f"This shows: {outcome.shows}.")
    line(f"It does not show: {outcome.silent}.")
    line(f"Files: {outcome.files}")
