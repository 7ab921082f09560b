"""What the demos share: a folder that is theirs, and processes that train side by side."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from probes.errors import RunError
from probes.files.atomic import write
from probes.files.lock import LOCK, locked

MARK = "demo.json"
"""Says which course the folder is about."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Models as small as these gain nothing from a second thread, and where another program wants
    the processor the two wait for each other at every step: ten times the time."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def claimed(out: Path, mark: str) -> Iterator[None]:
    """Begin a demo in an empty or new folder, or go on with the very same one; one at a time.

    Raises:
        RunError: the folder holds something else, or cannot be written.
    """
    there = out / MARK
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not there.exists() and any(p.name != LOCK for p in out.iterdir()):
            raise RunError(f"{out}: is not empty and not the folder of a demo; use another --out")
        if there.exists() and there.read_text() != mark:
            raise RunError(f"{out}: holds the demo of another course or set; use another --out")
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {error.strerror}") from None
    with locked(out, "demo"):
        write(there, mark.encode())
        (out / "models").mkdir(exist_ok=True)
        yield


def side_by_side(
    commands: Sequence[Sequence[str]], heard: Callable[[str, int, int], None], school: Path
) -> None:
    """Let processes of their own train models, one thread each: the same weights on any number of
    cores. `heard` is told the name, steps done and steps of each line that they write.

    Raises:
        RunError: one of them failed; with its last words.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    reading, writing = os.pipe()
    with os.fdopen(reading) as said, TemporaryFile("w+") as complaints, ExitStack() as ended:
        pupils = []
        with os.fdopen(writing, "w") as pipe:
            for words in commands:
                pupil = subprocess.Popen(words, stdout=pipe, stderr=complaints, env=environment)  # noqa: S603
                ended.callback(_end, pupil)
                pupils.append(pupil)
        for line in said:
            name, done, steps = line.split()
            heard(name, int(done), int(steps))
        for pupil in pupils:
            if pupil.wait():
                raise RunError(f"{school}: a model could not be trained: {_last(complaints)}")


def _end(pupil: "subprocess.Popen[bytes]") -> None:
    pupil.kill()
    pupil.wait()


def _last(complaints: IO[str]) -> str:
    complaints.seek(0)
    return (complaints.read().strip().splitlines() or ["it was ended"])[-1]
