"""Simulation of answers of models with known true positions.

A cell is `tanh(lambda / 2)`, where `lambda = mean + topic + statement + lexicon + wording + rest`
are log-odds along the key, with Gaussian, independent terms. The true position is the expectation
over all terms, by Gauss-Hermite quadrature.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from probes.placement.interval import Floats, Ints, averaging, filled, interval

SCALE = 10.0
COMPASS = (4,) * 10
"""Number of statements of each topic on an axis of the set `compass`."""
LEXICONS = (0, 1, 2, 3, 0, 0, 0, 0)
"""Lexicon of each wording of the protocol `default`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A simulated result, with its promised range."""

    condition: str
    at: str
    """True position or positions."""
    value: float
    least: float = 0.0
    most: float = 100.0
    """Upper end of the promised range; `least` is the lower end."""
    what: str = "intervals hold the truth"
    unit: str = "%"

    @property
    def kept(self) -> bool:
        """Whether the value is in the promised range."""
        return self.least <= self.value <= self.most


@dataclass(frozen=True, slots=True)
class World:
    """Variance components of answers; standard deviations are in log-odds."""

    topics: tuple[int, ...] = COMPASS
    """Number of statements of each topic."""
    opinion: float = 2.0
    """Standard deviation between statements."""
    correlation: float = 0.5
    """Share of the variance of opinions that is between topics."""
    lexicons: tuple[int, ...] = tuple(range(8))
    """Lexicon of each wording."""
    wording: float = 0.5
    lexicon: float = 0.0
    rest: float = 1.0
    """Standard deviation of single cells (statement x wording)."""
    missing: float = 0.0
    """Share of cells missing at random."""
    heaviest: float = 1.0
    """Weights of statements are uniform between 1 and this."""

    @property
    def units(self) -> Ints:
        """``(statements,)``: topic of each statement."""
        return np.repeat(np.arange(len(self.topics)), self.topics)

    @property
    def total(self) -> float:
        """Standard deviation of a cell in log-odds."""
        parts = (self.opinion, self.wording, self.lexicon, self.rest)
        return float(np.sqrt(sum(part**2 for part in parts)))

    def mean(self, truth: float) -> float:
        """Mean log-odds at which the expected leaning is `truth` / SCALE."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(201)

        def miss(mean: float) -> float:
            leaning = np.tanh((mean + self.total * nodes) / 2)
            return SCALE * float(weights @ leaning) / float(weights.sum()) - truth

        return float(optimize.brentq(miss, -60, 60))

    def opinions(self, rng: np.random.Generator, trials: int) -> Floats:
        """``(trials, statements)``: random opinions with mean 0."""
        topic = rng.normal(size=(trials, len(self.topics)))[:, self.units]
        own = rng.normal(size=(trials, len(self.units)))
        share = self.correlation
        drawn: Floats = self.opinion * (np.sqrt(share) * topic + np.sqrt(1 - share) * own)
        return drawn

    def effects(self, rng: np.random.Generator, trials: int) -> Floats:
        """``(trials, wordings)``: random effects of wordings with mean 0."""
        lexicon = rng.normal(size=(trials, max(self.lexicons) + 1))[:, list(self.lexicons)]
        own = rng.normal(size=(trials, len(self.lexicons)))
        drawn: Floats = self.lexicon * lexicon + self.wording * own
        return drawn

    def cells(
        self, rng: np.random.Generator, truth: float, opinions: Floats, effects: Floats
    ) -> Floats:
        """``(trials, statements, wordings)``: leanings, NaN if missing; no statement is empty."""
        shape = (len(opinions), len(self.units), len(self.lexicons))
        rest = self.rest * rng.normal(size=shape)
        log_odds = self.mean(truth) + opinions[..., None] + effects[:, None, :] + rest
        missing = rng.random(shape) < self.missing
        missing[..., 0] &= ~missing.all(axis=-1)
        return np.where(missing, np.nan, np.tanh(log_odds / 2))

    def trials(self, truth: float, seed: Sequence[int], trials: int) -> tuple[Floats, Floats]:
        """Cells of `trials` models with one true position, and weights of the statements."""
        rng = np.random.default_rng(list(seed))
        opinions, effects = self.opinions(rng, trials), self.effects(rng, trials)
        weights = rng.uniform(1, self.heaviest, len(self.units))
        return self.cells(rng, truth, opinions, effects), weights


def analysed(cells: Floats, lexicons: Sequence[int]) -> tuple[Floats, Floats]:
    """Cells prepared for analysis (missing ones imputed, lexicons averaged), and missing counts.

    `cells` are ``(trials, statements, wordings)``, the counts ``(trials,)``.
    """
    columns = averaging([str(name) for name in lexicons])
    missing: Floats = (np.isnan(cells) @ columns).sum(axis=(-1, -2))
    return filled(cells) @ columns, missing


def covered(world: World, truth: float, seed: Sequence[int], trials: int) -> float:
    """Percent of models whose 95 % interval contains the true position, with topics as units."""
    cells, weights = world.trials(truth, seed, trials)
    full, missing = analysed(cells, world.lexicons)
    low, high, _ = interval(full, weights, world.units, missing)
    return held(low, high, truth)


def held(low: Floats, high: Floats, truth: float) -> float:
    """Percent of intervals of leanings that contain the true position, which is on the scale."""
    return 100 * float(np.mean((SCALE * low <= truth) & (truth <= SCALE * high)))
