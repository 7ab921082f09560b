"""Coverage of intervals for the share of answers given up under a counter-argument."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.validity.world import COMPASS, Row
from probes.placement.interval import Floats
from probes.replies.convergence import share_interval

SHARES = (0.05, 0.2, 0.5, 0.8)
"""True shares given up, in the population of statements and topics."""
RARE = 0.1
TEXTS = 2
"""Texts per statement: itself and its mirror."""


@dataclass(frozen=True, slots=True)
class Yielder:
    """A model that gives up each answer with a probability that depends on the statement."""

    topics: tuple[int, ...] = COMPASS
    """Number of statements of each topic."""
    wordings: int = 8
    differs: float = 1.0
    """Standard deviation of the log-odds of giving up, over statements."""
    correlation: float = 0.5
    """Share of the variance that is between topics."""

    def least(self, share: float) -> float:
        """Promised coverage in percent; lower if few statements account for most of the share."""
        return 87.0 if self.differs > 1 and share < RARE else 92.5

    @property
    def units(self) -> np.ndarray:
        """``(answers,)``: topic of each answer, over statements, texts and wordings."""
        statements = np.repeat(np.arange(len(self.topics)), self.topics)
        return np.repeat(statements, TEXTS * self.wordings)

    def lost(self, share: float, rng: np.random.Generator, trials: int) -> Floats:
        """``(trials, answers)``: 1 if an answer is given up, else 0."""
        statements = np.repeat(np.arange(len(self.topics)), self.topics)
        topic = rng.normal(size=(trials, len(self.topics)))[:, statements]
        own = rng.normal(size=(trials, len(statements)))
        part = self.correlation
        drawn = self.differs * (np.sqrt(part) * topic + np.sqrt(1 - part) * own)
        chance = _expit(self.middle(share) + drawn)
        each = np.repeat(chance, TEXTS * self.wordings, axis=1)
        given_up: Floats = (rng.random(each.shape) < each).astype(np.float64)
        return given_up

    def middle(self, share: float) -> float:
        """Mean log-odds at which the expected probability is the share."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(201)
        low, high = -40.0, 40.0
        for _ in range(80):
            middle = (low + high) / 2
            mean = float(weights @ _expit(middle + self.differs * nodes)) / float(weights.sum())
            low, high = (middle, high) if mean < share else (low, middle)
        return (low + high) / 2


YIELDERS = {
    "a probability for all": Yielder(differs=0.0),
    "log-odds of SD 1": Yielder(),
    "log-odds of SD 2": Yielder(differs=2.0),
    "log-odds of SD 1, 5 topics x 4": Yielder((4,) * 5),
    "log-odds of SD 1, one wording": Yielder(wordings=1),
}


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    for name, yielder in YIELDERS.items():
        for share in SHARES:
            percent = covered(yielder, share, seed, trials)
            yield Row(
                name, f"{share:g}", percent, yielder.least(share), 99.0,
                "intervals hold the share given up",
            )  # fmt: skip


def covered(yielder: Yielder, share: float, seed: int, trials: int) -> float:
    """Percent of models whose interval contains the share."""
    rng, units = np.random.default_rng([seed, round(100 * share)]), yielder.units
    ends = [share_interval(lost == 1, units) for lost in yielder.lost(share, rng, trials)]
    return 100 * float(np.mean([low <= share <= high for low, high in ends]))


def _expit(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
