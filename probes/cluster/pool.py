"""The workers of a run on a cluster: hired, given batches, replaced where they are lost.

Which batch is whose turn is `turns`, what a worker does is `worker`, where it may be is Ray's
business, which comes in from `engine`. Only this process writes, and only in the plan's order.
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
FOREIGN = "No module named 'probes"
"""What Ray says where a machine does not have this package."""
DEATHS = 3
"""Times that all workers of a model may be lost before they answer anything: then it is it."""


@dataclass(eq=False, slots=True)
class WorkerHandle:
    """A worker: Ray's handle of it, and what it has to do."""

    actor: Any
    ready: bool = False
    load: int = 0
    """Batches that it was given and has not answered."""
    answered: bool = False


@dataclass(eq=False, slots=True)
class ModelProgress:
    """A model, its workers, and how far it is."""

    index: int
    spec: ModelSpec
    needs: dict[str, float]
    """What a worker takes up of a machine, in Ray's words."""
    hands: list[WorkerHandle] = field(default_factory=list)
    most: int = 0
    """How many they were at most."""
    ready: WorkerReady | None = None
    """What the first worker said of model and plan; others must say the same."""
    turns: Schedule | None = None
    files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    log: answers.AnswerLog | None = None
    done: int = 0
    """Cells that are on disk."""
    deaths: int = 0
    """Workers that were lost without an answer since a batch was written."""
    splits: dict[WorkerHandle, int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether all its answers are on disk."""
        return self.turns is not None and self.turns.over

    def wants(self, most: int | None) -> bool:
        """Whether another worker would have something to do."""
        if most is not None and len(self.hands) >= most:
            return False
        return self.turns is None or self.turns.waiting > DEPTH * len(self.hands)


class WorkerPool:
    """All workers of a run. Every model has one before any has a second, and so on.

    Args:
        ray: the library, connected.
        task: the run.
        tell: is told of the progress.
        needs: what a worker of each model takes up, as Ray's options.
        workers: how many at a time; None: one for each model.
    """

    def __init__(
        self,
        ray: ModuleType,
        task: Task,
        tell: Tell,
        needs: Sequence[dict[str, float]],
        workers: int | None,
    ) -> None:
        self._ray, self._task, self._tell = ray, task, tell
        self._worker = ray.remote(Worker)
        request = replace(task.request, engine=None)
        each = enumerate(zip(request.models, needs, strict=True))
        self._models = [ModelProgress(i, spec, need) for i, (spec, need) in each]
        self._most = workers or len(self._models)
        self._each = None if workers else 1
        self._calls: dict[Any, tuple[ModelProgress, WorkerHandle, int | None]] = {}
        """Ray's promise -> whose answer it is, and to which batch; None: getting ready."""
        self._common = [ray.put(request), ray.put(task.materials), LeaderEnvironment.here()]

    def work(self) -> None:
        """Until every batch of every model is written."""
        while not all(model.over for model in self._models):
            self._hire()
            (call, *_), _ = self._ray.wait(list(self._calls))
            model, hand, number = self._calls.pop(call)
            self._hear(call, model, hand, number)
            self._share_out(model)

    def dismiss(self) -> None:
        """Send everybody home, whatever they are at."""
        for model in self._models:
            model.files.close()
            for hand in [*model.hands]:
                self._release(model, hand)

    def _hire(self) -> None:
        """Start workers while there may be more, for the models with fewest first."""
        while sum(len(model.hands) for model in self._models) < self._most:
            able = [model for model in self._models if model.wants(self._each)]
            if not able:
                return
            model = min(able, key=lambda model: len(model.hands))
            gpus = model.needs["num_gpus"]
            start = self._worker.options(**model.needs).remote
            hand = WorkerHandle(start(model.spec, gpus, *self._common))
            model.hands.append(hand)
            model.most = max(model.most, len(model.hands))
            self._calls[hand.actor.start.remote()] = model, hand, None

    def _hear(
        self, call: Any, model: ModelProgress, hand: WorkerHandle, number: int | None
    ) -> None:
        """What a worker has to say."""
        errors = self._ray.exceptions
        try:
            found = self._ray.get(call)
        except errors.RayError as error:
            if isinstance(cause := getattr(error, "cause", None), ProbesError):
                raise cause from None
            if FOREIGN in str(error):
                raise RunError(
                    f"{model.spec.name}: probes is not installed where a worker of it was to "
                    "start; install the same versions on all machines"
                ) from None
            if isinstance(error, errors.RayTaskError):
                raise  # nothing that a user could mend
            if number is not None and model.turns:
                model.turns.back(number)
            self._lose(model, hand, _reason(error))
            return
        if number is None:
            self._begin(model, hand, found)
        else:
            hand.load, hand.answered = hand.load - 1, True
            self._write(model, hand, found)

    def _begin(self, model: ModelProgress, hand: WorkerHandle, ready: WorkerReady) -> None:
        """A worker is ready; the first of a model opens its file."""
        hand.ready = True
        if model.ready is not None:
            model.ready.believe(ready)
            return
        path, header = self._task.folder.answers(model.spec.name), ready.header
        model.log = model.files.enter_context(answers.AnswerLog(path, header, ready.keys))
        model.turns = Schedule(model.log.done, len(ready.keys))
        model.done = sum(map(len, ready.keys[: model.log.done]))
        model.ready = replace(ready, keys=[])
        self._record()
        self._told(model)

    def _write(self, model: ModelProgress, hand: WorkerHandle, batch: AnsweredBatch) -> None:
        """Put into the model's file what its turn has come for."""
        if not (model.turns and model.log):
            raise ValueError("a worker that is not ready has answered")
        model.splits[hand] = batch.splits
        for ready in model.turns.answered(batch):
            model.log.write(ready.answers)
            model.done += len(ready.answers)
            model.deaths = 0
            self._told(model)
        if model.over and any(model.splits.values()):
            self._record()

    def _share_out(self, model: ModelProgress) -> None:
        """Give batches to the model's workers, the least laden first; who gets none may go."""
        if model.turns is None:
            return
        while able := [hand for hand in model.hands if hand.ready and hand.load < DEPTH]:
            number = model.turns.take(sum(hand.ready for hand in model.hands))
            if number is None:
                break
            hand = min(able, key=lambda hand: hand.load)
            hand.load += 1
            self._calls[hand.actor.answer.remote(number)] = model, hand, number
        if not model.turns.waiting:
            for hand in [hand for hand in model.hands if not hand.load]:
                self._release(model, hand)
        if model.over:
            model.files.close()

    def _lose(self, model: ModelProgress, hand: WorkerHandle, reason: str) -> None:
        """A worker is gone: go on without it, unless all of the model's go."""
        if hand not in model.hands:
            return  # known from another of its calls
        model.hands.remove(hand)
        self._ray.kill(hand.actor)
        model.deaths += not hand.answered
        if model.deaths > DEATHS * model.most:
            raise ModelError(
                f"{model.spec.name}: {model.deaths} workers were lost one after the other before "
                f"they answered anything, the last with: {reason}"
            )
        LOG.warning("%s: a worker was lost, another takes its place: %s", model.spec.name, reason)

    def _release(self, model: ModelProgress, hand: WorkerHandle) -> None:
        """End a worker that is not needed any more."""
        model.hands.remove(hand)
        self._calls = {call: of for call, of in self._calls.items() if of[1] is not hand}
        self._ray.kill(hand.actor)

    def _record(self) -> None:
        """Bring models into `run.yaml`, in the request's order, whichever was ready first."""
        known = takewhile(lambda model: model.ready is not None, self._models)
        entries = [
            model_entry(model.ready.header.model, sum(model.splits.values()))
            for model in known
            if model.ready
        ]
        if entries:
            self._task.record(entries)

    def _told(self, model: ModelProgress) -> None:
        if self._tell and model.ready:
            cells = model.ready.header.cells
            at = model.index + 1
            self._tell(Progress(model.spec.name, at, len(self._models), model.done, cells))


def _reason(error: Exception) -> str:
    """What Ray says of a loss, in a line."""
    text = " ".join(str(error).split())
    _, found, detail = text.partition("exit detail: ")
    return (detail if found else text).split(". ")[0].rstrip(".")
