"""Processes that train models side by side, one thread each, and the lines by which they report.

The demo starts a process for each part of the models (`train_side_by_side`)::

    python -m MODULE PLAN OUT PART...      PLAN: a dataclass as JSON; OUT: the folder of the demo

Such a process reads its arguments with `child_arguments`, and writes ``NAME done steps`` to its
output as it goes (`report`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from probes.errors import RunError

MODELS = "models"
"""Folder of the models in the folder of a demo."""
INTERVAL = 10
"""Steps between two reports."""

KEEP = str(1 << 32)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": KEEP,
    "MALLOC_TRIM_THRESHOLD_": KEEP,
    "MALLOC_TOP_PAD_": str(1 << 28),
}
"""Of such a process. It keeps freed memory: glibc gives the logits of every step back to the system
otherwise, and getting them anew is a fifth of the processor time (`benchmarks/README.md`)."""

OnStep = Callable[[str, int, int], None]
"""Takes a model's name, the steps done and all of its steps."""


def train_side_by_side(
    module: str,
    plan: dict[str, Any],
    out: Path,
    parts: Sequence[Sequence[str]],
    on_step: OnStep,
) -> None:
    """Let processes of their own train models: the same weights on any number of cores.

    Args:
        module: what each process runs.
        plan: what is trained; can be written as JSON.
        out: the folder of the demo.
        parts: further arguments, a process each.
        on_step: is called with what each line of their output says.

    Raises:
        RunError: one of them failed; with the last line of what it wrote on standard error.
    """
    command = [sys.executable, "-m", module, json.dumps(plan), str(out)]
    environment = os.environ | ENVIRONMENT
    reading, writing = os.pipe()
    with os.fdopen(reading) as output, TemporaryFile("w+") as errors, ExitStack() as stack:
        children = []
        with os.fdopen(writing, "w") as pipe:
            for part in parts:
                words = [*command, *part]
                child = subprocess.Popen(words, stdout=pipe, stderr=errors, env=environment)  # noqa: S603
                stack.callback(_end, child)
                children.append(child)
        for line in output:
            name, done, steps = line.split()
            on_step(name, int(done), int(steps))
        if any(child.wait() for child in children):
            raise RunError(f"{out / MODELS}: a model could not be trained: {_last_line(errors)}")


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    return (errors.read().strip().splitlines() or ["it was ended"])[-1]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread.

    Models as small as these gain nothing from a second one, and where another program wants the
    processor the two wait for each other at every step: ten times the time.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


# --- in such a process -------------------------------------------------------------------------


def child_arguments(words: Sequence[str]) -> tuple[dict[str, Any], Path, Sequence[str]]:
    """Plan, folder and part of this process, which from now on computes on one thread and shows no
    progress bars."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.disable_progress_bar()
    return json.loads(words[0]), Path(words[1]), words[2:]


def report(name: str, done: int, steps: int) -> None:
    """Write one short line: several processes write to one pipe, and short writes stay whole."""
    if done % INTERVAL == 0 or done == steps:
        sys.stdout.write(f"{name} {done} {steps}\n")
        sys.stdout.flush()
