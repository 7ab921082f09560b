"""Progress of a run or a training: bars on a terminal, else lines at intervals."""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from probes.cli._terminal import say
from probes.cli.parts.pace import Pace, spoken
from probes.files.escape import terminal

if TYPE_CHECKING:
    from probes.runs import session
    from probes.training import request
    from probes.training.classifiers.request import ClassifierProgress

EVERY = 30.0
"""Seconds between two lines of one task, without a terminal."""
SOON = 5.0
"""Seconds after which a line reports a changed step."""
LOG = logging.getLogger("probes")


class Display(Protocol):
    """Output of progress: bars or lines."""

    def show(self, name: str, label: str, done: int, total: int | None, beside: str = "") -> None:
        """Report `done` of `total` (None: unknown) for the task `name`."""

    def note(self, text: str) -> None:
        """Print a sentence that stays on the screen."""


@contextlib.contextmanager
def running(
    *, quiet: bool = False, verbose: bool = False
) -> "Iterator[Callable[[session.Progress], None]]":
    """Progress of a run: one bar per model counts its answers; findings and failures are
    printed."""
    level = logging.INFO if verbose else logging.WARNING
    with _display(level, quiet=quiet) as display:

        def on_progress(now: "session.Progress") -> None:
            if now.found and not quiet:
                display.note(now.found)
            label = f"{now.index}/{now.models} {now.model}"
            label += f": {now.doing}" if now.doing else ""
            display.show(now.model, label, now.done, now.cells or None)

        yield on_progress


@contextlib.contextmanager
def learning() -> "Iterator[Callable[[request.TrainingProgress], None]]":
    """Progress of a training: one bar per stage counts documents read, then steps with their
    loss."""
    with _display() as display:

        def on_progress(now: "request.TrainingProgress") -> None:
            loss = f", loss {now.loss:.3f}" if math.isfinite(now.loss) else ""
            display.show(now.stage, now.stage, now.done, now.total or None, loss)

        yield on_progress


@contextlib.contextmanager
def classifying() -> "Iterator[Callable[[ClassifierProgress], None]]":
    """Progress of all trainings of classifiers in one bar: steps, current training, loss."""
    with _display() as display:

        def on_progress(now: "ClassifierProgress") -> None:
            loss = f", loss {now.loss:.3f}" if math.isfinite(now.loss) else ""
            display.show("steps", now.label, now.done, now.total, loss)

        yield on_progress


@contextlib.contextmanager
def reading() -> "Iterator[Callable[[str, int, int | None], None]]":
    """Progress of a search: one bar per part."""
    with _display() as display:

        def on_progress(part: str, done: int, total: int | None) -> None:
            display.show(part, part, done, total, "" if total else f", {done:,} so far")

        yield on_progress


@contextlib.contextmanager
def _display(level: int = logging.WARNING, *, quiet: bool = False) -> Iterator[Display]:
    """The display for this output (bars or lines); it also shows the library's log messages."""
    console = Console(stderr=True)
    with contextlib.ExitStack() as stack:
        display: Display = Lines(quiet=quiet)
        if console.is_terminal and not quiet:
            columns = (
                # a name such as "[/]" must not be read as markup
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[left]}", markup=False),
            )
            display = Bars(stack.enter_context(Progress(*columns, console=console)))
        handler, before = Notes(display), LOG.level
        LOG.addHandler(handler)
        LOG.setLevel(level)
        stack.callback(LOG.setLevel, before)
        stack.callback(LOG.removeHandler, handler)
        yield display


class Notes(logging.Handler):
    """Log handler that prints messages on a display."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        self._display.note(record.getMessage())


@dataclass
class Bars:
    """Progress bars on a terminal."""

    bar: Progress
    tasks: dict[str, tuple[TaskID, Pace]] = field(default_factory=dict)

    def show(self, name: str, label: str, done: int, total: int | None, beside: str = "") -> None:
        """Create or update the bar of a task."""
        if name not in self.tasks:
            self.tasks[name] = self.bar.add_task("", total=total, left=""), Pace()
        task, pace = self.tasks[name]
        left = ""
        if total:
            pace.tell(time.monotonic(), done)
            left = spoken(pace.left(total)) if done < total else ""
        self.bar.update(
            task, completed=done, total=total, description=terminal(label + beside), left=left
        )

    def note(self, text: str) -> None:
        """Print a line above the bars."""
        self.bar.console.print(Text(terminal(text)))


@dataclass
class Lines:
    """Progress lines at the start of a task, at intervals, and at its end; none for short tasks."""

    quiet: bool = False
    clock: Callable[[], float] = time.monotonic
    tasks: dict[str, Pace] = field(default_factory=dict)
    last: tuple[float, str] = (-math.inf, "")
    begun: set[str] = field(default_factory=set)
    started: float = math.inf

    def show(self, name: str, label: str, done: int, total: int | None, beside: str = "") -> None:
        """Print a line on a task, if one is due."""
        now, pace = self.clock(), self.tasks.setdefault(name, Pace())
        if total:
            pace.tell(now, done)
        self.started = min(self.started, now)
        last_time, earlier = self.last
        is_over = total is not None and done >= total
        soon = now - last_time < (EVERY if label == earlier else SOON)
        if self.quiet or now - self.started < SOON or (soon and not is_over and name in self.begun):
            return
        self.last = now, label
        self.begun.add(name)
        count = f", {done}/{total}" if total else ""
        left = spoken(pace.left(total)) if total and not is_over else ""
        say(f"{label}{beside}{count}{f', {left}' if left else ''}", err=True)

    def note(self, text: str) -> None:
        """Print a line, also if quiet: used for warnings."""
        say(text, err=True)
