"""Whose turn it is: the batches of one model, shared out among workers that come and go.

Answers are written in the order of the plan, whoever is done first. Batches are handed out lowest
number first and only so far ahead of what is written, which bounds what waits in memory and what a
kill can lose. Knows numbers alone: neither workers (see `engine`) nor files.
"""

import heapq

from probes.asking.loop import AnsweredBatch

DEPTH = 2
"""Batches that a worker has in hand: one that it answers, and one so that it need not wait."""


class Schedule:
    """The batches of one model's plan.

    Args:
        done: how many are written already: the numbers below.
        total: how many there are.
    """

    def __init__(self, done: int, total: int) -> None:
        self.written = done
        """Batches in plan order that are written, or were given back to be."""
        self.total = total
        self._fresh = done
        """The lowest number that nobody was ever given."""
        self._again: list[int] = []
        """A heap of those that came back unanswered."""
        self._early: dict[int, AnsweredBatch] = {}
        """Answered before one with a lower number."""

    @property
    def over(self) -> bool:
        """Whether every batch is written."""
        return self.written == self.total

    @property
    def waiting(self) -> int:
        """Batches that nobody has."""
        return self.total - self._fresh + len(self._again)

    def take(self, workers: int) -> int | None:
        """The number to answer next; None: nothing is left, or what lies before comes first.

        Args:
            workers: how many there are at the moment; `DEPTH` batches each may be under way.
        """
        if self._again:
            return heapq.heappop(self._again)
        if self._fresh == self.total or self._fresh >= self.written + DEPTH * workers:
            return None
        self._fresh += 1
        return self._fresh - 1

    def back(self, number: int) -> None:
        """A batch whose worker was lost is to be asked again."""
        heapq.heappush(self._again, number)

    def answered(self, batch: AnsweredBatch) -> list[AnsweredBatch]:
        """A batch came; those that can be written now, in order."""
        self._early[batch.number] = batch
        ready = []
        while found := self._early.pop(self.written, None):
            ready.append(found)
            self.written += 1
        return ready
