"""The folder of a demo: claiming it, reporting progress, and training missing models."""

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
"""File with the settings of the demo in the folder."""

OnProgress = Callable[[Progress], None]


@contextmanager
def claimed(out: Path, settings: str) -> Iterator[None]:
    """Lock a new or empty folder, or the folder of a demo with equal settings.

    Args:
        out: the folder.
        settings: settings that must be equal for a demo to be resumed.

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
    """A callback that reports the steps of these models as progress, labelled ``STAGE NAME``."""

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
    """Train missing models in subprocesses of `module`: bases, then children, two at a time.

    Raises:
        RunError: a training failed.
    """
    on_step = step_reporter("training", [*bases, *children], on_progress)
    for names in (bases, children):
        missing = [name for name in names if not (out / MODELS / name / "config.json").exists()]
        if parts := [part for part in (missing[::2], missing[1::2]) if part]:
            train_side_by_side(module, plan, out, parts, on_step)
