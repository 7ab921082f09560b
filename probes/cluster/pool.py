"""The pool of workers of a run on a cluster: starts them, assigns batches, replaces lost ones.

`schedule` decides which batch is next, `worker` is the code of a worker, Ray (passed by `engine`)
decides where it runs. Only this process writes, in the order of the plan.
"""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from types import ModuleType
from typing import Any

from probes.asking.loop import AnsweredBatch
from probes.cluster.schedule import DEPTH, Schedule
from probes.cluster.worker import LeaderEnvironment, Worker, WorkerReady
from probes.errors import ModelError, ProbesError, RunError
from probes.evidence import answers
from probes.runs.folder import model_entry
from probes.runs.session import Progress, Task, Tell
from probes.types import ModelSpec

LOG = logging.getLogger(__name__)
NO_PACKAGE = "No module named 'probes"
"""Part of Ray's error message if this package is missing on a machine."""
MAX_LOSSES = 3
"""Most consecutive losses of a model's workers without an answer, per worker."""


@dataclass(eq=False, slots=True)
class WorkerHandle:
    """A worker: its Ray actor and its state."""

    actor: Any
    ready: bool = False
    load: int = 0
    """Number of batches assigned and not yet answered."""
    answered: bool = False


@dataclass(eq=False, slots=True)
class ModelProgress:
    """A model of the run, its workers, and its progress."""

    index: int
    spec: ModelSpec
    resources: dict[str, float]
    """CPUs and GPUs of a worker, as options of Ray."""
    workers: list[WorkerHandle] = field(default_factory=list)
    most: int = 0
    """Largest number of workers at a time so far."""
    ready: WorkerReady | None = None
    """The first worker's report of model and plan; those of others must be equal."""
    schedule: Schedule | None = None
    files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    log: answers.AnswerLog | None = None
    done: int = 0
    """Number of cells on disk."""
    losses: int = 0
    """Workers lost without an answer since the last batch was written."""
    splits: dict[WorkerHandle, int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether all its answers are on disk."""
        return self.schedule is not None and self.schedule.over

    def needs_worker(self, most: int | None) -> bool:
        """Whether there are batches for another worker, given at most `most` workers."""
        if most is not None and len(self.workers) >= most:
            return False
        return self.schedule is None or self.schedule.waiting > DEPTH * len(self.workers)


class WorkerPool:
    """All workers of a run, spread evenly over its models.

    Args:
        ray: The module, connected to the cluster.
        task: The run.
        tell: Callback for progress, or None.
        resources: CPUs and GPUs of a worker of each model, as options of Ray.
        workers: Most workers at a time; None: one per model.
    """

    def __init__(
        self,
        ray: ModuleType,
        task: Task,
        tell: Tell,
        resources: Sequence[dict[str, float]],
        workers: int | None,
    ) -> None:
        self._ray, self._task, self._tell = ray, task, tell
        self._worker = ray.remote(Worker)
        request = replace(task.request, engine=None)
        pairs = zip(request.models, resources, strict=True)
        self._models = [ModelProgress(i, *pair) for i, pair in enumerate(pairs)]
        self._most = workers or len(self._models)
        self._each = None if workers else 1
        self._calls: dict[Any, tuple[ModelProgress, WorkerHandle, int | None]] = {}
        """Ray future -> its model, worker and batch number; None: the call to `Worker.start`."""
        self._common = [ray.put(request), ray.put(task.materials), LeaderEnvironment.current()]

    def run(self) -> None:
        """Run until every batch of every model is written."""
        while not all(model.over for model in self._models):
            self._start_workers()
            (call, *_), _ = self._ray.wait(list(self._calls))
            model, worker, number = self._calls.pop(call)
            self._receive(call, model, worker, number)
            self._assign(model)

    def stop(self) -> None:
        """Kill all workers and close the files."""
        for model in self._models:
            model.files.close()
            for worker in [*model.workers]:
                self._release(model, worker)

    def _start_workers(self) -> None:
        """Start workers up to the limit, first for the models with fewest."""
        while sum(len(model.workers) for model in self._models) < self._most:
            able = [model for model in self._models if model.needs_worker(self._each)]
            if not able:
                return
            model = min(able, key=lambda model: len(model.workers))
            gpus = model.resources["num_gpus"]
            start = self._worker.options(**model.resources).remote
            worker = WorkerHandle(start(model.spec, gpus, *self._common))
            model.workers.append(worker)
            model.most = max(model.most, len(model.workers))
            self._calls[worker.actor.start.remote()] = model, worker, None

    def _receive(
        self, call: Any, model: ModelProgress, worker: WorkerHandle, number: int | None
    ) -> None:
        """Process the result of a call to a worker, or the error that ended it."""
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(call)
        except errors.RayError as error:
            if isinstance(cause := getattr(error, "cause", None), ProbesError):
                raise cause from None
            if NO_PACKAGE in str(error):
                raise RunError(
                    f"{model.spec.name}: probes is not installed where a worker of it was to "
                    "start; install the same versions on all machines"
                ) from None
            if isinstance(error, errors.RayTaskError):
                raise  # an error in this package
            if number is not None and model.schedule:
                model.schedule.give_back(number)
            self._replace(model, worker, _reason(error))
            return
        if number is None:
            self._begin(model, worker, answer)
        else:
            worker.load, worker.answered = worker.load - 1, True
            self._write(model, worker, answer)

    def _begin(self, model: ModelProgress, worker: WorkerHandle, ready: WorkerReady) -> None:
        """Register a worker that is ready; the first of a model opens its file of answers."""
        worker.ready = True
        if model.ready is not None:
            model.ready.require_same(ready)
            return
        model.log = model.files.enter_context(self._task.log(ready.header, ready.keys))
        model.schedule = Schedule(model.log.done, len(ready.keys))
        model.done = sum(map(len, ready.keys[: model.log.done]))
        model.ready = replace(ready, keys=[])
        self._record()
        self._report(model)

    def _write(self, model: ModelProgress, worker: WorkerHandle, batch: AnsweredBatch) -> None:
        """Accept a batch, and write all batches that are next in the model's plan."""
        if not (model.schedule and model.log):
            raise ValueError("a worker that is not ready has answered")
        model.splits[worker] = batch.splits
        for ready in model.schedule.answered(batch):
            model.log.write(ready.answers)
            model.done += len(ready.answers)
            model.losses = 0
            self._report(model)
        if model.over and any(model.splits.values()):
            self._record()

    def _assign(self, model: ModelProgress) -> None:
        """Assign batches to a model's workers, the least loaded first; release idle workers."""
        if model.schedule is None:
            return
        while able := [worker for worker in model.workers if worker.ready and worker.load < DEPTH]:
            number = model.schedule.take(sum(worker.ready for worker in model.workers))
            if number is None:
                break
            worker = min(able, key=lambda worker: worker.load)
            worker.load += 1
            self._calls[worker.actor.answer.remote(number)] = model, worker, number
        if not model.schedule.waiting:
            for worker in [worker for worker in model.workers if not worker.load]:
                self._release(model, worker)
        if model.over:
            model.files.close()

    def _replace(self, model: ModelProgress, worker: WorkerHandle, reason: str) -> None:
        """Drop a lost worker; end the run after too many losses in a row."""
        if worker not in model.workers:
            return  # another call of this worker has failed before
        model.workers.remove(worker)
        self._ray.kill(worker.actor)
        model.losses += not worker.answered
        if model.losses > MAX_LOSSES * model.most:
            raise ModelError(
                f"{model.spec.name}: {model.losses} workers were lost one after the other before "
                f"they answered anything, the last with: {reason}"
            )
        LOG.warning("%s: a worker was lost, another takes its place: %s", model.spec.name, reason)

    def _release(self, model: ModelProgress, worker: WorkerHandle) -> None:
        """Kill a worker that is no longer needed."""
        model.workers.remove(worker)
        self._calls = {call: entry for call, entry in self._calls.items() if entry[1] is not worker}
        self._ray.kill(worker.actor)

    def _record(self) -> None:
        """Write the entries of started models into `run.yaml`, in the order of the request."""
        begun = takewhile(lambda model: model.ready is not None, self._models)
        entries = [
            model_entry(model.ready.header.model, sum(model.splits.values()))
            for model in begun
            if model.ready
        ]
        if entries:
            self._task.record(entries)

    def _report(self, model: ModelProgress) -> None:
        """Report a model's progress to the callback."""
        if self._tell and model.ready:
            cells = model.ready.header.cells
            number = model.index + 1
            self._tell(Progress(model.spec.name, number, len(self._models), model.done, cells))


def _reason(error: Exception) -> str:
    """Ray's reason for the loss of a worker, on one line."""
    text = " ".join(str(error).split())
    _, separator, detail = text.partition("exit detail: ")
    return (detail if separator else text).split(". ")[0].rstrip(".")
