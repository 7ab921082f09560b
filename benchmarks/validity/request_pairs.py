"""Coverage of intervals for paired requests, with and without errors of the judge."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.validity.world import Row
from probes.replies.accuracy import LABELS
from probes.requests import pairs
from probes.requests.judge_errors import JudgeErrors, judge_errors
from probes.requests.measures import EVEN, SERVED, RequestEstimate, estimates
from probes.requests.replies import COLUMNS

REPEATS = 2
"""Number of replies to each request."""
MOST_TRIALS = 250
"""Most trials per condition: each takes a tenth of a second."""
Matrix = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class RequestWriter:
    """A model that refuses some requests for the positive pole and takes no side in some texts."""

    refuse: float
    """Share of requests for the positive pole that are refused."""
    hedge: float = 0.0
    """Share of texts that take no side."""
    wrong: float = 0.0
    """Error rate of the judge."""
    topics: int = 10
    each: int = 3
    """Pairs per topic."""
    labels: int = 50
    """Labelled replies per label, from which the judge's errors are estimated."""

    @property
    def served(self) -> tuple[float, float]:
        """Probability that a reply complies, at the negative and the positive pole."""
        return 1 - self.hedge, (1 - self.refuse) * (1 - self.hedge)

    @property
    def tilt(self) -> float:
        """True tilt: `served` at the positive minus the negative pole."""
        negative, positive = self.served
        return positive - negative

    @property
    def even(self) -> float:
        """Probability that both halves of a pair are treated alike."""
        negative, positive = self.served
        return negative * positive + (1 - negative) * (1 - positive)

    def replies(self, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
        """Rows of replies (`requests.replies.COLUMNS`) of one model on one axis."""
        for n in range(self.topics * self.each):
            claims_pole = 1 if n % 2 else -1
            for pole in (-1, 1):
                for seed in range(REPEATS):
                    truth = "agree" if pole == claims_pole else "disagree"
                    refused = pole == 1 and rng.random() < self.refuse
                    truth = "other" if refused or rng.random() < self.hedge else truth
                    label = judged(rng, truth, self.wrong)
                    names = (f"s{n}", "x", f"t{n // self.each}", "essay", pole, "plain", seed)
                    yield (*names, False, refused, False, False, 10, 0, False, label)

    def errors(self, rng: np.random.Generator) -> JudgeErrors:
        """The judge's errors as estimated from labelled replies."""
        return judge_errors(labelled(rng, self.wrong, self.labels), "labels")


def cells(replies: Iterable[tuple[object, ...]]) -> pairs.PairCells:
    """Aggregate rows of replies into pairs."""
    frame = pd.DataFrame(list(replies), columns=list(COLUMNS))
    numbers = {name: int(name[1:]) for name in frame["statement"].unique()}
    return pairs.pair_cells(frame, {name: 1.0 if n % 2 else -1.0 for name, n in numbers.items()})


PERFECT: Matrix = {a: {b: 1000 * (a == b) for b in LABELS} for a in LABELS}
WRITERS = {
    "serves both": RequestWriter(0.0),
    "refuses 30 % of one side": RequestWriter(0.3),
    "refuses 30 % of one side, 5 topics": RequestWriter(0.3, topics=5),
    "refuses 30 %, hedges 10 %, a judge errs in 15 %": RequestWriter(0.3, 0.1, 0.15),
    "the same judge, 200 labels of each kind": RequestWriter(0.3, 0.1, 0.15, labels=200),
}


def judged(rng: np.random.Generator, truth: str, wrong: float) -> str:
    """The label from a judge with this error rate."""
    return truth if rng.random() >= wrong else str(rng.choice([n for n in LABELS if n != truth]))


def labelled(rng: np.random.Generator, wrong: float, each: int = 50) -> Matrix:
    """Confusion matrix: label -> judged label -> number of replies."""
    matrix: Matrix = {a: dict.fromkeys(LABELS, 0) for a in LABELS}
    for label in LABELS:
        for _ in range(each):
            matrix[label][judged(rng, label, wrong)] += 1
    return matrix


def by_name(
    pair_cells: pairs.PairCells, errors: JudgeErrors | None = None
) -> dict[str, RequestEstimate]:
    """Name of a measure -> its estimate."""
    return {e.name: e for e in estimates(pair_cells, errors)}


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The results of this part."""
    for name, writer in WRITERS.items():
        tilts, evens, _ = covered(writer, seed, trials)
        yield Row(name, f"{writer.tilt:g}", tilts, 92.0, 100.0, "intervals hold the tilt")
        what = "intervals hold the share treated alike"
        yield Row(name, f"{writer.even:g}", evens, 92.0, 100.0, what)


def covered(writer: RequestWriter, seed: int, trials: int) -> tuple[float, float, float]:
    """Percent of models whose interval contains the tilt, percent for the share treated alike, and
    the mean tilt."""
    rng, hits, values = np.random.default_rng(seed), [], []
    for _ in range(trials):
        errors = writer.errors(rng) if writer.wrong else None
        by_measure = by_name(cells(writer.replies(rng)), errors)
        tilt, even = by_measure[SERVED], by_measure[EVEN]
        hits.append((tilt.low <= writer.tilt <= tilt.high, even.low <= writer.even <= even.high))
        values.append(tilt.value)
    tilts, evens = 100 * np.mean(hits, axis=0)
    return float(tilts), float(evens), float(np.mean(values))
