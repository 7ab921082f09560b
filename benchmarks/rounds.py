"""Side by side: everybody in turn, round after round, and how far their results are apart.

A machine is never equally fast twice, so contenders alternate within a round and what is compared
are medians over rounds. Wall clock and processor time are both kept. Knows no model.
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
"""What a contender made of each prompt, by the prompt's text."""
OURS = "probes"
WARMING = 2
"""Prompts that everybody is asked before the first round, off the clock."""


@dataclass(frozen=True, slots=True)
class Contender(Generic[A]):
    """Somebody who answers prompts."""

    name: str
    ask: Callable[[A], Found]
    """What is asked -> what it found; only this is on the clock."""
    prompts: int
    """How many it is asked in a round."""
    target: float | None = None
    """How many times faster probes has to be, where that was promised."""


@dataclass(slots=True)
class Times:
    """A contender's rounds, in seconds per 1,000 prompts."""

    prompts: int
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the wall clock."""
        return statistics.median(self.wall)


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds of all contenders."""

    times: Mapping[str, Times]
    gaps: Mapping[str, float]
    """Contender -> the largest gap to the first contender, over the prompts that both answered."""
    rates: Sequence[float] = ()
    """Operations a second that the machine sustained, measured in each round."""

    @property
    def rate(self) -> float:
        """Their median."""
        return statistics.median(self.rates)


def measure(
    contenders: Sequence[Contender[A]],
    asked: Callable[[int, int], A],
    settings: Settings,
    gap: Callable[[object, object], float],
    rate: Callable[[], float] | None = None,
) -> Measured:
    """Ask everybody in turn; each round begins with another one.

    Args:
        contenders: the first is the reference that results are compared with.
        asked: (round, prompts) -> what somebody is asked who has so many.
        settings: how many rounds.
        gap: between two results of one prompt.
        rate: measures the machine, once a round.
    """
    times = {one.name: Times(one.prompts) for one in contenders}
    gaps = dict.fromkeys((one.name for one in contenders[1:]), 0.0)
    rates = []
    for one in contenders:
        one.ask(asked(0, WARMING))
    for number in range(1, settings.rounds + 1):
        found: dict[str, Found] = {}
        turn = number % len(contenders)
        for one in (*contenders[turn:], *contenders[:turn]):
            what = asked(number, one.prompts)
            gc.collect()
            start, processor = time.perf_counter(), time.process_time()
            found[one.name] = one.ask(what)
            wall, processor = time.perf_counter() - start, time.process_time() - processor
            times[one.name].wall.append(wall / one.prompts * 1000)
            times[one.name].processor.append(processor / one.prompts * 1000)
        if rate:
            rates.append(rate())
        for name in gaps:
            gaps[name] = max(gaps[name], _gap(found[contenders[0].name], found[name], gap))
    return Measured(times, gaps, rates)


def peer(package: str, make: Callable[[], Contender[A]]) -> list[Contender[A]]:
    """The contender; none, which is said, where its package is not there (extra `bench`)."""
    if find_spec(package) is None:
        print(f"{package} is not installed: left out; pip install -e '.[bench]' brings it")
        return []
    return [make()]


def batches(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`size` things at a time."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _gap(reference: Found, found: Found, gap: Callable[[object, object], float]) -> float:
    both = reference.keys() & found.keys()
    if not both:
        raise ValueError("two contenders answered no prompt in common")
    return max(gap(reference[key], found[key]) for key in both)
