"""The command `probes`: parse, call, print.

One short function a command. Everything heavy is imported inside the command that needs it, so
that ``probes --help`` answers at once. A mistake of the user's is one sentence and exit status 2.
"""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from probes import cli_compare, cli_report, cli_run, cli_sets, cli_stance, cli_tables, cli_train
from probes.cli_run import MATRIX, MISSING, Backend, missing_as
from probes.errors import ProbesError, UsageError
from probes.say import say

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What asks a process to end, beside Ctrl-C: a scheduler, a terminal that is gone."""
STOPPED = [128 + number for number in (signal.SIGINT, *ENDING)]
"""Exit statuses after these, as shells expect them; typer gives Ctrl-C's."""
HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    help="Measure the political leanings of masked and causal language models.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings=HELP,
)
app.command(cls=cli_run.Run)(cli_run.run)
app.command()(cli_compare.compare)
app.command()(cli_train.pretrain)
app.add_typer(cli_sets.app, name="sets")
app.add_typer(cli_stance.app, name="stance")
app.command()(cli_tables.table)
app.command()(cli_tables.export)
app.command()(cli_report.report)
app.command()(cli_report.view)

Dir = Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")]
Family = Annotated[str | None, typer.Option(help="Only this family.")]


@app.command()
def place(
    directory: Dir,
    missing: Annotated[str | None, MISSING] = None,
    stance_matrix: Annotated[str | None, MATRIX] = None,
) -> None:
    """Make every table and the compass of a run again, from its answers alone."""
    from probes import conclusions, languages, show

    chosen = None if missing is None else missing_as(missing)
    if languages.holds(directory):
        if stance_matrix is not None:
            raise UsageError(
                f"--stance-matrix {stance_matrix}: is of one language; place {directory}/LANGUAGE"
            )
        show.languages(languages.conclude(directory, chosen))
        return
    show.tables(conclusions.conclude(directory, chosen, stance_matrix))


@app.command()
def plot(
    figure: Annotated[str, typer.Argument(help="A figure's name, or your own file.py.")],
    directory: Dir,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="png, svg or pdf, by suffix.")
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
    from probes import conclusions, figures, languages

    target = output or directory / f"{Path(figure).stem}.png"
    typed = {"style": style, "width": width, "font_size": font_size, "x": x, "y": y, "by": by}
    options = figures.known({**typed, "anchors": anchors, "published": published})
    several = languages.holds(directory)
    tables = languages.read(directory, figure) if several else conclusions.tables(directory)
    figures.draw(figure, tables, target, options)
    say(target)


@app.command()
def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder for models and run.", show_default="demo")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Instead: train models further on corpora that lean.")
    ] = False,
) -> None:
    """Train small models with known opinions, probe them, and compare: an instrument check."""
    from probes import bars, show
    from probes import demo as demonstration

    if paper:
        cli_train.paper(out or Path("paper"))
        return
    out = out or Path("demo")

    with bars.running() as tell:
        rows = demonstration.run(out, tell)
    show.table(rows)
    found = sum(bool(row["found"]) for row in rows)
    say(
        f"{found} of {len(rows)} planted positions found (within 1.5 points, in their half; the\n"
        "yes-sayers must not be placed). This checks the instrument, on models whose opinions are\n"
        f"known; it says nothing about any real model. The picture: {out}/run/compass.png"
    )


@app.command(name="models")
def models_command(family: Family = None, backend: Backend = None) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes import models, show

    listed = models.listed(family, backend)
    show.table([{**asdict(m), "endpoint": m.endpoint.url if m.endpoint else ""} for m in listed])


def main() -> None:
    """Run the command; mistakes of the user's exit with 2, Ctrl-C with 130, SIGTERM with 143."""
    try:
        with _heeded():
            app(standalone_mode=True)
    except ProbesError as error:
        _fail(str(error))
    except SystemExit as ended:
        if ended.code in STOPPED:
            with suppress(OSError):  # the terminal may be gone
                say("stopped; the same command goes on from here", err=True)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        _fail(f"{error.filename or 'writing'}: {error.strerror}; what was answered is on disk")


@contextmanager
def _heeded() -> Iterator[None]:
    """Requests to end unwind the command as Ctrl-C does, unless they are ignored (nohup)."""
    heeded = [number for number in ENDING if signal.getsignal(number) == signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _fail(sentence: str) -> None:
    say(f"probes: {sentence}", err=True)
    raise SystemExit(2) from None
