"""Measures contenders alternately, in rounds, with the differences of their results.

The speed of a machine varies, so contenders alternate within a round, and medians over rounds are
compared. Records wall-clock and processor time. Knows no model.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Generic, TypeVar

from benchmarks.settings import Settings

T = TypeVar("T")
A = TypeVar("A")
Found = Mapping[object, object]
"""Text of a prompt -> a contender's result."""
OURS = "probes"
WARMING = 2
"""Warm-up prompts for each contender, which are not timed."""


@dataclass(frozen=True, slots=True)
class Contender(Generic[A]):
    """An implementation that answers prompts."""

    name: str
    ask: Callable[[A], Found]
    """Prompts -> results; only this function is timed."""
    prompts: int
    """Number of prompts in a round."""
    target: float | None = None
    """Promised speed-up of probes; None: no promise."""


@dataclass(slots=True)
class Times:
    """Times of a contender by round, in seconds per 1,000 prompts."""

    prompts: int
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median wall-clock time."""
        return statistics.median(self.wall)


@dataclass(frozen=True, slots=True)
class Measured:
    """The results of all rounds and contenders."""

    times: Mapping[str, Times]
    gaps: Mapping[str, float]
    """Contender -> largest difference from the first one, over prompts that both answered."""
    rates: Sequence[float] = ()
    """Operations per second that the machine sustains, measured in each round."""

    @property
    def rate(self) -> float:
        """Median of `rates`."""
        return statistics.median(self.rates)


def measure(
    contenders: Sequence[Contender[A]],
    asked: Callable[[int, int], A],
    settings: Settings,
    gap: Callable[[object, object], float],
    rate: Callable[[], float] | None = None,
) -> Measured:
    """Run all contenders in each round, beginning with another one each time.

    Args:
        contenders: The first is the reference for differences.
        asked: (round, number of prompts) -> prompts of a contender.
        settings: Number of rounds.
        gap: Difference of two results for one prompt.
        rate: Measures the speed of the machine, once per round.
    """
    times = {one.name: Times(one.prompts) for one in contenders}
    gaps = dict.fromkeys((one.name for one in contenders[1:]), 0.0)
    rates = []
    for one in contenders:
        one.ask(asked(0, WARMING))
    for number in range(1, settings.rounds + 1):
        results: dict[str, Found] = {}
        turn = number % len(contenders)
        for one in (*contenders[turn:], *contenders[:turn]):
            what = asked(number, one.prompts)
            gc.collect()
            start, processor = time.perf_counter(), time.process_time()
            results[one.name] = one.ask(what)
            wall, processor = time.perf_counter() - start, time.process_time() - processor
            times[one.name].wall.append(wall / one.prompts * 1000)
            times[one.name].processor.append(processor / one.prompts * 1000)
        if rate:
            rates.append(rate())
        for name in gaps:
            gaps[name] = max(gaps[name], _gap(results[contenders[0].name], results[name], gap))
    return Measured(times, gaps, rates)


def peer(package: str, make: Callable[[], Contender[A]]) -> list[Contender[A]]:
    """The contender in a list; empty, with a message, if its package is not installed."""
    if find_spec(package) is None:
        print(f"{package} is not installed: left out; pip install -e '.[bench]' brings it")
        return []
    return [make()]


def batches(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Slices of `size` items."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _gap(reference: Found, results: Found, gap: Callable[[object, object], float]) -> float:
    both = reference.keys() & results.keys()
    if not both:
        raise ValueError("two contenders answered no prompt in common")
    return max(gap(reference[key], results[key]) for key in both)
