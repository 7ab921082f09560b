"""Progress bars of a run or a training, with the time left; silent where there is no terminal."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from probes.files.escape import terminal

if TYPE_CHECKING:
    from probes.runs import session
    from probes.training import request


@contextlib.contextmanager
def running() -> "Iterator[Callable[[session.Progress], None]]":
    """A bar per model: its answers."""
    with _bars() as show:

        def on_progress(now: "session.Progress") -> None:
            label = terminal(f"{now.index}/{now.models} {now.model}")
            show(now.model, label, now.done, now.cells)

        yield on_progress


@contextlib.contextmanager
def learning() -> "Iterator[Callable[[request.TrainingProgress], None]]":
    """A bar per stage of a training: documents read, then steps with their loss."""
    with _bars() as show:

        def on_progress(now: "request.TrainingProgress") -> None:
            loss = f", loss {now.loss:.3f}" if math.isfinite(now.loss) else ""
            show(now.stage, f"{now.stage}{loss}", now.done, now.total or None)

        yield on_progress


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[str, str, int, int | None], None]]:
    """Shows how much is done of a part: its name, its label, done, of how much if that is known."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),  # a name such as "[/]" is a name
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def show(name: str, label: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(label, total=total)
            bar.update(tasks[name], completed=done, description=label)

        yield show
