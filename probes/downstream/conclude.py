"""All tables of a folder of predictions, computed from these alone: `probes downstream place`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from probes.downstream import contrasts as pairs
from probes.downstream import (
    controls,
    draws,
    ensembles,
    link,
    losses,
    paired,
    predictions,
    shuffles,
)
from probes.downstream.draws import DrawnEstimate, Draws, estimate
from probes.downstream.metrics import subgroup_aucs
from probes.downstream.predictions import Predicted, Predictions, Truth
from probes.files import atomic, csv
from probes.placement.interval import Floats

SAME = 1e-9
"""Gaps below this are rounding error."""
RANGED = ("recall", "fpr", "auc", "f1", "accuracy")
COLUMNS: Mapping[str, Sequence[str]] = {
    "performance": (
        *("model", "metric", "value", "low", "high", "texts", "units", "seeds", "failed", "reason"),
    ),
    "groups": (
        *("model", "group", "positives", "negatives", "units", "seeds"),
        *(f"{metric}{end}" for metric in RANGED for end in ("", "_low", "_high")),
        *("bpsn", "bnsp", "reason"),
    ),
    "gaps": (
        *("model", "metric", "gap", "low", "high", "null_mean", "null_high", "p_max", "worst"),
        *("tau", "groups", "texts", "units", "seeds", "reason"),
    ),
    "contrasts": pairs.COLUMNS,
    "losses": losses.COLUMNS,
    "ensembles": ensembles.COLUMNS,
    "controls": controls.COLUMNS,
    "disagreements": (*("id", "groups", "label", "models_positive", "models_negative", "spread"),),
}
"""Table -> its columns, in order."""
Rows = list[dict[str, object]]


def placed(directory: Path) -> dict[str, pd.DataFrame]:
    """Read the predictions of a folder and write all tables into it; the caller holds its lock.

    Raises:
        RunError, SetError: the predictions are faulty, or the folder cannot be written.
    """
    atomic.remove_leftovers(directory)
    frames = tables(predictions.read(directory))
    (directory / "published.csv").unlink(missing_ok=True)  # it may be of earlier predictions
    contrasts = directory / "contrasts.csv"
    before = contrasts.read_bytes() if contrasts.is_file() else b""
    for name, table in frames.items():
        csv.save(table, directory / f"{name}.csv")
    if contrasts.read_bytes() != before and not (directory / link.FOLDER).is_symlink():
        for name in link.FILES:
            (directory / link.FOLDER / name).unlink(missing_ok=True)
    return frames


def tables(predicted: Predictions, count: int = draws.DRAWS) -> dict[str, pd.DataFrame]:
    """All tables, by name, with `count` bootstrap draws; writes no file."""
    drawn = draws.draw(predicted.truth, predicted.models, count)
    rows: Mapping[str, Rows] = {
        "performance": list(_performance(predicted, drawn)),
        "groups": list(_groups(predicted, drawn)),
        "gaps": list(_gaps(predicted, drawn)),
        "ensembles": list(ensembles.rows(predicted, drawn)),
        "disagreements": list(_disagreements(predicted)),
    }
    frames = {n: pd.DataFrame(part, columns=list(COLUMNS[n])) for n, part in rows.items()}
    frames["contrasts"] = pairs.contrasts(predicted, predicted.pairs)
    frames["losses"] = losses.losses(predicted, frames["contrasts"])
    frames["controls"] = controls.controls(
        predicted, drawn, frames["performance"], frames["contrasts"]
    )
    return {name: frames[name] for name in COLUMNS}


def _performance(measured: Predictions, drawn: Draws) -> Iterator[dict[str, object]]:
    for model in measured.models:
        failed = int((~model.known).sum())
        for metric, values in drawn.of(model, draws.overall(measured.truth)).items():
            yield {
                "model": model.name,
                "metric": metric,
                **asdict(estimate(values)),
                **_sizes(measured.truth),
                "seeds": len(model.seeds),
                "failed": failed,
                "reason": draws.seeds_said(model),
            }


def _groups(measured: Predictions, drawn: Draws) -> Iterator[dict[str, object]]:
    truth = measured.truth
    for model in measured.models:
        for number, group in enumerate(truth.groups):
            inside = truth.member[:, number]
            numbers = drawn.of(model, draws.of_group(truth, inside))
            ends = {name: estimate(values) for name, values in numbers.items()}
            ends |= {kind: _rate(model, truth, kind, number) for kind in paired.KINDS}
            row: dict[str, object] = {
                "model": model.name,
                "group": group,
                "positives": int((inside & truth.positive).sum()),
                "negatives": int((inside & ~truth.positive).sum()),
                "units": len(np.unique(truth.units[inside])),
                "seeds": len(model.seeds),
            }
            for name, end in ends.items():
                row |= {name: end.value, f"{name}_low": end.low, f"{name}_high": end.high}
            yield row | _across(model, truth, number) | {"reason": draws.seeds_said(model)}


def _rate(model: Predicted, truth: Truth, kind: str, number: int) -> DrawnEstimate:
    """Recall or false positive rate of a group, with a t interval over units and seeds."""
    marks = paired.marked(model, truth, kind).complete()
    difference = paired.contrast(marks, np.eye(len(truth.groups))[number])
    low, high = difference.interval()
    return DrawnEstimate(float(difference.mean), max(0.0, float(low)), min(1.0, float(high)))


def _across(model: Predicted, truth: Truth, number: int) -> dict[str, float]:
    """BPSN and BNSP AUC of a group (see `subgroup_aucs`), mean over seeds."""
    each = []
    for seed in range(len(model.seeds)):
        available = model.known[seed]
        weights, score = np.ones(int(available.sum())), model.score[seed][available]
        inside = truth.member[available, number]
        each.append(subgroup_aucs(weights, truth.positive[available], score, inside))
    return {name: float(np.mean([float(aucs[name]) for aucs in each])) for name in ("bpsn", "bnsp")}


def _gaps(measured: Predictions, drawn: Draws) -> Iterator[dict[str, object]]:
    truth = measured.truth
    by_group = draws.group_rates(truth)
    null = _null_gaps(measured)
    for index, model in enumerate(measured.models):
        rates = drawn.of(model, by_group)
        for metric, values in draws.gaps(rates).items():
            shuffled = null[metric][:, index]
            finite = shuffled[np.isfinite(shuffled)]
            marks = paired.marked(model, truth, "fpr" if metric == "fpr" else "recall").complete()
            yield {
                "model": model.name,
                "metric": metric,
                "gap": float(values[0]),
                "low": estimate(values).low,
                "high": estimate(values).high,
                "null_mean": float(finite.mean()) if len(finite) else float("nan"),
                "null_high": float(np.quantile(finite, 0.95)) if len(finite) else float("nan"),
                "p_max": float(shuffles.p_value(values[0], shuffled)),
                "worst": _worst(rates, truth, metric),
                "tau": paired.between(marks) if metric != "equalised_odds" else float("nan"),
                "groups": int((marks.member.sum(axis=0) > 0).sum()),
                **_sizes(truth),
                "seeds": len(model.seeds),
                "reason": draws.seeds_said(model),
            }


def _flags(model: Predicted) -> Floats:
    """``(texts,)``: share of seeds that predict the text positive."""
    flags = pairs.flagged(model.said)
    available = np.isfinite(flags)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(available, flags, 0).sum(axis=0) / available.sum(axis=0))


def _null_gaps(measured: Predictions) -> dict[str, Floats]:
    """Metric -> gaps with permuted group names, ``(permutations, models)``."""
    truth = measured.truth
    values = np.stack([_flags(model) for model in measured.models], axis=-1)
    null = {
        kind: shuffles.largest(truth, rows, values, draws.widest)[1]
        for kind, rows in (("recall", truth.positive), ("fpr", ~truth.positive))
    }
    return null | {"equalised_odds": np.fmax(null["recall"], null["fpr"])}


def _worst(rates: draws.Numbers, truth: Truth, metric: str) -> str:
    """The group with the lowest recall or the highest false positive rate; for ``equalised_odds``
    that of the larger gap. Empty if all groups are equal."""
    each = {
        kind: np.array([rates[f"{kind} {n}"][0] for n in range(len(truth.groups))])
        for kind in paired.KINDS
    }
    gap = {kind: float(np.nan_to_num(draws.widest(values))) for kind, values in each.items()}
    kind = max(paired.KINDS, key=gap.__getitem__) if metric == "equalised_odds" else metric
    if gap[kind] < SAME:
        return ""
    index = np.nanargmax(each[kind]) if kind == "fpr" else np.nanargmin(each[kind])
    return truth.groups[int(index)]


def _disagreements(measured: Predictions) -> Iterator[dict[str, object]]:
    """Texts that models label differently, by the majority of their seeds; ids, not the texts."""
    truth = measured.truth
    models = [m for m in measured.models if not controls.role(measured, m.name)]
    share = np.stack([_flags(model) for model in models])
    with np.errstate(invalid="ignore"):
        differs = (share > 0.5).any(axis=0) & (share <= 0.5).any(axis=0)
    for text in np.flatnonzero(differs):
        sides = {True: list[str](), False: list[str]()}
        for model, value in zip(models, share[:, text], strict=True):
            if np.isfinite(value):
                sides[bool(value > 0.5)].append(model.name)
        yield {
            "id": truth.ids[text],
            "groups": ";".join(np.array(truth.groups)[truth.member[text]]),
            "label": truth.classes[truth.label[text]],
            "models_positive": ";".join(sides[True]),
            "models_negative": ";".join(sides[False]),
            "spread": float(np.nanmax(share[:, text]) - np.nanmin(share[:, text])),
        }


def _sizes(truth: Truth) -> dict[str, object]:
    return {"texts": len(truth.ids), "units": int(truth.units.max()) + 1}
