"""Child processes for tests that kill or limit them, forked from a server with loaded libraries.

A new interpreter needs ten seconds for the imports of a training and two for those of a run; a fork
of the server needs none. The server has one thread and no state of tests. Start and imports of the
interpreter are tested elsewhere.
"""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "torch",
        "transformers.trainer",
        "accelerate",
        "openai",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
        "mpl_toolkits.mplot3d",
        "probes.cli",
        "probes.runs.conclude",
        "probes.runs.languages",
        "probes.training.pretrain",
        "probes.training.steps.trainer",
        "tests.warm",
        "tests.frozen",
    ]
)
LONG = 300
"""Seconds after which a process counts as hanging."""


def ended(call: Callable[..., None], *arguments: object, seconds: float = LONG) -> int | None:
    """Run a call in a child process; returns its exit status, or minus the signal that killed it.

    Args:
        call: A module-level function, so that it can be pickled.
        arguments: Its arguments, which can be pickled.
        seconds: Timeout after which the process is killed.
    """
    process = CONTEXT.Process(target=call, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode


class Command:
    """The command `probes` in a child process, with signal handling as in a terminal.

    Args:
        words: Arguments of the command.
        folder: Working directory.
        environment: Variables in addition to those of the tests.
        largest: Limit of the size of files that it writes, in bytes; None: no limit.
        ignored: Signals that are ignored at its start, as by `nohup`.
    """

    def __init__(
        self,
        *words: str,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        largest: int | None = None,
        ignored: tuple[int, ...] = (),
    ) -> None:
        self._said, sends = CONTEXT.Pipe(duplex=False)
        variables = {**os.environ, **(environment or {})}
        arguments = (words, str(folder or Path.cwd()), variables, largest, ignored, sends)
        self.process = CONTEXT.Process(target=_command, args=arguments)
        self.process.start()
        sends.close()

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self.process.is_alive()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.process.pid and self.running:
            os.kill(self.process.pid, number)

    def end(self, seconds: float = LONG) -> tuple[int | None, str]:
        """Wait for the end; returns the status (minus the signal that killed it) and stderr."""
        said = b""
        try:
            while self._said.poll(seconds) and (part := os.read(self._said.fileno(), 2**16)):
                said += part
            self.process.join(seconds)
        finally:
            self.process.kill()
            self.process.join()
            self._said.close()
        return self.process.exitcode, said.decode()


def _command(
    words: tuple[str, ...],
    folder: str,
    environment: dict[str, str],
    largest: int | None,
    ignored: tuple[int, ...],
    sends: Connection,
) -> None:
    """Main function of the child: discards stdout, and sends stderr to the test."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, 1)
    os.dup2(sends.fileno(), 2)
    sends.close()
    os.close(nobody)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    run(words)


def run(words: tuple[str, ...]) -> None:
    """Run the command in this process; it ends with `SystemExit`."""
    import sys

    from probes import cli

    sys.argv = ["probes", *words]
    cli.main()
