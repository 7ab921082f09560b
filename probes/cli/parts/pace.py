"""How long it will still take, by how fast the last answers came. Reads no clock of its own."""

from collections import deque

ENOUGH = 20
"""Answers after which a time is told: the first replies of a server say little, and fewer at a time
are asked of it if they are late."""
SOME = 5.0
"""Seconds that those of them must span from whose pace it is told: replies come in bursts."""
LONG = 60.0
"""Seconds of answers after which it is told, though they are fewer."""


class Pace:
    """The pace of one task: tell it what is done and when.

    The pace is that of the second half of what was done so far, so that neither a slow beginning
    nor a burst of replies decides.
    """

    def __init__(self) -> None:
        self._told: deque[tuple[float, int]] = deque()
        self._first = 0

    def tell(self, now: float, done: int) -> None:
        """`done` are done at `now`, in seconds of any clock."""
        if not self._told:
            self._first = done
        if not self._told or done > self._told[-1][1]:
            self._told.append((now, done))
        middle = self._first + (done - self._first) / 2
        while len(self._told) > 2 and self._told[1][1] <= middle:
            self._told.popleft()

    def left(self, total: int) -> float | None:
        """Seconds until `total` are done; None where it cannot be told yet."""
        if len(self._told) < 2:
            return None
        (begin, before), (end, done) = self._told[0], self._told[-1]
        many = done - self._first >= min(ENOUGH, total / 2)
        if end - begin < (SOME if many else LONG):
            return None
        return (end - begin) / (done - before) * (total - done)


def spoken(seconds: float | None) -> str:
    """A time as people say it: ``about 5 min left``; empty where it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 120 else f"about {minutes / 60:.1f} h left"
