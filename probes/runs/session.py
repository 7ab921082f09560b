"""A run in a folder: models are asked one after the other, then everything is concluded.

The command `probes run` and the function `probes.probe` are this. The loop itself is `run`, the
files are `folder` and `answers`; nothing here computes a number.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from probes import plugins
from probes.asking import protocols
from probes.asking.batches import BatchSize
from probes.asking.loop import VERSION, Plan, ask, plan
from probes.errors import ProbesError, UsageError
from probes.evidence import answers
from probes.instruments import sets
from probes.models.load import open_model
from probes.runs import defaults, profile
from probes.runs import judge as judging
from probes.runs.conclude import concluded
from probes.runs.folder import Folder, Settings, model_entry, opened
from probes.types import (
    LoadOptions,
    Materials,
    Missing,
    ModelSpec,
    Recipe,
    Scorer,
    StatementSet,
    Writer,
)

if TYPE_CHECKING:
    from probes.tables.place import Conclusion
    from probes.types import Tables


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `model` is number `index` of `models`, `done` of `cells` are answered."""

    model: str
    index: int
    models: int
    done: int
    cells: int


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom: the arguments of `probes run`."""

    models: Sequence[ModelSpec]
    set: str
    protocol: str = "default"
    seed: int = 0
    limit: int | None = None
    batch_size: BatchSize = "auto"
    load: LoadOptions = field(default_factory=LoadOptions)
    text: Path | None = None
    """A local copy of the file that the set borrows its texts from."""
    missing: Missing = "honest"
    command: str = ""
    """The command line, for `run.yaml`."""
    profile: bool = False
    """Write `profile.json`: where the time of this session went."""
    repeats: int | None = None
    """Replies to each prompt, with seeds of their own; None: as the protocol has it."""
    stance: str | None = None
    """The stance model, in place of the protocol's."""
    matrix: str | None = None
    """File of the stance model's errors, to correct by; ``none``: no longer."""
    engine: "Engine | None" = None
    """Who asks the models; None: this process, one after the other."""


Tell = Callable[[Progress], None] | None


@dataclass(frozen=True, slots=True)
class Task:
    """Asking the models of a run what is still missing."""

    folder: Folder
    settings: Settings
    request: Request
    materials: Materials

    def record(self, models: Sequence[Mapping[str, object]]) -> None:
        """Write entries of models into `run.yaml`."""
        self.folder.record(self.settings, models, self.request.command)


class Engine(Protocol):
    """Where models are asked, if not in this process."""

    def ask(self, task: Task, tell: Tell) -> None:
        """Bring every model's answers into the folder, in the order of its plan, and the models
        into `run.yaml`, in the order of the request. Raises as `probe` does."""


def probe(request: Request, out: Path, tell: Tell = None) -> "Tables":
    """Ask every model what is still missing in folder `out`, then write every table and figure.

    Args:
        request: models, set, protocol and settings.
        out: the run folder; an interrupted run there goes on.
        tell: is told of the progress, batch by batch.

    Returns:
        The tables, as `conclude` writes them.

    Raises:
        ProbesError: anything that the user can mend; what was answered by then is on disk.
    """
    return run(request, out, tell).tables


def run(request: Request, out: Path, tell: Tell = None) -> "Conclusion":
    """`probe`, with the placements that the tables are made of."""
    if request.limit is not None and request.limit < 1:
        raise UsageError(f"--limit {request.limit}: must be at least 1")
    statements, raw = sets.read(request.set, request.text)
    given = protocols.repeated(protocols.load(request.protocol), request.repeats)
    recipe = defaults.recipe(given, request.models, statements)
    settings = _settings(request, statements, recipe)
    with opened(out, settings) as folder:
        folder.write("set.yaml", raw)
        folder.write("protocol.yaml", protocols.dump(recipe))
        if recipe.controls:
            source = plugins.data("statements", recipe.controls, ProbesError)
            folder.write("controls.yaml", source.read_bytes())
        folder.record(settings, [], request.command)
        task = Task(folder, settings, request, folder.materials())
        (request.engine.ask if request.engine else _ask_here)(task, tell)
        _judge(folder, request, task.materials, tell)
        return concluded(out, request.missing, request.matrix)


def laid_out(model: Scorer | Writer, request: Request, materials: Materials) -> Plan:
    """All that a loaded model is asked.

    Raises:
        ProbesError: as `loop.plan`.
    """
    return plan(
        model, materials, seed=request.seed, limit=request.limit, batch_size=request.batch_size
    )


def _ask_here(task: Task, tell: Tell) -> None:
    """Ask the models in this process, one after the other."""
    profiles, models = [], task.request.models
    for index, spec in enumerate(models, start=1):
        watch = profile.Stopwatch()
        for done, cells in _ask(task, spec, watch):
            if tell:
                tell(Progress(spec.name, index, len(models), done, cells))
        if task.request.profile:
            profiles.append(watch.profile())
    if task.request.profile:
        profile.write(task.folder, profiles)


def _ask(task: Task, spec: ModelSpec, watch: profile.Stopwatch) -> Iterator[tuple[int, int]]:
    """Ask one model what is missing; yields (cells answered, cells) as batches reach the disk."""
    with watch.step("load"):
        loaded = open_model(spec, task.request.load)
        model = watch.model = defaults.bound(loaded, task.materials.statements)
    with watch.step("plan"):
        planned = laid_out(model, task.request, task.materials)
    keys = planned.keys
    with answers.AnswerLog(task.folder.answers(spec.name), planned.header, keys) as log:
        task.record([model_entry(model.info, 0)])
        done = sum(map(len, keys[: log.done]))
        yield done, planned.header.cells
        splits = 0
        for batch in watch.each("forward", ask(model, planned, log.done)):
            with watch.step("writing"):
                log.write(batch.answers)
            done, splits = done + len(batch.answers), batch.splits
            yield done, planned.header.cells
    if splits:
        task.record([model_entry(model.info, splits)])


def _judge(
    folder: Folder,
    request: Request,
    materials: Materials,
    tell: Callable[[Progress], None] | None,
) -> None:
    """Have the stance of written replies judged, where the protocol or the request asks for it."""
    names = folder.models()

    def told(name: str, done: int, cells: int) -> None:
        if tell:
            tell(Progress(f"{name}, stances", names.index(name) + 1, len(names), done, cells))

    options = replace(request.load, adapter=None, chat=None)
    judging.judge_folder(folder, materials, request.stance, options, told)


def _settings(request: Request, statements: StatementSet, recipe: Recipe) -> Settings:
    return Settings(
        set=statements.name,
        set_sha256=statements.sha256,
        protocol=recipe.name,
        protocol_sha256=recipe.sha256,
        seed=request.seed,
        limit=request.limit,
        dtype=request.load.dtype,
        batch_size=request.batch_size,
        plan_version=VERSION,
        repeats=request.repeats,
    )
