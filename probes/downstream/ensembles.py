"""Ensembles: several models, or several seeds of one model, whose predictions are combined.

Any ensemble tends to beat a single run. So an ensemble of models is compared with an ensemble of as
many seeds of one model, with the best single model, and with the mean of single models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from probes.downstream import controls, draws, words
from probes.downstream.draws import Draws, Numbers, estimate
from probes.downstream.metrics import Bools, by_class, log_sum
from probes.downstream.predictions import Predicted, Predictions, Truth
from probes.placement.interval import Floats, Ints

RULES = ("vote", "mean log-probability", "mean probability", "stacking")
COLUMNS = (
    *("members", "count", "rule", "metric", "value", "low", "high", "texts", "seeds", "reason"),
)
FOLDS = 5
"""Cross-validation folds over units, for stacking weights and the choice of the best model."""
PENALTY = 1.0
TINY = 1e-300
Members = Sequence[Predicted]


def rows(predicted: Predictions, drawn: Draws) -> Iterator[dict[str, object]]:
    """Rows of `ensembles.csv`, one for each ensemble and metric: models combined, single models,
    and seeds of one model combined."""
    truth = predicted.truth
    models = [m for m in predicted.models if not controls.role(predicted, m.name)]
    names = "; ".join(model.name for model in models)
    for rule, together in of_models(models, truth):
        yield from _ensemble(names, len(models), rule, together, (predicted, drawn))
    if len(models) > 1:
        yield from _mean_single(names, models, (predicted, drawn))
    for model in models:
        count = min(len(models), len(model.seeds)) if len(models) > 1 else len(model.seeds)
        for rule, together in of_seeds(model, count, truth):
            yield from _ensemble(
                f"seeds of {model.name}", count, rule, together, (predicted, drawn)
            )


def _numbers(model: Predicted, source: tuple[Predictions, Draws]) -> Numbers:
    predictions, drawn = source
    numbers = drawn.of(model, draws.decisions(predictions.truth))
    whole = {name: numbers[name] for name in ("balanced_accuracy", "macro_f1")}
    return whole | {f"gap_{name}": gap for name, gap in draws.gaps(numbers).items()}


def _ensemble(
    members: str, count: int, rule: str, model: Predicted, source: tuple[Predictions, Draws]
) -> Iterator[dict[str, object]]:
    for metric, values in _numbers(model, source).items():
        yield {
            "members": members,
            "count": count,
            "rule": rule,
            "metric": metric,
            **asdict(estimate(values)),
            "texts": int(model.known.all(axis=0).sum()),
            "seeds": len(model.seeds),
            "reason": draws.seeds_said(model),
        }


def _mean_single(
    names: str, models: Sequence[Predicted], source: tuple[Predictions, Draws]
) -> Iterator[dict[str, object]]:
    each = [_numbers(model, source) for model in models]
    for metric in each[0]:
        values = np.mean([numbers[metric] for numbers in each], axis=0)
        yield {
            "members": names,
            "count": 1,
            "rule": "mean single",
            "metric": metric,
            **asdict(estimate(values)),
            "texts": len(source[0].truth.ids),
            "seeds": min(len(model.seeds) for model in models),
            "reason": "",
        }


def of_models(models: Members, truth: Truth) -> Iterator[tuple[str, Predicted]]:
    """``(rule, combined predictions)`` of the models, for each seed that all of them have; last
    the best single model."""
    seeds = [s for s in models[0].seeds if all(s in model.seeds for model in models)]
    if len(models) < 2 or not seeds:
        return
    stack = np.stack([model.at(seeds).logp for model in models])  # models x seeds x texts x classes
    for rule in RULES:
        each = [together(stack[:, n], truth, rule) for n in range(len(seeds))]
        yield rule, Predicted(rule, tuple(seeds), np.stack(each))
    best = np.stack([_best(stack[:, n], truth) for n in range(len(seeds))])
    yield "best single", Predicted("best single", tuple(seeds), best)


def of_seeds(model: Predicted, count: int, truth: Truth) -> Iterator[tuple[str, Predicted]]:
    """``(rule, combined predictions)`` of the first `count` seeds of one model, at most all."""
    seeds = model.seeds[:count]
    if len(seeds) < 2:
        return
    stack = model.at(seeds).logp
    for rule in RULES:
        yield rule, Predicted(rule, seeds[:1], together(stack, truth, rule)[None])


def together(logp: Floats, truth: Truth, rule: str) -> Floats:
    """Combine log-probabilities ``(members, texts, classes)`` to ``(texts, classes)``; NaN where a
    member has no prediction."""
    if rule == "mean log-probability":
        return _normalised(logp.mean(axis=0))
    if rule == "mean probability":
        return _normalised(log_sum(np.moveaxis(logp, 0, -1)))
    return _vote(logp) if rule == "vote" else _stacked(logp, truth)


def _vote(logp: Floats) -> Floats:
    """Log of vote shares; a tie goes to the class with the higher mean log-probability."""
    complete: Bools = np.asarray(np.isfinite(logp[..., 0]).all(axis=0))
    classes: Ints = np.asarray(logp.argmax(axis=-1))
    kinds = range(logp.shape[-1])
    votes = np.stack([np.equal(classes, kind).sum(axis=0) for kind in kinds], axis=-1)
    mean = np.exp(_normalised(logp.mean(axis=0)))
    share = (votes + 0.5 * mean) / (len(logp) + 0.5)  # the tie-breaker is below one vote
    return np.where(complete[:, None], np.log(np.maximum(share, TINY)), np.nan)


def _stacked(logp: Floats, truth: Truth) -> Floats:
    """Stacking: for each class a logistic regression on the members' log-odds of the class against
    the rest, out of fold."""
    from scipy import sparse, special

    complete = np.isfinite(logp[..., 0]).all(axis=0)
    rows = np.flatnonzero(complete)
    odds = np.full(logp.shape[1:], np.nan)
    for train, test in words.deal(truth.units[rows], FOLDS) if len(rows) else ():
        for kind in range(logp.shape[-1]):
            features = special.logit(np.clip(np.exp(logp[:, rows, kind]), 1e-9, 1 - 1e-9)).T
            learnt = sparse.csr_array(features[train])
            truths = truth.label[rows[train]] == kind
            weights, constant = words.logistic(learnt, truths, PENALTY)
            odds[rows[test], kind] = features[test] @ weights + constant
    return _normalised(np.asarray(special.log_expit(odds)))


def _best(logp: Floats, truth: Truth) -> Floats:
    """For each fold, the member with the highest balanced accuracy on the other folds."""
    chosen = np.full(logp.shape[1:], np.nan)
    for train, test in words.deal(truth.units, FOLDS):
        scores = []
        for member in logp:
            usable = train[np.isfinite(member[train, 0])]
            classes = member[usable].argmax(axis=-1)
            weights = np.ones(len(usable))
            balanced, _ = by_class(weights, truth.label[usable], classes, len(truth.classes))
            scores.append(float(np.nan_to_num(balanced)))
        chosen[test] = logp[int(np.argmax(scores)), test]
    return chosen


def _normalised(logp: Floats) -> Floats:
    return np.asarray(logp - log_sum(logp)[..., None])
