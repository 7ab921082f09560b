"""Training models in parallel subprocesses, one thread each, and their progress reports.

The demo starts one subprocess for each group of models (`train_side_by_side`)::

    python -m MODULE PLAN OUT NAME...      PLAN: a dataclass as JSON; OUT: the folder of the demo

The subprocess reads its arguments with `child_arguments`, and writes ``NAME done steps`` to
standard output (`report`).
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
"""Subfolder of a demo for the models."""
INTERVAL = 10
"""Optimizer steps between two reports."""

KEEP = str(1 << 32)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": KEEP,
    "MALLOC_TRIM_THRESHOLD_": KEEP,
    "MALLOC_TOP_PAD_": str(1 << 28),
}
"""Environment variables of a subprocess. They keep freed memory: otherwise glibc returns the logits
of every step to the system, and allocating them again is a fifth of the processor time
(`benchmarks/README.md`)."""

OnStep = Callable[[str, int, int], None]
"""Called with a model's name, the steps done and its steps in total."""


def train_side_by_side(
    module: str,
    plan: dict[str, Any],
    out: Path,
    parts: Sequence[Sequence[str]],
    on_step: OnStep,
) -> None:
    """Train models in parallel subprocesses; the weights do not depend on the number of cores.

    Args:
        module: module that each subprocess runs.
        plan: settings, JSON-serializable.
        out: the folder of the demo.
        parts: names of models, for each subprocess.
        on_step: called for each reported step.

    Raises:
        RunError: a subprocess failed; with the last line of its standard error.
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
    """In this context torch uses one thread.

    Models this small gain nothing from more, and if another program uses the processor, threads
    wait for each other at every step, which takes ten times as long.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


# --- in the subprocess -------------------------------------------------------------------------


def child_arguments(words: Sequence[str]) -> tuple[dict[str, Any], Path, Sequence[str]]:
    """Parse ``(plan, folder, names of models)``; sets torch to one thread and disables progress
    bars."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.disable_progress_bar()
    return json.loads(words[0]), Path(words[1]), words[2:]


def report(name: str, done: int, steps: int) -> None:
    """Write progress as one short line; short writes of several processes to a pipe do not mix."""
    if done % INTERVAL == 0 or done == steps:
        sys.stdout.write(f"{name} {done} {steps}\n")
        sys.stdout.flush()
