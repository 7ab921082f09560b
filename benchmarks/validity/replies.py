"""Simulation of positions and intervals from replies without probabilities (docs/method.md 3).

Eighty pairs in twenty topics, keyed alternately to either pole; forty are on the axis. Log-odds
along the key are ``mean + topic + statement + wording + rest``, Gaussian; half of the variance of
opinions is between topics. Positions and intervals are computed by the package.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.validity.world import Row
from probes.agreement.counts import pair_leanings, shares
from probes.placement.axis import point
from probes.placement.effects_key import KeyedCells
from probes.placement.interval import Floats
from probes.placement.table_key import chosen
from probes.types import Correction, Statement

TOPICS, EACH, ON_AXIS = 20, 4, 40
PAIRS = TOPICS * EACH
KEY = np.where(np.arange(PAIRS) % 2, -1.0, 1.0)[:, None]
WORDING, REST = 0.5, 1.0
REPLIES = (1, 2, 4, 5, 10, 20, 50)
MOST_TRIALS = 200
STATEMENTS = tuple(
    Statement(f"s{n}", "", mirror="x", topic=f"t{n // EACH}") for n in range(ON_AXIS)
)


@dataclass(frozen=True)
class Respondent:
    """A population of models: mean and standard deviation of its opinions, in log-odds."""

    name: str
    mean: float
    deviation: float = 0.0
    noise: float = 1.0
    """Factor on the standard deviations over wordings and cells."""
    yes: float = 0.0
    """Yes-bias, in log-odds."""

    def log_odds(self, rng: np.random.Generator, wordings: int) -> Floats:
        """``(pairs, wordings)``: log-odds along the key."""
        topic = np.repeat(rng.normal(size=TOPICS), EACH)
        own = np.sqrt(0.5) * (topic + rng.normal(size=PAIRS)) * self.deviation
        by_wording = rng.normal(size=wordings) * WORDING * self.noise
        rest = rng.normal(size=(PAIRS, wordings)) * REST * self.noise
        log_odds: Floats = self.mean + own[:, None] + by_wording + rest
        return log_odds

    def truth(self) -> float:
        """The expected position, in points."""
        total = np.sqrt(self.deviation**2 + (WORDING**2 + REST**2) * self.noise**2)
        nodes, weights = np.polynomial.hermite_e.hermegauss(201)
        return 10 * float(weights @ np.tanh((self.mean + total * nodes) / 2) / weights.sum())


CERTAIN = Respondent("always one side", 30.0, noise=0)
MIXED = Respondent("p = .8 / .2", float(np.log(4)), noise=0)
NARROW = Respondent("opinions of SD 1", 1.0, 1.0)
WIDE = Respondent("opinions of SD 2", 1.0, 2.0)
FARTHER = Respondent("opinions of SD 3", 2.0, 3.0)


def judged(counts: Floats, n: int, judge: Correction | None) -> Floats:
    """``(pairs x wordings,)``: shares that agree, from counts of agreement among `n` replies."""
    agree = counts.ravel().astype(float)
    table = pd.DataFrame({"n": float(n), "agree": agree, "disagree": n - agree, "neutral": 0.0})
    return shares(table, np.full(agree.shape, judge is not None), judge)[0]


def placed(
    rng: np.random.Generator, who: Respondent, n: int, wordings: int, rate: float = 1.0
) -> tuple[float, float, float]:
    """Position, low and high of one random model that replies `n` times to each text.

    Args:
        rng: Random generator.
        who: Population of the model.
        n: Number of replies to each text.
        wordings: Number of wordings.
        rate: Recall of the stance model for either side; below 1, shares are corrected with rates
            estimated from 50 labelled replies per side.
    """
    log_odds = KEY * who.log_odds(rng, wordings)
    agree = [1 / (1 + np.exp(-who.yes - sign * log_odds)) for sign in (1, -1)]
    counted = [rng.binomial(n, rate * p + (1 - rate) * (1 - p)) for p in agree]
    judge = None
    if rate < 1:
        right = rng.binomial(50, rate, 2) / 50
        judge = Correction(*right, "", agreeing=50, disagreeing=50)
    text, mirror = (judged(counts, n, judge) for counts in counted)
    wording = np.tile(np.arange(wordings), PAIRS)
    error = np.full(text.shape, judge.error if judge else 0.0)
    leanings = pair_leanings(text, mirror, np.full(text.shape, float(n)), wording, error)
    leaning, bias = (
        leanings[c].reshape(PAIRS, wordings)[:ON_AXIS] for c in ("leaning", "yes_bias")
    )
    keyed = KeyedCells(
        statements=STATEMENTS,
        wordings=tuple(map(str, range(wordings))),
        lexicons=tuple(map(str, range(wordings))),
        z=KEY[:ON_AXIS] * leaning,
        lam=leaning,
        direction=KEY[:ON_AXIS, 0],
        weight=np.ones(ON_AXIS),
        centred=np.zeros(ON_AXIS, bool),
        yes_bias=bias,
        scale=10.0,
        error=judge.error if judge else 0.0,
    )
    position = point(keyed)
    return position.position, position.low, position.high


def condition(
    who: Respondent, n: int, trials: int, seed: int, wordings: int = 8, rate: float = 1.0
) -> dict[str, object]:
    """Mean position, mean half-width and coverage for models of a population, as a row."""
    rng, truth = np.random.default_rng(seed), who.truth()
    rows = np.array([placed(rng, who, n, wordings, rate) for _ in range(trials)])
    covered = (rows[:, 1] <= truth + 1e-9) & (truth - 1e-9 <= rows[:, 2])
    return {
        "population": who.name,
        "yes-bias": who.yes,
        "wordings": wordings,
        "replies": n,
        "judge errs": f"{1 - rate:.0%}",
        "truth": truth,
        "position": rows[:, 0].mean(),
        "half-width": (rows[:, 2] - rows[:, 1]).mean() / 2,
        "covered %": 100 * covered.mean(),
    }


def replies(trials: int, seed: int) -> pd.DataFrame:
    """Position and coverage by yes-bias and number of replies."""
    whos = [
        replace(who, yes=yes)
        for who in (CERTAIN, MIXED, NARROW, WIDE, FARTHER)
        for yes in (0.0, 2.0, 4.0)
    ]
    return pd.DataFrame(condition(who, n, trials, seed) for who in whos for n in REPLIES)


def widths(trials: int, seed: int) -> pd.DataFrame:
    """Half-width of the interval by number of replies."""
    return pd.DataFrame(
        condition(replace(who, yes=yes), n, trials, seed, wordings)
        for wordings in (4, 8)
        for who in (NARROW, WIDE)
        for yes in (0.0, 2.0)
        for n in (1, 2, 3, 4, 5, 8, 20)
    )


def judges(trials: int, seed: int) -> pd.DataFrame:
    """Results with a stance model with 15 % errors, corrected by 50 labelled replies per side."""
    whos = [WIDE, FARTHER, MIXED, CERTAIN, replace(WIDE, yes=2.0), replace(MIXED, yes=2.0)]
    return pd.DataFrame(
        condition(who, n, trials, seed, 4, rate)
        for who in whos
        for n in (3, 5)
        for rate in (1.0, 0.85)
    )


def majorities(trials: int, seed: int, counts: Sequence[int] = (1, 2, 4, 8, 20)) -> pd.DataFrame:
    """Scores of a table key (62 items) by majority of replies, and from the likeliest answers."""
    rng, points = np.random.default_rng(seed), np.array([-10.0, -10 / 3, 10 / 3, 10.0])
    rows = []
    for sure in (1.0, 2.0):
        logits = (rng.normal(size=(trials, 62, 4)) + np.array([0, 0.6, 0.9, 0.3])) * sure
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        probable = points[chosen(p)[0]].mean(axis=1)
        for n in counts:
            gap = points[chosen(rng.multinomial(n, p) / n)[0]].mean(axis=1) - probable
            rows.append(
                {
                    "likeliest answer": p.max(axis=-1).mean(),
                    "replies": n,
                    "off by, mean": gap.mean(),
                    "off by, absolute": np.abs(gap).mean(),
                }
            )
    return pd.DataFrame(rows)


def rows(trials: int, seed: int) -> Iterator[Row]:
    """Coverage and mean position from replies, with and without errors of the stance model; at most
    `MOST_TRIALS` per condition."""
    trials = min(trials, MOST_TRIALS)
    opinions = [replace(who, yes=yes) for who in (NARROW, WIDE, FARTHER) for yes in (0.0, 2.0)]
    asked = [(who, n, 8, 1.0) for who in opinions for n in REPLIES]
    asked += [(who, n, 4, 0.85) for who in (WIDE, FARTHER) for n in (3, 5)]
    for who, n, wordings, rate in asked:
        result = condition(who, n, trials, seed, wordings, rate)
        judge = f", judge errs in {1 - rate:.0%}" if rate < 1 else ""
        about = f"{who.name}, yes-bias {who.yes:g}, {n} replies{judge}"
        yield Row(about, f"{result['truth']:.1f}", float(str(result["covered %"])), 91.0, 100.0)
    for yes, least in ((0.0, 5.8), (2.0, 5.5)):
        for n in REPLIES:
            result = condition(replace(MIXED, yes=yes), n, trials, seed)
            about = f"{MIXED.name} in every cell, yes-bias {yes:g}, {n} replies"
            position = float(str(result["position"]))
            yield Row(
                about, f"{result['truth']:.1f}", position, least, 6.2, "mean position", "points"
            )


def main(trials: int = 400, seed: int = 0) -> None:
    """Print all tables; 400 trials take some minutes."""
    for make in (replies, widths, judges, majorities):
        print(f"\n{make.__doc__}\n")
        print(make(trials, seed).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
