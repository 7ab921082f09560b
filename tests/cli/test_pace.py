"""The time that is told holds within a factor of two, on clocks of replies that are made up."""

import heapq
import random
from collections.abc import Iterator

import pytest

from probes.cli.parts.pace import ENOUGH, LONG, Pace

Clock = list[float]
"""When each answer came, in seconds."""


def by_workers(answers: int, workers: int, least: float, most: float) -> Clock:
    """Replies of a server that takes `least` to `most` seconds, so many at a time."""
    rng = random.Random(workers)
    free, ends = [0.0] * workers, []
    for _ in range(answers):
        heapq.heappush(free, end := heapq.heappop(free) + rng.uniform(least, most))
        ends.append(end)
    return sorted(ends)


def narrowed(answers: int) -> Clock:
    """Three rounds that nobody answered in time, three slow replies, then one at a time."""
    late = [5.0, 9.0, 13.0]
    return [*late, *(13.0 + end for end in by_workers(answers - 3, 1, 0.2, 1.0))]


def in_bursts(answers: int) -> Clock:
    """Twelve at once, every 7 seconds."""
    return [7.0 * (1 + i // 12) + 0.01 * (i % 12) for i in range(answers)]


def told(clock: Clock) -> Iterator[tuple[float, float]]:
    """What is told after each answer, and what is true, while more than 20 seconds are left."""
    pace = Pace()
    pace.tell(0.0, 0)
    for done, now in enumerate(clock, start=1):
        pace.tell(now, done)
        left = pace.left(len(clock))
        if left is not None and clock[-1] - now > 20:
            yield left, clock[-1] - now


CLOCKS = {
    "eight at a time, 0.2 to 1 s": by_workers(600, 8, 0.2, 1.0),
    "one at a time": by_workers(300, 1, 0.2, 1.0),
    "of two, one is far slower": by_workers(200, 2, 0.1, 8.0),
    "concurrency was lowered": narrowed(300),
    "in bursts": in_bursts(360),
    "a burst at first": [0.1 * (i + 1) if i < 24 else 2.4 + 0.5 * (i - 23) for i in range(400)],
    "half a minute each": by_workers(40, 1, 25.0, 35.0),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_the_time_that_is_told_holds_within_a_factor_of_two(name: str) -> None:
    ratios = [said / true for said, true in told(CLOCKS[name])]
    assert len(ratios) > 0.2 * len(CLOCKS[name])
    assert min(ratios) > 0.5
    assert max(ratios) < 2


def test_nothing_is_told_of_the_first_replies_unless_they_took_long() -> None:
    quick, slow = Pace(), Pace()
    for done in range(6):
        quick.tell(0.5 * done, done)
        slow.tell(LONG * done, done)
    assert quick.left(10 * ENOUGH) is None
    assert slow.left(100) == 95 * LONG
