"""Control models and baselines against which models are judged: `controls.csv`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from probes.downstream import draws, paired, words
from probes.downstream.draws import Draws, estimate
from probes.downstream.metrics import rates
from probes.downstream.predictions import Predicted, Predictions
from probes.placement.interval import Floats

COLUMNS = ("control", "model", "metric", "value", "low", "high", "against", "reason")
NEAR = 0.02
"""Minimum margin in balanced accuracy by which a model should beat a control."""
FOLDS = 5
BALANCED = "balanced_accuracy"
IDENTITY = "identity only"
DEBIASED = "debiased"
TRIED = ("", DEBIASED)
"""Roles of the models that are compared with the controls."""


def role(predicted: Predictions, name: str) -> str:
    """The role of a model in `downstream.yaml`; empty for an ordinary model."""
    models = predicted.settings.models
    return models[name].role if name in models else ""


def controls(
    predicted: Predictions, drawn: Draws, performance: pd.DataFrame, contrasts: pd.DataFrame
) -> pd.DataFrame:
    """The table `controls.csv`: group names alone, seeds alone, and the folder's control models."""
    rows = [
        *_identity(predicted, drawn, performance),
        *_floors(predicted),
        *_given(predicted, performance),
        *_neutral(predicted, contrasts),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def identity(predicted: Predictions) -> Predicted:
    """Out-of-fold predictions from the set of named groups alone (folds over units)."""
    truth = predicted.truth
    names = [tuple(np.array(truth.groups)[row]) for row in truth.member]
    log_odds = words.groups_only(names, truth.positive, words.deal(truth.units, FOLDS))
    logp = np.full((1, len(names), len(truth.classes)), -np.inf)
    logp[0, :, 0], logp[0, :, 1] = -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
    return Predicted(IDENTITY, predicted.models[0].seeds[:1], logp)


def _identity(
    predictions: Predictions, drawn: Draws, performance: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """A row for the group-name baseline; balanced accuracy of the positive class against others."""
    model, truth = identity(predictions), predictions.truth

    def measure(weights: Floats, predicted: Predicted, seed: int) -> draws.Numbers:
        return {BALANCED: rates(weights, truth.positive, predicted.said[seed] == 0).balanced}

    value = estimate(drawn.of(model, measure)[BALANCED])
    near = _not_told(predictions, performance, value.value) if len(truth.classes) == 2 else ""
    yield _row(IDENTITY, "", BALANCED, (value.value, value.low, value.high), near)


def _given(predictions: Predictions, performance: pd.DataFrame) -> Iterator[dict[str, object]]:
    """A row for each control model of the folder."""
    for model in predictions.models:
        kind = role(predictions, model.name)
        if kind in {*TRIED, "neutral"}:
            continue
        value, low, high = _balanced(performance, model.name)
        reason = _not_told(predictions, performance, value)
        if kind == "shuffled":
            reason = _off_chance(1 / len(predictions.truth.classes), low, high)
        yield _row(kind.replace("_", " "), model.name, BALANCED, (value, low, high), reason)


def _off_chance(chance: float, low: float, high: float) -> str:
    """A diagnosis if shuffled labels are predicted better, or worse, than chance; else empty."""
    if low > chance:
        return f"its interval is above {chance:.3g}: the texts leak"
    if high < chance:
        return (
            f"its interval is below {chance:.3g}: no leak, as folds that hold more of a class leave"
            " less of it to learn from"
        )
    return ""


def _neutral(predictions: Predictions, contrasts: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Rows for children trained on a neutral corpus, which should be equivalent to the base."""
    for row in contrasts[contrasts["metric"] == "recall"].to_dict("records"):
        if role(predictions, str(row["model"])) == "neutral":
            ends = (float(row["did"]), float(row["did_low"]), float(row["did_high"]))
            reason = "" if row["verdict"] == "not moved" else f"{row['group']}: {row['verdict']}"
            name = f"neutral corpus, {row['group']}"
            yield _row(name, str(row["model"]), "did", ends, reason, str(row["against"]))


def _floors(predictions: Predictions) -> Iterator[dict[str, object]]:
    """Rows with the largest `did` between seeds of one base model."""
    for name in dict.fromkeys(base for base, _ in predictions.pairs):
        largest = twins(predictions, name)
        if np.isfinite(largest):
            yield _row("seed twin", name, "largest |did|", (largest, np.nan, np.nan), "", name)


def twins(predicted: Predictions, name: str) -> float:
    """The largest absolute `did` between two halves of a model's own seeds, which is due to seeds
    alone; NaN below four seeds."""
    model, truth = predicted.model(name), predicted.truth
    half = len(model.seeds) // 2
    if half < 2 or len(truth.groups) < 2:
        return float("nan")
    first, second = (
        paired.marked(model.at(seeds), truth, "recall")
        for seeds in (model.seeds[:half], model.seeds[half : 2 * half])
    )
    change = second.less(first)
    each = np.eye(len(truth.groups), dtype=bool)
    dids = [paired.contrast(change, paired.against_others(len(each), rows)) for rows in each]
    return float(np.nanmax([abs(float(did.mean)) for did in dids]))


def _not_told(predictions: Predictions, performance: pd.DataFrame, value: float) -> str:
    """Names the models whose balanced accuracy is at most `NEAR` above a control's."""
    near = [
        model.name
        for model in predictions.models
        if role(predictions, model.name) in TRIED
        and _balanced(performance, model.name)[0] <= value + NEAR
    ]
    return f"not told from it: {', '.join(near)}" if near else ""


def _balanced(performance: pd.DataFrame, name: str) -> tuple[float, float, float]:
    rows = performance[(performance["model"] == name) & (performance["metric"] == BALANCED)]
    row = rows.iloc[0]
    return float(row["value"]), float(row["low"]), float(row["high"])


def _row(
    control: str,
    model: str,
    metric: str,
    ends: tuple[float, float, float],
    reason: str,
    against: str = "",
) -> dict[str, object]:
    cells = (control, model, metric, *ends, against, reason)
    return dict(zip(COLUMNS, cells, strict=True))
