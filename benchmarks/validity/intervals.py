"""Coverage of 95 % intervals of positions, by topics, wordings, lexicons and missing answers."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from benchmarks.validity.world import LEXICONS, SCALE, Row, World, analysed, covered, held
from probes.placement.interval import bounds, interval

NEAR, FAR = (0.0, -3.0, 6.0), (7.2, 8.0, -9.0)
"""True positions up to 6, where both limits of coverage are promised, and beyond."""
GRID = list(product((2.0, 3.5), (4, 8), (0.0, 0.5), (0.0, 0.1), (1.0, 3.0)))
"""SD of opinions, wordings, correlation within topics, missing cells, heaviest weight."""
LEAST, MOST = 92.5, 97.5
PAIRS = (0, 0, 1, 1, 2, 2, 3, 3)
FEW = {"3 topics x 10": (10,) * 3, "5 topics x 4": (4,) * 5, "7 topics x 4": (4,) * 7}
REFUSED = (0.35, 0.8)
"""Shares of the clear answers on one side that are refused."""


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    yield from grid(trials, seed)
    yield from few_topics(trials, seed)
    yield from alike(trials, seed)
    yield from lexicons(trials, seed)
    yield from few_wordings(trials, seed)
    yield from refusals(min(trials, 1000), seed)
    yield from decided(seed)


def grid(trials: int, seed: int, conditions: list[tuple[float, ...]] = GRID) -> Iterator[Row]:
    """Worlds with ten topics of four statements, as on the axes of the set `compass`."""
    for number, condition in enumerate(conditions):
        opinion, wordings, correlation, missing, heaviest = condition
        world = World(
            opinion=opinion, correlation=correlation, lexicons=tuple(range(int(wordings))),
            missing=missing, heaviest=heaviest,
        )  # fmt: skip
        name = f"10 topics x 4, SD {opinion:g}, {wordings:g} wordings, correlation {correlation:g}"
        name += f", {missing:.0%} missing" + (", weighted" if heaviest > 1 else "")
        yield from _coverage(world, name, (trials, seed + number), LEAST, MOST)


def few_topics(trials: int, seed: int) -> Iterator[Row]:
    """Few topics, with topics as units (from three on) and, for comparison, statements as units."""
    for name, topics in FEW.items():
        world = World(topics=topics)
        yield from _coverage(world, name, (trials, seed), LEAST)
        for truth in (0.0, 6.0):
            cells, weights = world.trials(truth, (seed,), trials)
            low, high, _ = interval(cells, weights, np.arange(len(weights)))
            row = Row(f"{name}, statements as units", f"{truth:g}", held(low, high, truth), 60, 92)
            yield row
    world = World(topics=(1,) * 40)
    yield from _coverage(world, "40 unrelated statements", (trials, seed), LEAST)


def alike(trials: int, seed: int) -> Iterator[Row]:
    """Highly correlated statements within topics: intervals beyond 6 are too short."""
    worst = {"SD 3.5, correlation 0.9": (3.5, 0.9, 90.0), "SD 5, correlation 1": (5.0, 1.0, 84.0)}
    for name, (opinion, correlation, least) in worst.items():
        world = World(opinion=opinion, correlation=correlation)
        yield from _coverage(world, f"10 topics x 4, {name}", (trials, seed), least)


def lexicons(trials: int, seed: int) -> Iterator[Row]:
    """Worlds in which five of eight wordings share a lexicon, with effects of lexicons."""
    for deviation in (0.0, 1.0, 2.0):
        world = World(lexicons=LEXICONS, lexicon=deviation)
        pairs = replace(world, lexicons=PAIRS)
        name = f"lexicons of SD {deviation:g}"
        for truth in (0.0, 6.0):
            yield Row(
                f"{name}, averaged", f"{truth:g}", covered(world, truth, (seed,), trials), 91.5, 98
            )
            for whose, label in ((world, name), (pairs, f"four {name}, two wordings each")):
                cells, weights = whose.trials(truth, (seed,), trials)
                low, high, _ = interval(cells, weights, whose.units)
                percent = held(low, high, truth)
                yield Row(f"{label}, each wording counts", f"{truth:g}", percent, 70, 97)


def few_wordings(trials: int, seed: int) -> Iterator[Row]:
    """Few wordings: below three, intervals do not include the variance over wordings."""
    for count, least in ((3, LEAST), (2, 88.0), (1, 84.0)):
        world = World(lexicons=tuple(range(count)))
        yield from _coverage(
            world, f"{count} wording{'s' if count > 1 else ''}", (trials, seed), least
        )


def refusals(trials: int, seed: int) -> Iterator[Row]:
    """Refusals on one side only: bias of the estimate, and coverage of bounds with intervals."""
    truth, world = 2.0, World(opinion=3.5, correlation=0.0, lexicons=tuple(range(4)))
    complete, weights = world.trials(truth, (seed,), trials)
    for share in REFUSED:
        refused = (complete > 0.5) & (np.random.default_rng(seed).random(complete.shape) < share)
        refused[..., 0] &= ~refused.all(axis=-1)
        cells = np.where(refused, np.nan, complete)
        full, missing = analysed(cells, world.lexicons)
        low, high, estimate = interval(full, weights, world.units, missing)
        ends = np.array([bounds(trial, weights) for trial in cells])
        half = (high - low) / 2
        name = f"{share:.0%} of clear answers to one side refused"
        off = SCALE * float(complete.mean() - estimate.mean.mean())
        yield Row(name, f"{truth:g}", off, 0.1, 0.7, "the point is off by", "points")
        inside = held(ends[:, 0] - half, ends[:, 1] + half, truth)
        yield Row(name, f"{truth:g}", inside, 95, 100, "bounds with interval hold the truth")


def decided(seed: int) -> Iterator[Row]:
    """Equal opinions of different strength: positions differ, directions do not."""
    opinions = np.random.default_rng(seed).normal(0.97, 1, 100_000)
    for firmness, position in ((0.3, 1.4), (4.0, 6.3)):
        mean = SCALE * float(np.tanh(firmness * opinions / 2).mean())
        name = f"opinions of mean 0.97 and SD 1, times {firmness:g}"
        yield Row(name, "", mean, position - 0.2, position + 0.2, "position", "points")
        sign = SCALE * float(np.sign(firmness * opinions).mean())
        yield Row(name, "", sign, 6.5, 6.9, "direction", "points")


def _coverage(
    world: World, name: str, draw: tuple[int, int], least: float, most: float = 100.0
) -> Iterator[Row]:
    trials, seed = draw
    for truth in (*NEAR, *FAR):
        percent = covered(world, truth, (seed, int(10 * abs(truth))), trials)
        yield Row(name, f"{truth:g}", percent, least, most if truth in NEAR else 100.0)
