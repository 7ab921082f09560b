"""How far a run or a training is: a bar with the time left; silence where there is no terminal."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from probes.plain import terminal

if TYPE_CHECKING:
    from probes import session, training


@contextlib.contextmanager
def running() -> "Iterator[Callable[[session.Progress], None]]":
    """Answers of each model."""
    with _bar() as bar:
        tasks = {}

        def tell(progress: "session.Progress") -> None:
            if progress.model not in tasks:
                label = terminal(f"{progress.index}/{progress.models} {progress.model}")
                tasks[progress.model] = bar.add_task(label, total=progress.cells)
            bar.update(tasks[progress.model], completed=progress.done)

        yield tell


@contextlib.contextmanager
def learning() -> "Iterator[Callable[[training.Progress], None]]":
    """Documents read, then steps with their loss."""
    with _bar() as bar:
        tasks = {}

        def tell(progress: "training.Progress") -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bar.add_task(progress.stage, total=progress.total or None)
            loss = f", loss {progress.loss:.3f}" if math.isfinite(progress.loss) else ""
            label = f"{progress.stage}{loss}"
            bar.update(tasks[progress.stage], completed=progress.done, description=label)

        yield tell


def _bar() -> Progress:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),  # a name such as "[/]" is a name
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)
