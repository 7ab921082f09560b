"""The order in which the batches of one model are assigned to a changing set of workers.

Answers are written in the order of the plan. Batches are assigned lowest number first, and only a
few ahead of the last one written, which bounds memory and what a kill can lose. Knows batch numbers
only: neither workers (see `pool`) nor files.
"""

import heapq

from probes.asking.loop import AnsweredBatch

DEPTH = 2
"""Batches assigned to a worker: one in progress, and one waiting so that it is never idle."""


class Schedule:
    """The batches of one model's plan.

    Args:
        done: Number of batches already written: those with numbers below it.
        total: Number of batches in the plan.
    """

    def __init__(self, done: int, total: int) -> None:
        self.written = done
        """Number of batches written, or returned by `answered` to be written, in plan order."""
        self.total = total
        self._next = done
        """The lowest number that was never assigned."""
        self._lost: list[int] = []
        """Heap of the numbers whose worker was lost."""
        self._early: dict[int, AnsweredBatch] = {}
        """Answered batches that wait for one with a lower number."""

    @property
    def over(self) -> bool:
        """Whether every batch is written."""
        return self.written == self.total

    @property
    def waiting(self) -> int:
        """Number of batches that are not assigned."""
        return self.total - self._next + len(self._lost)

    def take(self, workers: int) -> int | None:
        """The number to assign next; None: none is left, or earlier ones must be written first.

        Args:
            workers: Current number of workers; up to `DEPTH` batches each are assigned.
        """
        if self._lost:
            return heapq.heappop(self._lost)
        if self._next == self.total or self._next >= self.written + DEPTH * workers:
            return None
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        """Return the number of a batch whose worker was lost, to be assigned again."""
        heapq.heappush(self._lost, number)

    def answered(self, batch: AnsweredBatch) -> list[AnsweredBatch]:
        """Accept an answered batch; return the batches that can be written now, in order."""
        self._early[batch.number] = batch
        ready = []
        while following := self._early.pop(self.written, None):
            ready.append(following)
            self.written += 1
        return ready
