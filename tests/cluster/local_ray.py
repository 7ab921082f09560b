"""As much of Ray as `probes.cluster` uses, on this machine: a worker is a process, forked at once.

Real processes, so that workers have their own environment, can be killed and send what can be
pickled; but none of Ray's own servers, and starting one takes no time. What depends on Ray itself
is tested with the library.
"""

import contextlib
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import SimpleNamespace
from typing import Any

from tests.forked import CONTEXT


class RayError(Exception):
    """Whatever befalls a call."""


class RayActorError(RayError):
    """The worker's process is gone."""


class RayTaskError(RayError):
    """The call raised `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(repr(cause))
        self.cause = cause


@dataclass(eq=False)
class Call:
    """A call's answer, once it is there."""

    actor: "Actor"
    answer: Any = None
    error: RayError | None = None
    over: bool = False


@dataclass(eq=False)
class Method:
    """``actor.name.remote(...)``."""

    actor: "Actor"
    name: str

    def remote(self, *arguments: object) -> Call:
        return self.actor.called(self.name, arguments)


@dataclass(eq=False)
class Actor:
    """An object in a process of its own; its methods are called one after the other."""

    kind: type
    gpus: float
    arguments: tuple[object, ...]
    waiting: deque[Call] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.line, theirs = CONTEXT.Pipe()
        given = (theirs, self.kind, self.gpus, self.arguments)
        self.process = CONTEXT.Process(target=_work, args=given, daemon=True)
        self.process.start()
        theirs.close()

    def __getattr__(self, name: str) -> Method:
        return Method(self, name)

    def called(self, name: str, arguments: tuple[object, ...]) -> Call:
        call = Call(self)
        self.waiting.append(call)
        with contextlib.suppress(OSError):  # it is gone: said when the answer is waited for
            self.line.send((name, arguments))
        return call

    def receive(self) -> None:
        """The answer of the first call; or, if the process is gone, of all of them."""
        try:
            fine, content = self.line.recv()
        except (EOFError, OSError):
            self.process.join()
            for call in self.waiting:
                reason = f"The actor died. exit detail: exit code {self.process.exitcode}. Bye."
                call.error, call.over = RayActorError(reason), True
            self.waiting.clear()
            return
        call = self.waiting.popleft()
        call.over = True
        if fine:
            call.answer = content
        else:
            call.error = RayTaskError(content)


def _work(line: Connection, kind: type, gpus: float, arguments: tuple[object, ...]) -> None:
    """In the process: threads and GPUs as Ray would have them, then call after call."""
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, range(-int(-gpus // 1))))
    there = kind(*arguments)
    while True:
        try:
            name, given = line.recv()
        except EOFError:
            return
        try:
            said = True, getattr(there, name)(*given)
        except Exception as error:  # noqa: BLE001 - as Ray, whatever it is
            said = False, error
        line.send(said)


class LocalRay:
    """The library, connected to a cluster of one machine.

    Args:
        cpus: of the machine.
        gpus: that it says it has.
    """

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, cpus: int = 4, gpus: int = 2) -> None:
        self.machine = {"Alive": True, "Resources": {"CPU": cpus, "GPU": gpus}}
        self.actors: list[Actor] = []

    def is_initialized(self) -> bool:
        return True

    def nodes(self) -> list[dict[str, Any]]:
        return [self.machine]

    def put(self, content: object) -> object:
        return content

    def remote(self, kind: type) -> SimpleNamespace:
        def start(gpus: float, *arguments: object) -> Actor:
            self.actors.append(Actor(kind, gpus, arguments))
            return self.actors[-1]

        def options(*, num_gpus: float, num_cpus: float) -> SimpleNamespace:
            return SimpleNamespace(remote=lambda *given: start(num_gpus, *given))

        return SimpleNamespace(options=options)

    def wait(self, calls: Sequence[Call]) -> tuple[list[Call], list[Call]]:
        """The first that is over, and the others."""
        while not any(call.over for call in calls):
            lines = {call.actor.line: call.actor for call in calls}
            for line in wait(list(lines)):
                lines[line].receive()
        first = next(call for call in calls if call.over)
        return [first], [call for call in calls if call is not first]

    def get(self, call: Call) -> Any:
        if call.error:
            raise call.error
        return call.answer

    def kill(self, actor: Actor) -> None:
        actor.process.kill()
        actor.process.join()
        actor.line.close()
