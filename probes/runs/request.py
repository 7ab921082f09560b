"""What a run is asked to do, and what it says while it does: values and one contract, no work."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from probes.asking.batches import BatchSize
from probes.errors import UsageError
from probes.evidence import trial
from probes.evidence.answers import AnswerLog
from probes.models import registry
from probes.runs.folder import Folder
from probes.runs.run_yaml import Settings
from probes.types import Header, LoadOptions, Materials, Missing, ModelSpec, Variants

MOST_SEED = 2**53
"""Seeds of repetitions count on from a run's, and are whole numbers of 64 bits."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `model` is number `index` of `models`, `done` of `cells` are answered."""

    model: str
    index: int
    models: int
    done: int
    cells: int
    doing: str = ""
    """What takes time before the first answers come, such as ``loading``; empty while asking."""
    found: str = ""
    """Said once: how a model is asked, where that was found by trying."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom: the arguments of `probes run`."""

    models: Sequence[ModelSpec]
    """Specs, or text as ``--model`` takes it; a single one need not be in a list."""
    set: str
    """Empty: the one that is usual (see `prepare.complete`)."""
    protocol: str = "default"
    """Empty: the one that is usual for these models and this set."""
    seed: int = 0
    """Of what is drawn at random."""
    limit: int | None = None
    """Most statements that are asked, a balanced sample (`asking.sample`): a trial. None: all."""
    batch_size: BatchSize = "auto"
    """Prompts at a time; auto: about equal work."""
    load: LoadOptions = field(default_factory=LoadOptions)
    """How models are loaded."""
    text: Path | None = None
    """A local copy of the file that the set borrows its texts from."""
    missing: Missing = "honest"
    """How unanswered statements count."""
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
    people: str | None = None
    """Answers of people, or their tables, to stand beside the models; ``none``: no longer."""
    engine: "Engine | None" = None
    """Who asks the models; None: this process, one after the other."""
    method: str | None = None
    """Name or own file of the method, in place of the protocol's. A file is executed."""
    claims: Path | None = None
    """File of claims, to be judged by what comes; kept in the folder before anything is asked."""
    conditions: Sequence[str] = ()
    """Conditions under which everything is asked (names or files), in place of the protocol's."""
    variants: Variants = "first"
    """Which texts of statements that have several are asked (`asking.variants`)."""

    trials: Sequence[int] = ()
    """The limits that the folder was asked with before; a run fills them in."""

    def __post_init__(self) -> None:
        """Take text for what it means; refuse a seed that evidence could not hold
        (`evidence.sound.MAX_SEED`)."""
        models: Sequence[ModelSpec | str] = self.models
        typed = [models] if isinstance(models, str | ModelSpec) else models
        specs = tuple(registry.resolve(m) if isinstance(m, str) else m for m in typed)
        for name, value in (
            ("models", specs),
            ("set", str(self.set)),
            ("protocol", str(self.protocol)),
        ):
            object.__setattr__(self, name, value)
        if not abs(self.seed) < MOST_SEED:
            raise UsageError(f"--seed {self.seed}: must lie between -{MOST_SEED} and {MOST_SEED}")


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

    def log(self, header: Header, keys: Sequence[Sequence[str]]) -> AnswerLog:
        """A model's answers file, to go on with; those of a trial become its first answers.

        Raises:
            RunError: as `AnswerLog`; or the trial was asked in other words.
        """
        path = self.folder.answers(header.model.name)
        if trial.extend(path, header, self.request.trials):
            self.folder.stances(header.model.name).unlink(missing_ok=True)  # of fewer replies
        return AnswerLog(path, header, keys)


class Engine(Protocol):
    """Where models are asked, if not in this process."""

    def ask(self, task: Task, tell: Tell) -> None:
        """Bring every model's answers into the folder, in the order of its plan, and the models
        into `run.yaml`, in the order of the request. Raises as `probe` does."""


def usual_folder(request: Request) -> Path:
    """Where a run lies unless told otherwise: ``runs/SET-PROTOCOL``, and its method if one was
    named, which variants, if not the first, and its conditions; of files, names without ``.yaml``
    or ``.py``."""
    names = [request.set, request.protocol, *([request.method] if request.method else [])]
    names += [f"variants-{request.variants}"] if request.variants != "first" else []
    names += request.conditions
    return Path("runs") / "-".join(re.sub(r"\.(ya?ml|py)$", "", Path(n).name) for n in names)
