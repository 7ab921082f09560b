"""Runs commands on private file systems, in a process with its own mount namespace."""

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from tests import forked

Step = str | list[str]
Ended = tuple[int, str]
"""Exit status and stderr of a step."""
FORBIDDEN = 99
"""Exit status of a shell step that could not mount, and of a process without a namespace."""
NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
"""Flags of unshare(2)."""


def mounted(*steps: Step) -> list[Ended] | None:
    """Run the steps: a string is run by the shell, words are arguments of `probes`.

    Returns:
        The outcome of each step; None if mounting is not permitted.
    """
    receives, sends = forked.CONTEXT.Pipe(duplex=False)
    process = forked.CONTEXT.Process(target=_all, args=(steps, sends))
    process.start()
    sends.close()
    try:
        ended = receives.recv()
    except EOFError:
        ended = []
    process.join()
    if process.exitcode == FORBIDDEN:
        return None
    assert process.exitcode == 0
    return ended


def _all(steps: Sequence[Step], sends: Connection) -> None:
    """Main function of the child, which is root in its namespace."""
    own = f"0 {os.getuid()} 1", f"0 {os.getgid()} 1"
    if ctypes.CDLL(None).unshare(NEW_USER | NEW_MOUNTS):
        raise SystemExit(FORBIDDEN)
    Path("/proc/self/setgroups").write_text("deny")
    for name, content in zip(("uid_map", "gid_map"), own, strict=True):
        Path("/proc/self", name).write_text(content)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    os.environ["COLUMNS"] = "200"
    ended = []
    for step in steps:
        ended.append(_done(step))
        if ended[-1][0] == FORBIDDEN and isinstance(step, str):
            raise SystemExit(FORBIDDEN)
    sends.send(ended)


def _done(step: Step) -> Ended:
    """Run one step."""
    if isinstance(step, str):
        shell = subprocess.run(["bash", "-c", step], capture_output=True, text=True, check=False)
        return shell.returncode, shell.stderr
    with tempfile.TemporaryFile("w+") as errors:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            _command(step, errors.fileno())
        _, ended = os.waitpid(child, 0)
        errors.seek(0)
        return os.waitstatus_to_exitcode(ended), errors.read()


def _command(words: Sequence[str], said: int) -> None:
    """Main function of the fork: run the command."""
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(said, 2)
        forked.run(tuple(words))
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - as an interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)
