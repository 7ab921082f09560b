"""Processes that a test kills or limits, each forked from one that has the libraries already.

A fresh interpreter needs some ten seconds for what a training imports, and two for a run; a fork of
a server that has it needs none. The server holds one thread and no state of any test. What is the
interpreter's own (its start, what it imports) is tested with a real one elsewhere.
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
"""Seconds after which a process hangs."""


def ended(call: Callable[..., None], *arguments: object, seconds: float = LONG) -> int | None:
    """How a call ends in a process of its own: its status, or minus the signal that killed it.

    Args:
        call: A function of a module's own, by whose name the process finds it.
        arguments: What can be pickled.
        seconds: After which it is killed.
    """
    process = CONTEXT.Process(target=call, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode


class Command:
    """The command `probes` in a process of its own, with signals as a terminal delivers them.

    Args:
        words: Of the command line.
        folder: Where it is called.
        environment: Variables, beside those of the tests.
        largest: Bytes of the largest file that it may write; None: any.
        ignored: Signals that whoever starts it has it ignore, as `nohup` does.
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
        """Whether it has not ended."""
        return self.process.is_alive()

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.process.pid and self.running:
            os.kill(self.process.pid, number)

    def end(self, seconds: float = LONG) -> tuple[int | None, str]:
        """Wait for it: status (minus the signal that killed it), and its errors."""
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
    """In the new process: its output goes to nobody, its errors to the test."""
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
    """The command, in this process; it ends with `SystemExit`."""
    import sys

    from probes import cli

    sys.argv = ["probes", *words]
    cli.main()
