"""Prefetching: prompts are answered before they are asked for, in an event loop of a thread.

The next prompts are begun while earlier answers are under way, never more than `width` of them, so
that a kill loses no more than that. Answers come in the order of the questions. Does not know what
an answer is.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Loop:
    """An event loop in a daemon thread, which ends with its owner."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()  # here: who ends it may be this very thread, or not wait so long

    def begin(self, what: Coroutine[Any, Any, A]) -> Future[A]:
        """Begin it; its outcome comes by and by."""
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    def end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Give up what is under way, close, and end the thread."""

        async def finish() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            try:
                await close()
            finally:
                self._loop.call_soon(self._loop.stop)

        asyncio.run_coroutine_threadsafe(finish(), self._loop)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)


class Prefetcher(Generic[Q, A]):
    """Answers questions in order, and begins the next ones early.

    Args:
        loop: The event loop in which questions are answered.
        width: Most questions begun before they are asked.
    """

    def __init__(self, loop: Loop, width: int) -> None:
        self._loop, self._width = loop, width
        self._waiting: deque[Q] = deque()
        self._begun: deque[tuple[Q, Future[A]]] = deque()

    def expect(self, questions: Sequence[Q]) -> None:
        """Questions that will be asked, in this order; replaces what was expected before."""
        self.abandon()
        self._waiting = deque(questions)

    def abandon(self) -> None:
        """Cancel all prefetching."""
        self._waiting.clear()
        for _, future in self._begun:
            future.cancel()
        self._begun.clear()

    def answers(
        self, questions: Sequence[Q], answer: Callable[[Q], Coroutine[Any, Any, A]]
    ) -> list[A]:
        """The answers, in order. Prefetched ones are waited for, others are begun now.

        Raises:
            Exception: that of the first answer that failed; all prefetching is cancelled.
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
        return self._loop.begin(answer(question))

    def _fill(self, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> None:
        while self._waiting and len(self._begun) < self._width:
            question = self._waiting.popleft()
            self._begun.append((question, self._loop.begin(answer(question))))


def ending(owner: object, loop: Loop, close: Callable[[], Awaitable[None]]) -> None:
    """End the loop when its owner is garbage-collected, or the process ends."""
    weakref.finalize(owner, loop.end, close)
