"""Prefetching answers to later prompts, in an event loop in a separate thread.

While earlier answers are pending, at most `width` later prompts are started, so that a kill loses
no more than those. Answers are returned in the order of the questions.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

Q = TypeVar("Q")
A = TypeVar("A")
STOP_TIMEOUT = 5.0
"""Seconds to wait for open connections to close, and for the thread to end."""
TURN = 1.0
"""Seconds of a single wait for an answer."""


class EventLoop:
    """An event loop in a daemon thread, which ends with its owner.

    `anyio.from_thread.start_blocking_portal` is not used, because a Ctrl-C while its thread starts
    would wait for that thread forever.
    """

    def __init__(self) -> None:
        ready: Future[BlockingPortal] = Future()
        self._thread = threading.Thread(target=_run_portal, args=(ready,), daemon=True)
        self._thread.start()
        self._portal = ready.result()

    def submit(self, function: Callable[..., Awaitable[A]], *arguments: object) -> Future[A]:
        """Start the function in the event loop; the future holds its result."""
        return self._portal.start_task_soon(function, *arguments)

    def stop(self, close: Callable[[], Awaitable[None]]) -> None:
        """Cancel running tasks, close connections, and end the thread."""

        async def finish() -> None:
            await self._portal.stop(cancel_remaining=True)
            with anyio.move_on_after(STOP_TIMEOUT, shield=True):
                await close()

        if threading.current_thread() is self._thread:  # a thread cannot join itself
            threading.Thread(target=self.stop, args=(close,)).start()
            return
        with suppress(RuntimeError):  # the loop has ended already
            self._portal.start_task_soon(finish)
        self._thread.join(STOP_TIMEOUT)


def _run_portal(ready: Future[BlockingPortal]) -> None:
    """Run an event loop and its portal's tasks until the portal is stopped."""

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
    """Answers questions in order, and starts later ones early.

    Args:
        loop: The event loop in which questions are answered.
        width: Maximum number of questions started early.
    """

    def __init__(self, loop: EventLoop, width: int) -> None:
        self._loop, self._width = loop, width
        self._waiting: deque[Q] = deque()
        self._started: deque[tuple[Q, Future[A]]] = deque()

    def expect(self, questions: Sequence[Q]) -> None:
        """Announce the questions that will be asked, in this order; replaces earlier ones."""
        self.abandon()
        self._waiting = deque(questions)

    def abandon(self) -> None:
        """Cancel all prefetching."""
        self._waiting.clear()
        for _, future in self._started:
            future.cancel()
        self._started.clear()

    def answers(
        self, questions: Sequence[Q], answer: Callable[[Q], Coroutine[Any, Any, A]]
    ) -> list[A]:
        """The answers, in order. Waits for prefetched ones and starts the others.

        Raises:
            Exception: from the first answer that failed; all prefetching is cancelled.
        """
        futures = [self._answer_of(question, answer) for question in questions]
        try:
            return [outcome(future) for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            self.abandon()
            raise

    def _answer_of(self, question: Q, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> Future[A]:
        """The future of a question's answer, prefetched or started now."""
        self._start_next(answer)
        if self._started and self._started[0][0] is question:
            _, future = self._started.popleft()
            self._start_next(answer)
            return future
        return self._loop.submit(answer, question)

    def _start_next(self, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> None:
        """Start expected questions until `width` of them are running."""
        while self._waiting and len(self._started) < self._width:
            question = self._waiting.popleft()
            self._started.append((question, self._loop.submit(answer, question)))


def outcome(future: Future[A]) -> A:
    """The result of a future. Waits in short turns, because a Ctrl-C just before a wait begins does
    not interrupt it."""
    while not future.done():
        wait([future], TURN)
    return future.result()


def stop_with_owner(owner: object, loop: EventLoop, close: Callable[[], Awaitable[None]]) -> None:
    """Stop the loop when its owner is garbage-collected, or the process ends."""
    weakref.finalize(owner, loop.stop, close)
