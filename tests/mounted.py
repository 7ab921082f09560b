"""Steps on file systems that nobody else sees; a script, for a mount namespace of its own.

`mounted(steps)` gives the steps to it: text for the shell, or the words of a command `probes`. One
interpreter imports the libraries; each command is a fork of it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tests import forked

Step = str | list[str]
FORBIDDEN = 99
"""Status of a shell's step that could not mount."""


def mounted(*steps: Step) -> list[tuple[int, str]] | None:
    """Status and errors of each step; None where mounting is forbidden."""
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", sys.executable, "-m", "tests.mounted"],
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    if done.returncode == FORBIDDEN or done.stderr.startswith("unshare:"):
        return None
    assert done.returncode == 0, done.stderr
    return [(status, said) for status, said in json.loads(done.stdout)]


def _done(step: Step) -> tuple[int, str]:
    """One step."""
    if isinstance(step, str):
        shell = subprocess.run(["bash", "-c", step], capture_output=True, text=True, check=False)
        return shell.returncode, shell.stderr
    with tempfile.TemporaryFile("w+") as said:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            _command(step, said.fileno())
        _, ended = os.waitpid(child, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(ended), said.read()


def _command(words: Sequence[str], said: int) -> None:
    """In the fork."""
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


def main() -> None:
    """Read the steps, do them, write how they ended."""
    from matplotlib.backends import backend_agg, backend_svg  # noqa: F401 - for all forks

    from probes.runs import conclude, languages  # noqa: F401

    ended = []
    for step in json.load(sys.stdin):
        ended.append(_done(step))
        if ended[-1][0] == FORBIDDEN and isinstance(step, str):
            raise SystemExit(FORBIDDEN)
    json.dump(ended, sys.stdout)


if __name__ == "__main__":
    main()
