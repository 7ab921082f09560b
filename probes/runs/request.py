"""The arguments and progress messages of a run, and the protocol of an engine."""

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
"""Upper bound of a run's seed: seeds of repetitions count on from it and must fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run: `model` is number `index` of `models`; `done` of `cells` are answered."""

    model: str
    index: int
    models: int
    done: int
    cells: int
    doing: str = ""
    """Step before the first answers, such as ``loading``; empty while asking."""
    found: str = ""
    """How the model is asked, if this was found by trying; sent once."""


@dataclass(frozen=True, slots=True)
class Request:
    """Arguments of `probes run`: models, set, protocol and settings."""

    models: Sequence[ModelSpec]
    """Specs, or text as for ``--model``; a single one need not be in a list."""
    set: str
    """Set; empty: the default (see `prepare.complete`)."""
    protocol: str = "default"
    """Protocol; empty: the default for these models and this set."""
    seed: int = 0
    """Seed of random draws."""
    limit: int | None = None
    """Maximum number of statements in a trial, a balanced sample (`asking.sample`); None: all."""
    batch_size: BatchSize = "auto"
    """Number of prompts in a batch; auto: batches of about equal work."""
    load: LoadOptions = field(default_factory=LoadOptions)
    """Options for loading the models."""
    text: Path | None = None
    """Local copy of the file from which the set takes its texts."""
    missing: Missing = "honest"
    """How unanswered statements count."""
    command: str = ""
    """The command line, for `run.yaml`."""
    profile: bool = False
    """Whether to write `profile.json`, the time of this session by step."""
    repeats: int | None = None
    """Replies to each prompt, each with its own seed; None: the protocol's number."""
    stance: str | None = None
    """Stance model; None: the protocol's."""
    matrix: str | None = None
    """File of the stance model's errors, to correct for them; ``none``: stop correcting."""
    people: str | None = None
    """Answers of people, or their tables, to compare the models with; ``none``: remove them."""
    engine: "Engine | None" = None
    """Cluster engine that asks the models; None: this process, one model after the other."""
    method: str | None = None
    """Name or own file of the method; None: the protocol's. A file is executed."""
    claims: Path | None = None
    """File of claims to be tested by the results; stored in the folder before anything is asked."""
    conditions: Sequence[str] = ()
    """Conditions under which everything is asked (names or files); empty: the protocol's."""
    variants: Variants = "first"
    """Which texts of statements with variants are asked (`asking.variants`)."""

    trials: Sequence[int] = ()
    """Limits of earlier trials in the folder; filled in by the run."""

    def __post_init__(self) -> None:
        """Convert text to values; refuse a seed too large for evidence
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
    """The task of an engine: ask the models of a run for all missing answers."""

    folder: Folder
    settings: Settings
    request: Request
    materials: Materials

    def record(self, models: Sequence[Mapping[str, object]]) -> None:
        """Write entries of models into `run.yaml`."""
        self.folder.record(self.settings, models, self.request.command)

    def log(self, header: Header, keys: Sequence[Sequence[str]]) -> AnswerLog:
        """A model's answers file, opened to continue; answers of a trial become its first answers.

        Raises:
            RunError: as `AnswerLog`; or the trial asked other prompts.
        """
        path = self.folder.answers(header.model.name)
        if trial.extend(path, header, self.request.trials):
            # they cover fewer replies
            self.folder.stances(header.model.name).unlink(missing_ok=True)
        return AnswerLog(path, header, keys)


class Engine(Protocol):
    """Asks models outside this process."""

    def ask(self, task: Task, tell: Tell) -> None:
        """Write every model's answers into the folder, in the order of its plan, and the models
        into `run.yaml`, in the order of the request. Raises as `probe` does."""


def usual_folder(request: Request) -> Path:
    """Default folder of a run: ``runs/SET-PROTOCOL``, then the method if one was named, the
    variants if not the first, and the conditions; names of files without ``.yaml`` or ``.py``."""
    names = [request.set, request.protocol, *([request.method] if request.method else [])]
    names += [f"variants-{request.variants}"] if request.variants != "first" else []
    names += request.conditions
    return Path("runs") / "-".join(re.sub(r"\.(ya?ml|py)$", "", Path(n).name) for n in names)
