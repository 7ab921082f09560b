"""A paper's own statistics of predictions, next to our intervals: `published.csv`.

Mean and standard deviation over seeds, and Student's unpaired t-test of a child's seeds against its
base's, which treats the texts as fixed. The children together are a majority vote.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from probes.comparison.difference import ROUNDING
from probes.downstream import controls, draws, ensembles, predictions
from probes.downstream.draws import Draws, Measure
from probes.downstream.predictions import Predicted, Predictions
from probes.downstream.recipe.recipes import PaperRecipe
from probes.files import csv

COLUMNS = (
    *("model", "against", "group", "metric", "value", "sd", "p", "low", "high", "texts", "seeds"),
    "reason",
)
NAME = "published"
VOTE = "vote of the children"


def save(directory: Path, recipe: PaperRecipe) -> pd.DataFrame:
    """Write ``published.csv`` into a folder of predictions; the caller holds its lock.

    Raises:
        RunError, SetError: the predictions are faulty, or the folder cannot be written.
    """
    table = published(predictions.read(directory), recipe)
    csv.save(table, directory / f"{NAME}.csv")
    return table


def published(
    predicted: Predictions, recipe: PaperRecipe, count: int = draws.DRAWS
) -> pd.DataFrame:
    """A row for each model (and the children's vote), metric, and group (empty: all texts)."""
    models, drawn = list(_models(predicted)), draws.draw(predicted.truth, predicted.models, count)
    rows = [
        row
        for group, texts, measure, metrics in _parts(predicted, recipe)
        for model, against in models
        for row in _rows(
            (model, against), measure, drawn, metrics, {"group": group, "texts": texts}
        )
    ]
    order = {name: number for number, name in enumerate(dict.fromkeys(m.name for m, _ in models))}
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("model", key=lambda names: names.map(order), kind="stable")


def _models(measured: Predictions) -> Iterator[tuple[Predicted, Predicted | None]]:
    """Each model that is not a control, with its base or None; last the vote of all children."""
    bases = {child: measured.model(base) for base, child in measured.pairs}
    models = [model for model in measured.models if not controls.role(measured, model.name)]
    for model in models:
        yield model, bases.get(model.name)
    children = [model for model in models if model.name in bases]
    if len(children) > 1:
        vote = dict(ensembles.of_models(children, measured.truth))["vote"]
        yield Predicted(VOTE, vote.seeds, vote.logp), None


def _parts(
    measured: Predictions, recipe: PaperRecipe
) -> Iterator[tuple[str, int, Measure, Sequence[str]]]:
    """``(group, number of texts, measure, metrics)`` for all texts (group empty) and each group."""
    truth = measured.truth
    yield "", len(truth.ids), draws.overall(truth), recipe.metrics.overall
    for number, group in enumerate(truth.groups):
        inside = truth.member[:, number]
        yield group, int(inside.sum()), draws.of_group(truth, inside), recipe.metrics.group


def _rows(
    pair: tuple[Predicted, Predicted | None],
    measure: Measure,
    drawn: Draws,
    metrics: Sequence[str],
    about: dict[str, object],
) -> Iterator[dict[str, object]]:
    model, against = pair
    numbers = drawn.of(model, measure)
    for metric in metrics:
        values = _by_seed(model, measure, metric)
        base_values = [] if against is None else _by_seed(against, measure, metric)
        interval = draws.estimate(numbers[metric])
        yield {
            "model": model.name,
            "against": "" if against is None else against.name,
            **about,
            "metric": metric,
            "value": interval.value,
            "sd": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
            "p": t_test(values, base_values),
            "low": interval.low,
            "high": interval.high,
            "seeds": len(values),
            "reason": draws.seeds_said(model),
        }


def _by_seed(model: Predicted, measure: Measure, metric: str) -> list[float]:
    weights = np.ones((1, model.logp.shape[1]))
    return [float(measure(weights, model, n)[metric][0]) for n in range(len(model.seeds))]


def t_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p of Student's unpaired t-test; NaN if either has fewer than two seeds, or if there
    is no variance."""
    counts = len(first), len(second)
    dof = sum(counts) - 2
    if min(counts) < 2:
        return math.nan
    square = sum(
        (n - 1) * float(np.var(sample, ddof=1))
        for n, sample in zip(counts, (first, second), strict=True)
    )
    error = math.sqrt(square / dof * sum(1 / n for n in counts))
    if error < ROUNDING:
        return math.nan
    return float(2 * special.stdtr(dof, -abs(np.mean(first) - np.mean(second)) / error))
