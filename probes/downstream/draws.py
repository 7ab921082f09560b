"""Bootstrap intervals over units and seeds, with the same draws for every model.

The first entry of every result is the point estimate: each text and each seed once. The others are
draws of units (with all texts of a unit) and, if there are at least three, of seeds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from probes.downstream.metrics import Bools, auc, by_class, calibration, rates
from probes.downstream.paired import seeds_are_few
from probes.downstream.predictions import Predicted, Truth
from probes.phrases import phrase
from probes.placement.interval import Floats, Ints

DRAWS = 2000
CHUNK = 250
"""Number of draws whose text weights are in memory at once."""
LEVELS = (2.5, 97.5)
ONE_SEED = phrase("one seed: another training may differ by more than the interval")
TRAINED = phrase("for these trained models only: fewer than three seeds")
Numbers = Mapping[str, Floats]
"""Metric -> its point estimate and bootstrap draws, ``(1 + draws,)``."""
Measure = Callable[[Floats, Predicted, int], Numbers]
"""``(weights of texts (draws, texts), model, index of a seed)`` -> metrics ``(draws,)``."""


@dataclass(frozen=True, slots=True)
class DrawnEstimate:
    """A point estimate and its 95 % percentile interval over the finite draws."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Draws:
    """Bootstrap draws of units and seeds."""

    counts: Floats
    """``(1 + draws, units)``: how often each unit was drawn."""
    seeds: Mapping[int, int]
    """Seed -> its column in `times`."""
    times: Floats
    """``(1 + draws, seeds)``: how often each seed was drawn."""
    units: Ints
    """``(texts,)``: unit of each text."""

    def of(self, model: Predicted, measure: Measure) -> Numbers:
        """A model's metrics, averaged over its seeds in each draw."""
        chunks: list[dict[str, Floats]] = []
        times = self.times[:, [self.seeds[seed] for seed in model.seeds]]
        for start in range(0, len(self.counts), CHUNK):
            weights = self.counts[start : start + CHUNK][:, self.units]
            each = [measure(weights, model, seed) for seed in range(len(model.seeds))]
            time = times[start : start + CHUNK]
            chunks.append({name: _mean([part[name] for part in each], time) for name in each[0]})
        return {name: np.concatenate([part[name] for part in chunks]) for name in chunks[0]}


def draw(truth: Truth, models: Sequence[Predicted], draws: int = DRAWS) -> Draws:
    """Draw units and seeds for these models, from one random generator."""
    rng = np.random.default_rng(0)
    units = int(truth.units.max()) + 1
    counts = rng.multinomial(units, np.full(units, 1 / units), size=draws).astype(np.float64)
    seeds = sorted({seed for model in models for seed in model.seeds})
    times = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), size=draws)
    if seeds_are_few(len(seeds)):
        times = np.ones_like(times)
    return Draws(
        np.vstack([np.ones(units), counts]),
        {seed: n for n, seed in enumerate(seeds)},
        np.vstack([np.ones(len(seeds)), times]),
        truth.units,
    )


def estimate(values: Floats) -> DrawnEstimate:
    """Point estimate and interval of ``(1 + draws,)`` values; the interval is NaN if fewer than
    half of the draws are finite."""
    finite = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or len(finite) < max(1, len(values) / 2):
        return DrawnEstimate(float(values[0]), float("nan"), float("nan"))
    low, high = np.percentile(finite, LEVELS)
    return DrawnEstimate(float(values[0]), float(low), float(high))


def overall(truth: Truth) -> Measure:
    """Metrics over all texts: balanced accuracy, macro F1, accuracy, recall, false positive rate,
    F1 of the positive class, AUC, calibration error."""

    def measure(weights: Floats, model: Predicted, seed: int) -> Numbers:
        rows = model.known[seed]
        weights, predicted = weights[:, rows], model.said[seed][rows]
        label, logp = truth.label[rows], model.logp[seed][rows]
        balanced, macro = by_class(weights, label, predicted, len(truth.classes))
        positive = truth.positive[rows]
        binary = rates(weights, positive, predicted == 0)
        return {
            "balanced_accuracy": balanced,
            "macro_f1": macro,
            "accuracy": _right(weights, predicted == label),
            "recall": binary.recall,
            "fpr": binary.fpr,
            "f1": binary.f1,
            "auc": auc(weights, positive, model.score[seed][rows]),
            "calibration_error": calibration(
                weights, predicted == label, np.exp(logp.max(axis=-1))
            ),
        }

    return measure


def decisions(truth: Truth) -> Measure:
    """Metrics of the predicted classes: balanced accuracy, macro F1, and `group_rates`."""
    by_group = group_rates(truth)

    def measure(weights: Floats, model: Predicted, seed: int) -> Numbers:
        rows = model.known[seed]
        label, predicted = truth.label[rows], model.said[seed][rows]
        balanced, macro = by_class(weights[:, rows], label, predicted, len(truth.classes))
        rest = by_group(weights, model, seed)
        return {"balanced_accuracy": balanced, "macro_f1": macro, **rest}

    return measure


def of_group(truth: Truth, inside: Bools) -> Measure:
    """Metrics over the texts of a group; `inside` ``(texts,)``."""

    def measure(weights: Floats, model: Predicted, seed: int) -> Numbers:
        rows = inside & model.known[seed]
        weights, positive = weights[:, rows], truth.positive[rows]
        binary = rates(weights, positive, model.said[seed][rows] == 0)
        return {
            "recall": binary.recall,
            "fpr": binary.fpr,
            "auc": auc(weights, positive, model.score[seed][rows]),
            "f1": binary.f1,
            "accuracy": binary.accuracy,
        }

    return measure


def group_rates(truth: Truth) -> Measure:
    """Recall and false positive rate of each group, named ``recall 0``, ``fpr 0`` and so on."""

    def measure(weights: Floats, model: Predicted, seed: int) -> Numbers:
        available, by_group = model.known[seed], dict[str, Floats]()
        for number, inside in enumerate(truth.member.T):
            rows = inside & available
            binary = rates(weights[:, rows], truth.positive[rows], model.said[seed][rows] == 0)
            by_group |= {f"recall {number}": binary.recall, f"fpr {number}": binary.fpr}
        return by_group

    return measure


def gaps(numbers: Numbers) -> Numbers:
    """Gaps between groups in recall and false positive rate (from `group_rates`), and the larger of
    the two (equalised odds).

    The gap is of rates averaged over seeds: the mean of gaps of single seeds is biased upwards.
    """
    recall, fpr = (
        widest(np.stack([rate for name, rate in numbers.items() if name.startswith(kind)], axis=-1))
        for kind in ("recall ", "fpr ")
    )
    return {"recall": recall, "fpr": fpr, "equalised_odds": np.fmax(recall, fpr)}


def widest(values: Floats) -> Floats:
    """Largest minus smallest finite value along the last axis; NaN if fewer than two are finite."""
    finite = np.isfinite(values)
    high = np.where(finite, values, -np.inf).max(axis=-1)
    low = np.where(finite, values, np.inf).min(axis=-1)
    return np.asarray(np.where(finite.sum(axis=-1) > 1, high - low, np.nan))


def seeds_said(model: Predicted) -> str:
    """A caveat on a model's number of seeds; empty for three seeds or more."""
    if len(model.seeds) == 1:
        return ONE_SEED
    return TRAINED if seeds_are_few(len(model.seeds)) else ""


def _right(weights: Floats, right: Bools) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(weights[:, right].sum(axis=-1) / weights.sum(axis=-1))


def _mean(values: Sequence[Floats], times: Floats) -> Floats:
    """Mean over seeds, weighted by how often each was drawn, without NaN."""
    stack = np.stack(values, axis=-1)
    weight = times * np.isfinite(stack)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.nan_to_num(stack) * weight).sum(axis=-1) / weight.sum(axis=-1))
