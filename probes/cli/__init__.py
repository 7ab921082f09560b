"""The command `probes`: parse, call, print.

One short function a command. Everything heavy is imported inside the command that needs it, so
that ``probes --help`` answers at once. A mistake of the user's is one sentence and exit status 2.
"""

import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated

import typer

try:
    import resource
except ModuleNotFoundError:  # not on Windows
    resource = None  # type: ignore[assignment]

from probes.cli import (
    across,
    compare,
    demo,
    plot,
    protocols,
    report,
    run,
    sets,
    stance,
    tables,
    train,
)
from probes.cli import place as cli_place
from probes.cli._terminal import say
from probes.cli.downstream import corpora, predictions, study, tasks
from probes.cli.parts import command
from probes.cli.parts.examples import epilog
from probes.ending.interrupts import heeded
from probes.errors import ProbesError
from probes.plugins import own_fault

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
UNUSABLE = (errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.ELOOP)
"""What a path or this machine's limits answer before anything is asked."""
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What asks a process to end, beside Ctrl-C: a scheduler, a terminal that is gone."""
STOPPED = [128 + number for number in (signal.SIGINT, *ENDING)]
"""Exit statuses after these, as shells expect them; typer gives Ctrl-C's."""
DEEPEST = 20
"""Errors that are looked through for what caused them."""
LEAST_SPACE = 1 << 30
"""Bytes of address space that pandas, scipy and matplotlib take between them, before any model;
with less (``ulimit -v``) some of these fail half way, and OpenBLAS asks for it without end."""
HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    no_args_is_help=True,
    context_settings=HELP,
)
app.command(cls=command.RunCommand)(run.run)
app.command()(compare.compare)
app.command()(across.across)
app.command()(across.converge)
app.command()(train.pretrain)
app.command()(train.finetune)
app.command()(tables.table)
app.command()(tables.export)
app.command()(report.report)
app.command()(report.view)
app.command()(cli_place.place)
app.command()(cli_place.verify)
app.command()(plot.plot)
app.command()(demo.demo)
app.command()(tables.models)
app.add_typer(sets.app, name="sets")
app.add_typer(protocols.app, name="protocols")
app.add_typer(protocols.wordings_app, name="wordings")
app.add_typer(stance.app, name="stance")
app.add_typer(corpora.app, name="corpus")
app.add_typer(tasks.app, name="tasks")
predictions.app.command("run")(study.run)
app.add_typer(predictions.app, name="downstream")


command.finished(app)


def _tell_version(*, wanted: bool) -> None:
    if wanted:
        from probes import __version__

        say(f"probes {__version__}")
        raise typer.Exit


@app.callback(epilog=epilog("run"))
def _about(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Say which version this is.",
            is_eager=True,
            callback=lambda wanted: _tell_version(wanted=wanted),
        ),
    ] = False,
) -> None:
    """Measure the political leanings of masked and causal language models."""


def main() -> None:
    """Run the command; mistakes of the user's exit with 2, Ctrl-C with 130, SIGTERM with 143."""
    try:
        with _unwound_by_signals():
            _require_space(sys.argv[1:])
            app(standalone_mode=True)
    except ProbesError as error:
        _stop_if_asked(error)
        _fail(str(error))
    except SystemExit as ended:
        _tell_stopped(ended)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        if fault := own_fault(error):
            _fail(fault)
        if error.errno in UNUSABLE:
            _fail(f"{str(error.filename or 'opening files')[:100]}: {error.strerror}")
        if error.errno not in UNWRITABLE:
            raise
        _fail(f"{error.filename or 'writing'}: {error.strerror}; what was answered is on disk")
    except MemoryError:
        _fail(
            "out of memory; what was answered is on disk, and the same command goes on from there"
        )
    except Exception as error:
        _stop_if_asked(error)
        fault = own_fault(error)  # of a file that the user typed: a traceback is ours
        if fault is None:
            raise
        _fail(fault)


def _require_space(words: Sequence[str]) -> None:
    """Refuse to begin what this process's limit of memory does not let end; help needs little."""
    if resource is None or not words or {*words} & {*HELP["help_option_names"]}:
        return
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if space != resource.RLIM_INFINITY and space < LEAST_SPACE:
        _fail(
            f"this process may take {space / 1e6:,.0f} MB of memory (ulimit -v), and needs "
            f"{LEAST_SPACE / 1e6:,.0f} MB before any model"
        )


@contextmanager
def _unwound_by_signals() -> Iterator[None]:
    """Requests to end unwind the command as Ctrl-C does, unless they are ignored (nohup)."""
    handled = [number for number in ENDING if signal.getsignal(number) == signal.SIG_DFL]
    for number in handled:
        signal.signal(number, _end)
    try:
        with heeded(STOPPED):
            yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _stop_if_asked(error: BaseException) -> None:
    """End as a signal asks, where a library made an error of its own out of what one raised: as
    imports, validators and Python's own `__set_name__` do."""
    above: BaseException | None = error
    for _ in range(DEEPEST):
        above = (above.__cause__ or above.__context__) if above else None
        if isinstance(above, KeyboardInterrupt):
            above = SystemExit(128 + signal.SIGINT)
        if isinstance(above, SystemExit) and above.code in STOPPED:
            _tell_stopped(above)
            raise above from None


def _tell_stopped(ended: SystemExit) -> None:
    """Say so, if a signal ended the command."""
    if ended.code in STOPPED:
        with suppress(OSError):  # the terminal may be gone
            say("stopped; the same command goes on from here", err=True)


def _fail(sentence: str) -> None:
    say(f"probes: {sentence}", err=True)
    raise SystemExit(2) from None
