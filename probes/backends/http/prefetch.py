"""Prompts answered ahead of who asks for them: an event loop in a thread of its own.

What is asked for next is begun while earlier answers are still under way, never more of it than a
window's width: so much is lost by a kill. Answers come in the order in which they are asked for.
Does not know what an answer is.
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
        return self._loop.begin(answer(question))

    def _fill(self, answer: Callable[[Q], Coroutine[Any, Any, A]]) -> None:
        while self._waiting and len(self._begun) < self._width:
            question = self._waiting.popleft()
            self._begun.append((question, self._loop.begin(answer(question))))


def ending(owner: object, loop: Loop, close: Callable[[], Awaitable[None]]) -> None:
    """Have the loop end when its owner is no more, or the process ends."""
    weakref.finalize(owner, loop.end, close)
