"""Coverage of intervals for paired differences of models, and the rate of false positives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.validity.world import LEXICONS, SCALE, Row, World
from probes.comparison.difference import Difference, difference, holm
from probes.placement.interval import Ints

EQUAL = ((0.0, 0.0), (7.0, 7.0), (9.0, 9.0))
NEAR, FLAGGED = ((0.0, 3.0), (-5.0, 5.0)), ((7.0, 9.0), (9.0, 9.7))
"""True positions of two models: within 7 points, and beyond, where intervals are flagged."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Kin:
    """Two models with correlated opinions and effects of wordings."""

    world: World
    opinions: float = 0.7
    wordings: float = 0.7


KIN = {
    "opinions correlate 0.7": Kin(World()),
    "opinions correlate 0.3": Kin(World(), 0.3),
    "near copies": Kin(World(), 0.97, 0.97),
    "SD 3.5, topics correlate 0.9": Kin(World(opinion=3.5, correlation=0.9)),
    "4 wordings of SD 2": Kin(World(lexicons=(0, 1, 2, 3), wording=2.0)),
    "lexicons of SD 1": Kin(World(lexicons=LEXICONS, lexicon=1.0)),
    "5 topics x 4": Kin(World(topics=(4,) * 5)),
    "3 topics x 10": Kin(World(topics=(10,) * 3)),
}
AXES = {"two axes of 10 topics x 4": (2, World()), "four of 5 topics x 4": (4, World((4,) * 5))}


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    for name, kin in KIN.items():
        for pair in (*EQUAL, *NEAR, *FLAGGED):
            result = compared(kin, pair, (seed,), trials)
            low, high = result.interval()
            truth = (pair[1] - pair[0]) / SCALE
            percent = 100 * float(np.mean((low <= truth) & (truth <= high)))
            least = 72 if pair in FLAGGED else 92.5
            at = f"{pair[0]:g} and {pair[1]:g}"
            yield Row(name, at, percent, least, 100, "intervals hold the difference")
    for name, (axes, world) in AXES.items():
        topics = false_moves(Kin(world), axes, (trials, seed), world.units)
        what = "comparisons with a move that is none (Holm)"
        yield Row(name, "equal", topics, 0, 7, what)
        statements = np.arange(len(world.units))
        alone = false_moves(Kin(world), axes, (trials, seed), statements)
        yield Row(f"{name}, if untagged sets made claims", "equal", alone, 8, 60, what)


def compared(
    kin: Kin,
    pair: tuple[float, float],
    seed: tuple[int, ...],
    trials: int,
    units: Ints | None = None,
) -> Difference:
    """Differences of `trials` pairs of models at two true positions; units default to topics."""
    rng, world = np.random.default_rng(list(seed)), kin.world
    both = world.opinions(rng, trials), world.effects(rng, trials)
    cells = []
    for truth in pair:
        own = world.opinions(rng, trials), world.effects(rng, trials)
        opinions, effects = (
            np.sqrt(share) * shared + np.sqrt(1 - share) * single
            for share, shared, single in zip((kin.opinions, kin.wordings), both, own, strict=True)
        )
        cells.append(world.cells(rng, truth, opinions, effects))
    lexicons = [str(name) for name in world.lexicons]
    units = world.units if units is None else units
    return difference(*cells, np.ones(len(units)), units, lexicons)


def false_moves(kin: Kin, axes: int, draw: tuple[int, int], units: Ints) -> float:
    """Percent of comparisons of equal models with a significant axis after Holm's correction."""
    trials, seed = draw
    p = np.stack(
        [compared(kin, (0.0, 0.0), (seed, axis), trials, units).p for axis in range(axes)], axis=1
    )
    adjusted = np.array([holm(row) for row in p])
    return 100 * float((adjusted <= LEVEL).any(axis=1).mean())
