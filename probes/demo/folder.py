"""The folder of a demo, and the progress of the models that are trained in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probes.demo.processes import MODELS, OnStep, train_side_by_side
from probes.errors import RunError
from probes.files.atomic import write
from probes.files.claim import claim
from probes.files.lock import locked
from probes.runs.session import Progress

MARK = "demo.json"
"""File with the settings of the demo that the folder is about."""

OnProgress = Callable[[Progress], None]


@contextmanager
def claimed(out: Path, settings: str) -> Iterator[None]:
    """Begin a demo in an empty or new folder, or go on with the very same one; one at a time.

    Args:
        out: the folder.
        settings: what must be the same for a demo to go on.

    Raises:
        RunError: the folder holds something else, or cannot be written.
    """
    mark = out / MARK
    claim(out, MARK, "the folder of a demo")
    try:
        if mark.exists() and mark.read_text() != settings:
            raise RunError(f"{out}: holds the demo of another course or set; use another --out")
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {error.strerror}") from None
    with locked(out, "demo"):
        write(mark, settings.encode())
        (out / MODELS).mkdir(exist_ok=True)
        yield


def step_reporter(stage: str, names: Sequence[str], on_progress: OnProgress) -> OnStep:
    """Steps of these models as the progress of a run, in which they are called ``STAGE NAME``."""

    def on_step(name: str, done: int, steps: int) -> None:
        number = names.index(name) + 1
        on_progress(Progress(f"{stage} {name}", number, len(names), done, steps))

    return on_step


def train_missing(
    module: str,
    plan: dict[str, Any],
    out: Path,
    bases: Sequence[str],
    children: Sequence[str],
    on_progress: OnProgress,
) -> None:
    """Let `module` train the models that are not there: bases, then children, two at a time.

    Raises:
        RunError: one could not be trained.
    """
    on_step = step_reporter("training", [*bases, *children], on_progress)
    for names in (bases, children):
        missing = [name for name in names if not (out / MODELS / name / "config.json").exists()]
        if parts := [part for part in (missing[::2], missing[1::2]) if part]:
            train_side_by_side(module, plan, out, parts, on_step)
