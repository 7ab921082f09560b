"""Estimates the time left from the pace of the last answers. Does not read a clock."""

from collections import deque

ENOUGH = 20
"""Minimum number of answers before an estimate: the first replies of a server are not typical, and
concurrency is lowered if they are late."""
SOME = 5.0
"""Minimum seconds that these answers must span: replies arrive in bursts."""
LONG = 60.0
"""Seconds after which an estimate is given with fewer answers."""


class Pace:
    """Pace of one task, from reports of progress.

    Computed from the second half of the progress so far, to discount a slow start and bursts.
    """

    def __init__(self) -> None:
        self._told: deque[tuple[float, int]] = deque()
        self._first = 0

    def tell(self, now: float, done: int) -> None:
        """Report that `done` items are done at time `now`, in seconds of any clock."""
        if not self._told:
            self._first = done
        if not self._told or done > self._told[-1][1]:
            self._told.append((now, done))
        middle = self._first + (done - self._first) / 2
        while len(self._told) > 2 and self._told[1][1] <= middle:
            self._told.popleft()

    def left(self, total: int) -> float | None:
        """Estimated seconds until `total` items are done; None while there is no estimate."""
        if len(self._told) < 2:
            return None
        (begin, before), (end, done) = self._told[0], self._told[-1]
        many = done - self._first >= min(ENOUGH, total / 2)
        if end - begin < (SOME if many else LONG):
            return None
        return (end - begin) / (done - before) * (total - done)


def spoken(seconds: float | None) -> str:
    """A duration in words: ``about 5 min left``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 120 else f"about {minutes / 60:.1f} h left"
