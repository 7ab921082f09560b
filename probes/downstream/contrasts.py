"""Comparing child models with their base models, group by group: `contrasts.csv`.

The main statistic is `did`, a difference in differences: the change in a group minus the mean
change in the other groups. A child whose rate falls equally in every group has a `did` of 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from probes.comparison.difference import ROUNDING, Difference, holm
from probes.comparison.pair import EQUIVALENCE, Verdict
from probes.downstream import draws, paired, shuffles
from probes.downstream.draws import ONE_SEED
from probes.downstream.metrics import Bools
from probes.downstream.predictions import Predictions
from probes.phrases import phrase
from probes.placement.interval import Floats, Ints
from probes.types.reasons import JOINT

COLUMNS = (
    *("model", "against", "group", "metric", "texts", "units", "seeds", "rate_against", "rate"),
    *("difference", "low", "high", "p", "did", "did_low", "did_high", "did_p", "did_p_holm"),
    *("p_max", "mcnemar_p", "detectable", "margin", "verdict", "reason"),
)
OVERALL = (
    *("metric", "texts", "units", "seeds", "value_against", "value", "difference", "low", "high"),
    "reason",
)
LEVEL = 0.05
UNSEEN = 3.0
"""Rule of three: if none of n units changed, the share that changes is below 3 / n (95 %)."""
BUNDLE = "bundle: "
FEW_SEEDS = phrase("for these trained models only: fewer than three seeds that both have")
NO_SEED = phrase("no seed that both have")
NO_TEXTS = phrase("no text that both predicted")
NO_UNITS = phrase("no interval: fewer than two units")
NO_OTHERS = phrase("no other group to set it against")
NO_WIDTH = phrase("no interval: every text changed alike")


def contrasts(predicted: Predictions, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """The table `contrasts.csv`: a row for each pair, metric, and group or bundle.

    Args:
        predicted: The predictions.
        pairs: ``(base, child)`` names.
    """
    rows = [
        row
        for metric in paired.KINDS
        for pair, p_max in zip(pairs, _largest(predicted, pairs, metric), strict=True)
        for row in _rows(predicted, pair, metric, p_max)
    ]
    for metric in paired.KINDS:  # Holm: groups x children within one metric
        same_metric = [row for row in rows if row["metric"] == metric]
        adjusted = holm(np.array([_number(row, "did_p") for row in same_metric]))
        for row, p in zip(same_metric, adjusted, strict=True):
            row |= {"did_p_holm": float(p)}
            row["verdict"] = _verdict(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def overall(predicted: Predictions, pair: tuple[str, str]) -> pd.DataFrame:
    """Each metric over all texts: one row per metric, with both models' values and the paired
    bootstrap difference, second minus first. Texts and seeds are those that both models have."""
    against, model = (predicted.model(name) for name in pair)
    seeds = [seed for seed in model.seeds if seed in against.seeds]
    both = [each.at(seeds) for each in (against, model)]
    truth = predicted.truth
    known = np.all([each.known.all(axis=0) for each in both], axis=0) & bool(seeds)
    if not known.any():
        row = {"texts": 0, "units": 0, "seeds": len(seeds)}
        return pd.DataFrame([row | {"reason": NO_TEXTS if seeds else NO_SEED}], columns=OVERALL)
    both = [replace(each, logp=np.where(known[:, None], each.logp, np.nan)) for each in both]
    drawn = draws.draw(truth, both)
    first, second = (drawn.of(each, draws.overall(truth)) for each in both)
    counted = {"recall": truth.positive, "fpr": ~truth.positive}
    rows = []
    for metric in first:
        texts = known & counted.get(metric, True)
        change = draws.estimate(second[metric] - first[metric])
        units = len(np.unique(truth.units[texts]))
        low, high = (change.low, change.high) if units > 1 else (np.nan, np.nan)
        reasons = [NO_UNITS] if units < 2 else []
        reasons += filter(None, [draws.seeds_said(both[0])])
        numbers = (float(first[metric][0]), float(second[metric][0]), change.value, low, high)
        rows.append((metric, int(texts.sum()), units, len(seeds), *numbers, JOINT.join(reasons)))
    return pd.DataFrame(rows, columns=list(OVERALL))


def status(table: pd.DataFrame) -> Literal[0, 1, 3]:
    """Exit status: 1 if any child moved, else 3 if any cannot be told apart, else 0."""
    verdicts = set(table["verdict"])
    return 1 if "moved" in verdicts else 3 if "cannot be told apart" in verdicts else 0


def chosen(predicted: Predictions) -> Iterator[tuple[str, Bools]]:
    """``(name, mask of groups (groups,))`` for each group, then for each bundle."""
    names = predicted.truth.groups
    for group in names:
        yield group, np.array([name == group for name in names])
    for bundle, groups in predicted.settings.bundles.items():
        yield BUNDLE + bundle, np.array([name in groups for name in names])


def _rows(
    predictions: Predictions, pair: tuple[str, str], metric: str, p_max: float
) -> Iterator[dict[str, object]]:
    against, model = (predictions.model(name) for name in pair)
    seeds = [seed for seed in model.seeds if seed in against.seeds]
    head = {"model": pair[1], "against": pair[0], "metric": metric, "seeds": len(seeds)}
    first, second = (
        paired.marked(side.at(seeds), predictions.truth, metric) for side in (against, model)
    )
    change = second.less(first) if seeds else second
    for group, rows in chosen(predictions):
        cells = head | {"group": group, "margin": predictions.settings.margin, "p_max": p_max}
        if not seeds:
            yield cells | {"texts": 0, "units": 0, "reason": NO_SEED}
            continue
        yield cells | _row(change, rows, first, second, predictions.settings.margin)


def _row(
    change: paired.Marked,
    rows: Bools,
    first: paired.Marked,
    second: paired.Marked,
    margin: float,
) -> dict[str, object]:
    """The statistics of one group or bundle; `change` is `second` minus `first`."""
    inside = change.member[:, rows].any(axis=1)
    within = np.where(rows, 1 / rows.sum(), 0.0)
    plain = paired.contrast(change, within)
    did = paired.contrast(change, paired.against_others(len(rows), rows))
    (low, high), (did_low, did_high) = plain.interval(), did.interval()
    units = len(np.unique(change.units[inside]))
    one = int(np.flatnonzero(rows)[0]) if rows.sum() == 1 else None
    return {
        "texts": int(inside.sum()),
        "units": units,
        "rate_against": _rate(first, within),
        "rate": _rate(second, within),
        "difference": float(plain.mean),
        "low": float(low),
        "high": float(high),
        "p": float(plain.p),
        "did": float(did.mean),
        "did_low": float(did_low),
        "did_high": float(did_high),
        "did_p": float(did.p),
        "mcnemar_p": float("nan") if one is None else paired.mcnemar(change, one),
        "detectable": paired.detectable(did),
        "equal": _is_equal(did, units, margin),
        "reason": JOINT.join(_reasons(change, rows, did, units)),
    }


def _reasons(change: paired.Marked, rows: Bools, did: Difference, units: int) -> Iterator[str]:
    if not units:
        yield NO_TEXTS
    elif units < 2:
        yield NO_UNITS
    if rows.all():
        yield NO_OTHERS
    elif not float(did.error) > ROUNDING:
        yield NO_WIDTH
    seeds = change.cells.shape[1]
    if seeds == 1:
        yield ONE_SEED
    elif paired.seeds_are_few(seeds):
        yield FEW_SEEDS


def _verdict(row: Mapping[str, object]) -> Verdict:
    """Moved: `did` is significant by t test (Holm) and by permutation. Not moved: equivalent."""
    low, high = _number(row, "did_low"), _number(row, "did_high")
    if not np.isfinite([low, high]).all() or _number(row, "units") < 2:
        return "cannot be told apart"
    beyond = low > ROUNDING or high < -ROUNDING
    if beyond and _number(row, "did_p_holm") <= LEVEL and _number(row, "p_max") <= LEVEL:
        return "moved"
    return "not moved" if row.get("equal") else "cannot be told apart"


def _is_equal(did: Difference, units: int, margin: float) -> bool:
    """Equivalence test: whether the 90 % interval of `did` is within the margin. If the interval
    has no width (no text changed), the rule of three says how many units are needed."""
    low, high = (float(end) for end in did.interval(EQUIVALENCE))
    seen = float(did.error) > ROUNDING or UNSEEN / max(units, 1) <= margin
    return seen and -margin <= low and high <= margin


def _rate(marks: paired.Marked, within: Floats) -> float:
    return float(paired.contrast(marks.complete(), within).mean)


def _largest(
    predictions: Predictions, pairs: Sequence[tuple[str, str]], metric: str
) -> Sequence[float]:
    """For each pair, the permutation p-value of the largest absolute `did` of a group."""
    truth, groups = predictions.truth, len(predictions.truth.groups)
    if groups < 2 or not pairs:
        return [float("nan")] * len(pairs)
    rows = truth.positive if metric == "recall" else ~truth.positive

    def most(means: Floats) -> Floats:
        finite = np.isfinite(means)
        filled, others = np.where(finite, means, 0.0), finite.sum(axis=-1, keepdims=True) - 1
        rest = (filled.sum(axis=-1, keepdims=True) - filled) / np.maximum(others, 1)
        return np.asarray(np.where(finite, np.abs(filled - rest), -1.0).max(axis=-1))

    values = np.stack([_change(predictions, pair) for pair in pairs], axis=-1)
    return [float(p) for p in shuffles.p_value(*shuffles.largest(truth, rows, values, most))]


def _change(predictions: Predictions, pair: tuple[str, str]) -> Floats:
    """``(texts,)``: change in positive prediction from base to child, mean over common seeds."""
    against, model = (predictions.model(name) for name in pair)
    seeds = [seed for seed in model.seeds if seed in against.seeds]
    if not seeds:
        return np.full(len(predictions.truth.ids), np.nan)
    change = flagged(model.at(seeds).said) - flagged(against.at(seeds).said)
    return np.asarray(change.mean(axis=0))


def flagged(classes: Ints) -> Floats:
    """``(seeds, texts)``: 1 predicted positive, 0 not, NaN without a prediction."""
    return np.where(classes < 0, np.nan, (classes == 0).astype(np.float64))


def _number(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else float("nan")
