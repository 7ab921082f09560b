"""Metrics of a classifier: rates, AUC, calibration error; plain numpy.

Texts have weights ``(..., texts)``, so that each row can be one bootstrap draw. A metric without
texts in its denominator is NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probes.placement.interval import Floats, Ints

Bools = NDArray[np.bool_]
BINS = 10
"""Number of equal-width bins of confidence in `calibration`."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Weighted counts and rates (0 to 1) of the positive class against all others, ``(...)``."""

    positives: Floats
    negatives: Floats
    recall: Floats
    fpr: Floats
    accuracy: Floats
    f1: Floats

    @property
    def balanced(self) -> Floats:
        """Balanced accuracy of two classes."""
        return (self.recall + 1 - self.fpr) / 2


def rates(weights: Floats, positive: Bools, flagged: Bools) -> Rates:
    """Counts and rates of a classifier.

    Args:
        weights: ``(..., texts)``.
        positive: ``(texts,)``, whether each text is of the positive class.
        flagged: ``(texts,)``, whether it is predicted to be.
    """
    kinds = np.stack([positive & flagged, positive & ~flagged, ~positive & flagged, ~positive])
    hit, missed, false, negatives = np.moveaxis(weights @ kinds.T.astype(np.float64), -1, 0)
    positives = hit + missed
    return Rates(
        positives,
        negatives,
        _share(hit, positives),
        _share(false, negatives),
        _share(hit + negatives - false, positives + negatives),
        _share(2 * hit, 2 * hit + missed + false),
    )


def auc(weights: Floats, positive: Bools, score: Floats) -> Floats:
    """ROC AUC ``(...)``: share of pairs in which the positive text scores higher, ties by half."""
    order = np.argsort(score, kind="stable")
    ordered, is_positive = score[order], positive[order]
    weight = weights[..., order]
    low = np.where(is_positive, 0.0, weight)
    below = np.concatenate([np.zeros((*low.shape[:-1], 1)), np.cumsum(low, axis=-1)], axis=-1)
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right")
    beaten = (below[..., first] + below[..., last]) / 2
    high = np.where(is_positive, weight, 0.0)
    return _share((high * beaten).sum(axis=-1), high.sum(axis=-1) * low.sum(axis=-1))


def calibration(weights: Floats, right: Bools, confidence: Floats) -> Floats:
    """Expected calibration error ``(...)``: mean absolute difference of accuracy and confidence
    over bins of confidence."""
    number = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    member = (number[:, None] == np.arange(BINS)).astype(np.float64)
    gap = np.abs((weights * (right - confidence)) @ member).sum(axis=-1)
    return _share(gap, weights.sum(axis=-1))


def by_class(weights: Floats, label: Ints, predicted: Ints, classes: int) -> tuple[Floats, Floats]:
    """Balanced accuracy and macro F1 over all classes, ``(...)``; a class that neither occurs nor
    is predicted is left out."""
    each = [rates(weights, label == n, predicted == n) for n in range(classes)]
    return _mean([one.recall for one in each]), _mean([one.f1 for one in each])


def subgroup_aucs(
    weights: Floats, positive: Bools, score: Floats, inside: Bools
) -> Mapping[str, Floats]:
    """AUC within a group (``auc``), of its negatives against other texts' positives (``bpsn``), and
    of its positives against other texts' negatives (``bnsp``). Borkan et al. 2019."""
    chosen = {
        "auc": inside,
        "bpsn": np.where(inside, ~positive, positive),
        "bnsp": np.where(inside, positive, ~positive),
    }
    return {
        name: auc(weights[..., rows], positive[rows], score[rows]) for name, rows in chosen.items()
    }


def log_sum(logp: Floats) -> Floats:
    """Log-sum-exp along the last axis; NaN stays NaN."""
    largest = logp.max(axis=-1, keepdims=True)
    return np.asarray(largest[..., 0] + np.log(np.exp(logp - largest).sum(axis=-1)))


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))


def _mean(values: Sequence[Floats]) -> Floats:
    """Mean over the first axis without NaN."""
    stack = np.stack(values)
    finite = np.isfinite(stack)
    return _share(np.where(finite, stack, 0.0).sum(axis=0), finite.sum(axis=0))
