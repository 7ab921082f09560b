"""What answers on a machine of a cluster: one model, loaded once and asked batch by batch.

Makes its process one like the leader's before anything is loaded, so that the same prompts come to
the same bytes. `pool` turns it into an actor; this module knows nothing of Ray, and writes nothing.
"""

import contextlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from probes.advice.profiles import asked_about
from probes.asking.loop import AnsweredBatch, ask_each
from probes.errors import RunError
from probes.models.load import open_model
from probes.provenance import versions
from probes.runs import session
from probes.runs.prepare import bind
from probes.runs.request import Request
from probes.types import Header, Materials, ModelInfo, ModelSpec

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What decides how many threads a model computes on. Ray sets the first, a local run does not."""


@dataclass(frozen=True, slots=True)
class LeaderEnvironment:
    """The process that leads a run, as far as its workers have to be like it."""

    versions: Mapping[str, str]
    folder: str
    """Where it was called: paths of models may be meant from there."""
    threads: Mapping[str, str]
    """Those of `THREADS` that it has."""

    @classmethod
    def current(cls) -> "LeaderEnvironment":
        """The environment of this process."""
        threads = {name: os.environ[name] for name in THREADS if name in os.environ}
        return cls(versions(), str(Path.cwd()), threads)

    @property
    def processors(self) -> int:
        """How many a model without a GPU keeps busy: as many as it was given threads, or one."""
        threads = self.threads.get(THREADS[0], "")
        return max(1, int(threads)) if threads.isdecimal() else 1


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """What a worker says once it has loaded its model and laid out the plan."""

    node: str
    """The machine's name."""
    header: Header
    keys: list[list[str]]
    """As `Plan.keys`."""

    def require_same(self, other: "WorkerReady") -> None:
        """Another worker of the same model must have the same files and plan, or answers of unlike
        models would mix.

        Raises:
            RunError: it is not.
        """
        model = self.header.model
        for name in (f.name for f in fields(ModelInfo)):
            old, new = getattr(model, name), getattr(other.header.model, name)
            if old != new:
                raise RunError(
                    f"{model.name}: has {name} {old!r} on {self.node} and {new!r} on {other.node}; "
                    "all machines must hold the same files and be of one kind"
                )
        if self.header != other.header:
            raise RunError(f"{model.name}: {self.node} and {other.node} lay out unlike plans")


class Worker:
    """One model in a process of its own.

    Args:
        spec: the model.
        gpus: that it may use; Ray says which.
        request: of the run; its other models are not asked here.
        materials: what is asked.
        leader: the process that leads the run.
    """

    def __init__(
        self,
        spec: ModelSpec,
        gpus: float,
        request: Request,
        materials: Materials,
        leader: LeaderEnvironment,
    ) -> None:
        self._spec, self._request, self._materials = spec, request, materials
        self._gpus, self._leader = gpus, leader
        self._numbers: list[int] = []

    def start(self) -> WorkerReady:
        """Load the model and plan the whole run: what is computed once depends on all prompts.

        Raises:
            RunError: other versions are installed here than where the run is led.
            ProbesError: as in a run on one machine.
        """
        self._adopt_environment()
        loaded = open_model(self._spec, self._request.load)
        of = self._materials
        model = bind(loaded, asked_about(of.statements, of.recipe.method))
        planned = session.plan_model(model, self._request, self._materials)
        # One generator for good: it remembers how much fitted into memory, and checks once.
        self._batches = ask_each(model, planned, iter(self._numbers.pop, None))
        return WorkerReady(platform.node(), planned.header, planned.keys)

    def answer(self, number: int) -> AnsweredBatch:
        """The batch of this number.

        Raises:
            ProbesError: as in a run on one machine.
        """
        self._numbers.append(number)
        return next(self._batches)

    def _adopt_environment(self) -> None:
        """Take over threads and folder of the leader; refuse other versions."""
        for name, wanted in self._leader.versions.items():
            if (installed := versions()[name]) != wanted:
                raise RunError(
                    f"{platform.node()}: has {name} {installed or '(none)'}, but the run is led "
                    f"with {wanted or '(none)'}, and numbers may differ between them: install the "
                    "same versions on all machines"
                )
        if not self._gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # GPUs may be those of other workers
        for name in THREADS:
            os.environ.pop(name, None)
        os.environ.update(self._leader.threads)
        with contextlib.suppress(
            OSError
        ):  # no such folder on this machine: absolute paths and hub ids work
            os.chdir(self._leader.folder)
