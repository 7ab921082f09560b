"""Two baseline classifiers that ignore word order: bag of words, and named groups.

A model that does not beat them has learnt nothing beyond them. Words: logistic regression on word
counts with an L2 penalty. Groups: the share of positive texts among texts with the same set of
groups. Both predict held-out texts.
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
"""``(train indices, test indices)`` of each split."""
PENALTIES = (1.0, 10.0)
"""Candidate L2 penalties (factors of half the squared weights in the summed loss). The one with the
best balanced accuracy on a held-out fifth of the training texts is used."""
STEPS = 200


def words_only(texts: Sequence[str], positive: Bools, parts: Parts) -> Floats:
    """Held-out log-odds ``(texts,)`` of the positive class from a bag of words, minus the log-odds
    of its share in training; NaN for texts that no split tests."""
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
    """Held-out log-odds ``(texts,)`` of the positive class from the set of named groups, minus the
    log-odds of its share in training; NaN for texts that no split tests."""
    log_odds = np.full(len(groups), np.nan)
    for train, test in parts:
        total, hits = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        for n in train:
            total[tuple(groups[n])] += 1
            hits[tuple(groups[n])] += int(positive[n])
        share = positive[list(train)].mean() if len(train) else 0.5
        for n in test:
            names = tuple(groups[n])
            # shrink towards the overall share, with the weight of two texts
            odds = (hits[names] + 2 * share) / (total[names] + 2)
            is_mixed = 0 < share < 1  # if training has one class only, the log-odds are infinite
            log_odds[n] = special.logit(odds) - special.logit(share) if is_mixed else 0.0
    return log_odds


def logistic(counts: "sparse.csr_array", positive: Bools, penalty: float) -> tuple[Floats, float]:
    """Weights ``(features,)`` and intercept of a logistic regression with an L2 penalty on the
    weights."""
    sign = np.where(positive, 1.0, -1.0)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, constant = parameters[:-1], parameters[-1]
        margin = sign * (counts @ weights + constant)
        slope = -sign * special.expit(-margin)
        gradient = np.append(counts.T @ slope + penalty * weights, slope.sum())
        return float(np.logaddexp(0, -margin).sum() + penalty * (weights @ weights) / 2), gradient

    start = np.zeros(counts.shape[1] + 1)
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return best.x[:-1], float(best.x[-1])


def deal(units: Ints, folds: int) -> Iterator[tuple[Ints, Ints]]:
    """Random splits that keep units together: ``(train indices, test indices)`` of each fold."""
    part = np.random.default_rng(0).permutation(int(units.max()) + 1)[units] % folds
    for fold in range(folds):
        yield np.flatnonzero(part != fold), np.flatnonzero(part == fold)


def _counts(
    counted: Sequence[Counter[str]], rows: Rows, column: dict[str, int]
) -> "sparse.csr_array":
    """Word counts ``(rows, words)``; words without a column are ignored."""
    cells = [
        (n, column[word], count)
        for n, row in enumerate(rows)
        for word, count in counted[row].items()
        if word in column
    ]
    where = np.array([cell[:2] for cell in cells], dtype=np.int64).reshape(-1, 2).T
    values = np.array([cell[2] for cell in cells], dtype=np.float64)
    return sparse.csr_array((values, (where[0], where[1])), shape=(len(rows), len(column)))
