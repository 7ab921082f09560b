"""Prompts answered ahead of who asks for them: an event loop in a thread of its own.

What is asked for next is begun while earlier answers are still under way, never more of it than a
window's width: so much is lost by a kill. Answers come in the order in which they are asked for.
Does not know what an answer is.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

Q = TypeVar("Q")
A = TypeVar("A")
GRACE = 5.0
"""Seconds that an end may take, before it is no longer waited for."""


class Loop:
    """An event loop in a daemon thread, which ends with its owner.

    `anyio.from_thread.start_blocking_portal` would do, but a Ctrl-C while its thread begins leaves
    it waiting for that thread without end.
    """

    def __init__(self) -> None:
        ready: Future[BlockingPortal] = Future()
        self._thread = threading.Thread(target=_run, args=(ready,), daemon=True)
        self._thread.start()
        self._portal = ready.result()

    def begin(self, what: Callable[..., Awaitable[A]], *given: object) -> Future[A]:
        """Begin it; its outcome comes by and by."""
        return self._portal.start_task_soon(what, *given)

    def end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Give up what is under way, close, and end the thread."""

        async def finish() -> None:
            await self._portal.stop(cancel_remaining=True)
            with anyio.move_on_after(GRACE, shield=True):
                await close()

        if threading.current_thread() is self._thread:  # which cannot wait for itself
            threading.Thread(target=self.end, args=(close,)).start()
            return
        with suppress(RuntimeError):  # it has ended
            self._portal.start_task_soon(finish)
        self._thread.join(GRACE)


def _run(ready: Future[BlockingPortal]) -> None:
    """Run an event loop, and what is begun in it by way of its portal, until that is stopped."""

    async def serve() -> None:
        async with BlockingPortal() as portal:
            ready.set_result(portal)
            await portal.sleep_until_stopped()

    try:
        anyio.run(serve)
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


class Prefetcher(Generic[Q, A]):
    """Answers questions in order, working ahead.

    Args:
        loop: In which questions are answered.
        width: So many are begun before they are asked for.
    """

    def __init__(self, loop: Loop, width: int) -> None:
        self._loop, self._width = loop, width
        self._waiting: deque[Q] = deque()
        self._begun: deque[tuple[Q, Future[A]]] = deque()

    def expect(self, questions: Sequence[Q]) -> None:
        """These will be asked, in this order."""
        self.abandon()
        self._waiting = deque(questions)

    def abandon(self) -> None:
        """Nothing more will be asked of what was expected."""
        self._waiting.clear()
        for _, future in self._begun:
            future.cancel()
        self._begun.clear()

    def answers(
        self, questions: Sequence[Q], answer: Callable[[Q], Coroutine[Any, Any, A]]
    ) -> list[A]:
        """Of these, in order; what was begun already is waited for, what was not expected is begun.

        Raises:
            Exception: that of the first answer that failed; what was expected is given up.
        """
        futures = [self._future(question, answer) for question in questions]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            self.abandon()
            raise

    def _future(self, question: Q, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> Future[A]:
        self._fill(answer)
        if self._begun and self._begun[0][0] is question:
            _, future = self._begun.popleft()
            self._fill(answer)
            return future
        return self._loop.begin(answer, question)

    def _fill(self, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> None:
        while self._waiting and len(self._begun) < self._width:
            question = self._waiting.popleft()
            self._begun.append((question, self._loop.begin(answer, question)))


def ending(owner: object, loop: Loop, close: Callable[[], Awaitable[None]]) -> None:
    """Have the loop end when its owner is no more, or the process ends."""
    weakref.finalize(owner, loop.end, close)
