"""The command `probes`: parses arguments, calls the library, prints.

One short function a command. Heavy packages are imported inside the command that needs them, so
that ``probes --help`` is fast. A user's mistake is reported in one sentence, with exit status 2.
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
"""Error numbers caused by a path or by limits of this machine, not by our code."""
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that end a process like Ctrl-C: sent by schedulers, or when a terminal closes."""
STOPPED = [128 + number for number in (signal.SIGINT, *ENDING)]
"""Exit statuses after these signals, as shells expect them; typer returns Ctrl-C's."""
DEEPEST = 20
"""Maximum length of the chain of causes that is searched."""
LEAST_SPACE = 1 << 30
"""Minimum address space in bytes, as pandas, scipy and matplotlib need it before any model is
loaded. With less (``ulimit -v``), some of them fail during import, and OpenBLAS tries to allocate
without end."""
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
    """Run the command; exit status 2 for a user's mistake, 130 for Ctrl-C, 143 for SIGTERM."""
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
        # an error in the user's own file; any other traceback is a bug of ours
        fault = own_fault(error)
        if fault is None:
            raise
        _fail(fault)


def _require_space(words: Sequence[str]) -> None:
    """Refuse to start if the memory limit of this process is too low; help needs little."""
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
    """Context in which signals in `ENDING` raise SystemExit, unless they are ignored (nohup)."""
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
    """Exit if `error` was caused by one of our signals: imports, validators and Python's own
    `__set_name__` wrap exceptions in others."""
    above: BaseException | None = error
    for _ in range(DEEPEST):
        above = (above.__cause__ or above.__context__) if above else None
        if isinstance(above, KeyboardInterrupt):
            above = SystemExit(128 + signal.SIGINT)
        if isinstance(above, SystemExit) and above.code in STOPPED:
            _tell_stopped(above)
            raise above from None


def _tell_stopped(ended: SystemExit) -> None:
    """Print that the command was stopped, if a signal ended it."""
    if ended.code in STOPPED:
        with suppress(OSError):  # the terminal may be closed
            say("stopped; the same command goes on from here", err=True)


def _fail(sentence: str) -> None:
    say(f"probes: {sentence}", err=True)
    raise SystemExit(2) from None
