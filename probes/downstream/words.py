"""Two classifiers that read no sentence: what the words say, and what the named groups say.

A model is worth something on a task only beyond these. Words: counts of words, logistic regression
with an L2 penalty. Groups: how often a text of just these groups is of the positive class. Both
predict texts that they have not learnt from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy import optimize, sparse, special

from probes.downstream.metrics import Bools, rates
from probes.placement.interval import Floats, Ints

Rows = Sequence[int] | Ints
Parts = Iterable[tuple[Rows, Rows]]
"""Numbers of the texts to learn from, and of those to predict."""
PENALTIES = (1.0, 10.0)
"""Of half the squared weights, against the summed losses: the one that predicts a fifth of the
texts to learn from best, out of the other four."""
STEPS = 200


def words_only(texts: Sequence[str], positive: Bools, parts: Parts) -> Floats:
    """Log-odds ``(texts,)`` of the positive class by a bag of words, above those of all texts to
    learn from; NaN where not predicted."""
    counted = [Counter(re.findall(r"\b\w\w+\b", text.casefold())) for text in texts]
    log_odds = np.full(len(texts), np.nan)
    for train, test in parts:
        learn, held = next(deal(np.arange(len(train)), 5))
        inner = [train[n] for n in learn], [train[n] for n in held]
        tried = {
            penalty: _balanced(positive[inner[1]], _predicted(counted, positive, inner, penalty))
            for penalty in PENALTIES
        }
        best = max(PENALTIES, key=lambda penalty: tried[penalty])
        log_odds[list(test)] = _predicted(counted, positive, (train, test), best)
    return log_odds


def _predicted(
    counted: Sequence[Counter[str]],
    positive: Bools,
    part: tuple[Rows, Rows],
    penalty: float,
) -> Floats:
    train, test = part
    column = {w: n for n, w in enumerate(sorted({w for i in train for w in counted[i]}))}
    counts, truth = _counts(counted, train, column), positive[list(train)]
    weights, constant = logistic(counts, truth, penalty)
    usual = special.logit((truth.sum() + 1) / (len(truth) + 2))
    return np.asarray(_counts(counted, test, column) @ weights + constant - usual)


def _balanced(positive: Bools, log_odds: Floats) -> float:
    return float(rates(np.ones(len(positive)), positive, log_odds > 0).balanced)


def groups_only(groups: Sequence[Sequence[str]], positive: Bools, parts: Parts) -> Floats:
    """Log-odds ``(texts,)`` of the positive class by the set of groups that a text names, above
    those of all texts; NaN where not predicted."""
    log_odds = np.full(len(groups), np.nan)
    for train, test in parts:
        total, hits = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        for n in train:
            total[tuple(groups[n])] += 1
            hits[tuple(groups[n])] += int(positive[n])
        share = positive[list(train)].mean() if len(train) else 0.5
        for n in test:
            names = tuple(groups[n])
            # two texts of the whole's share stand in for what has not been seen
            odds = (hits[names] + 2 * share) / (total[names] + 2)
            is_told = 0 < share < 1  # where all learnt from are of one class, groups say nothing
            log_odds[n] = special.logit(odds) - special.logit(share) if is_told else 0.0
    return log_odds


def logistic(counts: "sparse.csr_array", positive: Bools, penalty: float) -> tuple[Floats, float]:
    """Weights and constant of a logistic regression with an L2 penalty; the constant is free."""
    sign = np.where(positive, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        weights, constant = at[:-1], at[-1]
        margin = sign * (counts @ weights + constant)
        slope = -sign * special.expit(-margin)
        gradient = np.append(counts.T @ slope + penalty * weights, slope.sum())
        return float(np.logaddexp(0, -margin).sum() + penalty * (weights @ weights) / 2), gradient

    start = np.zeros(counts.shape[1] + 1)
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return best.x[:-1], float(best.x[-1])


def deal(units: Ints, folds: int) -> Iterator[tuple[Ints, Ints]]:
    """Parts that keep units together, where nothing else says which texts are for training."""
    part = np.random.default_rng(0).permutation(int(units.max()) + 1)[units] % folds
    for fold in range(folds):
        yield np.flatnonzero(part != fold), np.flatnonzero(part == fold)


def _counts(
    counted: Sequence[Counter[str]], rows: Rows, column: dict[str, int]
) -> "sparse.csr_array":
    """``(rows, words)``: how often each known word stands in each text."""
    cells = [
        (n, column[word], count)
        for n, row in enumerate(rows)
        for word, count in counted[row].items()
        if word in column
    ]
    where = np.array([cell[:2] for cell in cells], dtype=np.int64).reshape(-1, 2).T
    values = np.array([cell[2] for cell in cells], dtype=np.float64)
    return sparse.csr_array((values, (where[0], where[1])), shape=(len(rows), len(column)))
