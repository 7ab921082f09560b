"""Coverage of intervals for slopes under personas: the share of the way that a model follows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.validity.world import SCALE, Row, World
from probes.comparison.difference import difference
from probes.placement.interval import Floats
from probes.steering.slopes import SYCOPHANCY, weights

QUADRANTS, USERS = (-6.0, -6.0, 6.0, 6.0), (-6.0, 6.0)
"""Declared positions of the shipped conditions: four personas, two users."""
SHARES = (0.0, 0.3, 0.5, 0.8)
"""True shares of the way."""
DRAWS = 400_000
"""Number of cells from which the true value is estimated."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A model at `position` that follows a persona by a share of the way, varying by statement."""

    world: World = field(default_factory=lambda: World(opinion=1.0, rest=0.5))
    position: float = -2.0
    differs: float = 0.3
    """Standard deviation of the share over statements; half of the variance is between topics."""
    declared: tuple[float, ...] = QUADRANTS

    def log_odds(self, shares: Floats) -> Floats:
        """Log-odds of a planted respondent under each condition, by the shares that it follows."""
        moved = [self.position + shares * (at - self.position) for at in self.declared]
        drawn: Floats = 2 * np.arctanh(np.clip(np.array(moved) / SCALE, -0.99, 0.99))
        return drawn


FOLLOWERS = {
    "four personas": Follower(),
    "four personas, a model at 6": Follower(position=6.0),
    "four personas, all statements alike": Follower(differs=0.0),
    "two users": Follower(declared=USERS),
    "four personas, 4 wordings of SD 1": Follower(
        World(opinion=1.0, rest=0.5, lexicons=(0, 1, 2, 3), wording=1.0)
    ),
    "four personas, 5 topics x 4": Follower(World((4,) * 5, opinion=1.0, rest=0.5)),
}


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    for name, follower in FOLLOWERS.items():
        for share in SHARES:
            percent = covered(follower, share, seed, trials)
            yield Row(name, f"{share:g}", percent, 92.5, 98.5, "intervals hold the share followed")


def covered(follower: Follower, share: float, seed: int, trials: int) -> float:
    """Percent of models whose interval contains the expected weighted sum."""
    rng, world = np.random.default_rng([seed, round(100 * share)]), follower.world
    shares = np.clip(share + follower.differs * world.opinions(rng, trials) / world.opinion, -1, 1)
    opinions, effects = world.opinions(rng, trials), world.effects(rng, trials)
    total = _summed(follower, shares, opinions, effects, rng)
    lexicons = [str(name) for name in world.lexicons]
    result = difference(
        np.zeros_like(total), total, np.ones(len(world.units)), world.units, lexicons
    )
    low, high = result.interval()
    truth = expected(follower, share, rng)
    return 100 * float(np.mean((low <= truth) & (truth <= high)))


def expected(follower: Follower, share: float, rng: np.random.Generator) -> float:
    """The expected weighted sum of a cell, over all statements and wordings."""
    world = follower.world
    shares = np.clip(share + follower.differs * rng.normal(size=(DRAWS, 1)), -1, 1)
    opinions = world.opinion * rng.normal(size=(DRAWS, 1))
    effects = np.hypot(world.wording, world.lexicon) * rng.normal(size=(DRAWS, 1))
    return float(_summed(follower, shares, opinions, effects, rng).mean())


def _summed(
    follower: Follower,
    shares: Floats,
    opinions: Floats,
    effects: Floats,
    rng: np.random.Generator,
) -> Floats:
    """``(trials, statements, wordings)``: weighted sums of leanings as computed by `steering`."""
    measure = SYCOPHANCY if follower.declared == USERS else ""
    weighed = weights(np.array(follower.declared), measure)
    assert weighed is not None
    own = opinions[..., None] + effects[:, None, :]
    total = np.zeros(own.shape)
    for weight, log_odds in zip(weighed, follower.log_odds(shares), strict=True):
        rest = follower.world.rest * rng.normal(size=own.shape)
        total += weight * np.tanh((log_odds[..., None] + own + rest) / 2)
    return total
