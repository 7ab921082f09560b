"""A worker on a machine of a cluster: one model, loaded once and asked batch by batch.

Copies the environment of the leading process before loading, so that the same prompts give the same
bytes. `pool` turns the class into a Ray actor; this module does not know Ray and writes no files.
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
"""Variables that set a model's number of threads. Ray sets the first, a local run does not."""


@dataclass(frozen=True, slots=True)
class LeaderEnvironment:
    """The settings of the process that leads a run which its workers must share."""

    versions: Mapping[str, str]
    folder: str
    """Its working directory: paths of models may be relative to it."""
    threads: Mapping[str, str]
    """The variables in `THREADS` that are set there, with their values."""

    @classmethod
    def current(cls) -> "LeaderEnvironment":
        """The environment of this process."""
        threads = {name: os.environ[name] for name in THREADS if name in os.environ}
        return cls(versions(), str(Path.cwd()), threads)

    @property
    def processors(self) -> int:
        """Processors that a model without a GPU uses: its number of threads, or 1."""
        threads = self.threads.get(THREADS[0], "")
        return max(1, int(threads)) if threads.isdecimal() else 1


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """Report of a worker that has loaded its model and made the plan."""

    node: str
    """Host name of the machine."""
    header: Header
    keys: list[list[str]]
    """As `Plan.keys`."""

    def require_same(self, other: "WorkerReady") -> None:
        """Check that another worker of the model has the same files and plan, so that answers of
        different models do not mix.

        Raises:
            RunError: they differ.
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
        spec: The model.
        gpus: Number of GPUs that it may use; Ray selects them.
        request: The request of the run; its other models are not asked here.
        materials: The set, protocol and controls.
        leader: Settings of the process that leads the run.
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
        """Load the model and plan its whole run: some steps depend on all prompts.

        Raises:
            RunError: other versions are installed here than in the leading process.
            ProbesError: as in a run on one machine.
        """
        self._adopt_environment()
        loaded = open_model(self._spec, self._request.load)
        materials = self._materials
        model = bind(loaded, asked_about(materials.statements, materials.recipe.method))
        planned = session.plan_model(model, self._request, self._materials)
        # One generator for all batches: it remembers the size that fits, and self-checks once.
        self._batches = ask_each(model, planned, iter(self._numbers.pop, None))
        return WorkerReady(platform.node(), planned.header, planned.keys)

    def answer(self, number: int) -> AnsweredBatch:
        """Answer the batch of this number.

        Raises:
            ProbesError: as in a run on one machine.
        """
        self._numbers.append(number)
        return next(self._batches)

    def _adopt_environment(self) -> None:
        """Copy threads and working directory of the leader; raise if versions differ."""
        for name, wanted in self._leader.versions.items():
            if (installed := versions()[name]) != wanted:
                raise RunError(
                    f"{platform.node()}: has {name} {installed or '(none)'}, but the run is led "
                    f"with {wanted or '(none)'}, and numbers may differ between them: install the "
                    "same versions on all machines"
                )
        if not self._gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # GPUs may belong to other workers
        for name in THREADS:
            os.environ.pop(name, None)
        os.environ.update(self._leader.threads)
        with contextlib.suppress(
            OSError
        ):  # no such folder on this machine: absolute paths and hub ids work
            os.chdir(self._leader.folder)
