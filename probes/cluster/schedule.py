"""The order in which batches of one model go to workers that come and go.

Answers are written in the order of the plan, whichever worker is done first. Batches are handed out
lowest number first and only so far ahead of what is written, which bounds what waits in memory and
what a kill can lose. Knows numbers alone: neither workers (see `pool`) nor files.
"""

import heapq

from probes.asking.loop import AnsweredBatch

DEPTH = 2
"""Batches that a worker holds: one that it answers, and one so that it need not wait."""


class Schedule:
    """The batches of one model's plan.

    Args:
        done: how many are written already: the numbers below.
        total: how many there are.
    """

    def __init__(self, done: int, total: int) -> None:
        self.written = done
        """Batches in plan order that are written, or were returned by `answered` to be written."""
        self.total = total
        self._next = done
        """The lowest number that no worker was ever given."""
        self._lost: list[int] = []
        """A heap of those whose worker was lost."""
        self._early: dict[int, AnsweredBatch] = {}
        """Answered before one with a lower number."""

    @property
    def over(self) -> bool:
        """Whether every batch is written."""
        return self.written == self.total

    @property
    def waiting(self) -> int:
        """Batches that no worker holds."""
        return self.total - self._next + len(self._lost)

    def take(self, workers: int) -> int | None:
        """The number to answer next; None: nothing is left, or what lies before comes first.

        Args:
            workers: how many there are at the moment; `DEPTH` batches each may be under way.
        """
        if self._lost:
            return heapq.heappop(self._lost)
        if self._next == self.total or self._next >= self.written + DEPTH * workers:
            return None
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        """A batch whose worker was lost is to be asked again."""
        heapq.heappush(self._lost, number)

    def answered(self, batch: AnsweredBatch) -> list[AnsweredBatch]:
        """Take an answered batch; returns those that can be written now, in order."""
        self._early[batch.number] = batch
        ready = []
        while following := self._early.pop(self.written, None):
            ready.append(following)
            self.written += 1
        return ready
