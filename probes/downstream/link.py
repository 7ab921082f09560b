"""Rank correlation of models' political leaning with their group effects in a task.

A pair is a child model that is, with its base model, in both the run and the predictions. Each
base, axis, rate and group gets an exact permutation test (docs/method.md 14). No regression line is
fitted: the children of one base are few, and not independent draws. No input or output.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from probes.comparison import ranks
from probes.comparison.difference import holm
from probes.errors import UsageError
from probes.types import Tables, reasons

SHIFT, POSITION = "shift", "position"
LINK = (
    *("model", "against", "axis", "group", "metric", "texts", "measure", "leaning"),
    *("leaning_low", "leaning_high", "did", "did_low", "did_high", "placed", "reason"),
)
FITS = (
    *("against", "axis", "group", "metric", "measure", "models", "spearman", "p", "p_holm"),
    *("exact", "reason"),
)
FEWEST = 4
"""Minimum number of placed models for a correlation or a figure."""
KEYS = ["against", "axis", "group", "metric", "measure"]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leaning is correlated with which group effect."""

    measure: str = SHIFT
    """Leaning: `SHIFT`, the child's difference from its base; or `POSITION`, its position."""
    metric: str = "recall"
    """The group effect is the difference in differences of this rate: ``recall`` or ``fpr``."""
    groups: tuple[str, ...] = ()
    """Names of groups or bundles; empty: all."""


ALL = Wanted()


def link(
    run: Tables, contrasts: pd.DataFrame, wanted: Wanted = ALL
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of pairs and of rank correlations by base, axis, rate and group.

    Args:
        run: Tables of a run with the base and child models.
        contrasts: `contrasts.csv` of classifiers fine-tuned from these models, with equal names.
        wanted: Which leaning and which group effect.

    Raises:
        UsageError: a group is unknown, no child is in both, or fewer than `FEWEST` are placed.
    """
    groups = dict.fromkeys(map(str, contrasts["group"]))
    for group in wanted.groups:
        if group not in groups:
            raise UsageError(f"--group: no group is called {group!r}; valid: {', '.join(groups)}")
    chosen = contrasts["metric"] == wanted.metric
    chosen &= contrasts["group"].isin(wanted.groups or groups)
    rows = _pairs(run, contrasts[chosen], wanted.measure)
    pairs = pd.DataFrame(list(rows), columns=list(LINK))
    if pairs.empty:
        raise UsageError(
            "no model of the run is a child of the predictions: both must have it, and its base, "
            f"under one name (the run has {_some(run.models['model'])}; the predictions have "
            f"{_some(contrasts['model'])})"
        )
    fit_rows = [
        dict(zip(KEYS, key, strict=True)) | fit(key_pairs[key_pairs["placed"]])
        for key, key_pairs in pairs.groupby(KEYS, sort=False)
    ]
    fits = pd.DataFrame(fit_rows, columns=list(FITS))
    if fits["models"].max() < FEWEST:
        raise UsageError(
            f"{fits['models'].max()} models are placed beside a difference in differences, fewer "
            f"than {FEWEST}: leaning and task cannot be held against each other"
        )
    return pairs, fits.assign(p_holm=holm(fits["p"].to_numpy(np.float64)))


def fit(rows: pd.DataFrame) -> Row:
    """Spearman's rho and p of pairs; NaN with a reason if there are too few or all are equal."""
    x, y = (rows[name].to_numpy(np.float64) for name in ("leaning", "did"))
    nothing = {"models": len(x), "spearman": math.nan, "p": math.nan, "exact": False}
    if len(x) < FEWEST:
        return nothing | {"reason": f"{len(x)} models placed, fewer than {FEWEST}"}
    if np.ptp(x) < ranks.ROUNDING or np.ptp(y) < ranks.ROUNDING:
        return nothing | {"reason": "all models lean alike, or do alike to the group"}
    rho, p = ranks.rank_test(x, y)
    estimate = {"spearman": rho, "p": p, "exact": len(x) <= ranks.EXACT, "reason": ""}
    return nothing | estimate


def described(tables: Tables) -> Iterator[str]:
    """A sentence for each rank correlation."""
    for row in [] if tables.link_fits is None else tables.link_fits.to_dict("records"):
        head = f"{row['against']}, {row['axis']}, {row['metric']}, {row['group']}"
        if row["reason"]:
            yield f"{head}: {row['reason']}"
            continue
        rho, p, adjusted = (float(str(row[name])) for name in ("spearman", "p", "p_holm"))
        yield (
            f"{head}: Spearman's {rho:+.2f} over {row['models']} models, "
            f"{'exact ' if row['exact'] else ''}p = {p:.3g} ({adjusted:.3g} after Holm)"
        )


def _pairs(run: Tables, contrasts: pd.DataFrame, measure: str) -> Iterator[Row]:
    """A row for each child, axis, rate and group with a leaning in the run."""
    leanings = _leanings(run, measure)
    for row in contrasts.to_dict("records"):
        for axis in run.axes:
            base = str(row["against"]) if measure == SHIFT else ""
            leaning = leanings.get((str(row["model"]), base, axis.name))
            if leaning is None:
                continue
            did = {name: float(row[name]) for name in ("did", "did_low", "did_high")}
            why = [str(leaning["reason"])] if leaning["reason"] else []
            if not math.isfinite(did["did"]):
                why += [str(row["reason"]) if isinstance(row["reason"], str) else "no difference"]
            yield {
                **leaning,
                **{name: row[name] for name in ("model", "against", "group", "metric", "texts")},
                **did,
                "axis": axis.name,
                "measure": measure,
                "placed": not why,
                "reason": reasons.JOINT.join(why),
            }


def _leanings(run: Tables, measure: str) -> dict[tuple[str, str, str], Row]:
    """``(child, base or "", axis)`` -> shift or position with its interval, and the reason why it
    is not placed."""
    placements = {(str(r["model"]), str(r["axis"])): r for r in run.placements.to_dict("records")}
    if measure == POSITION:
        return {
            (model, "", axis): _leaning(r, r, "position") for (model, axis), r in placements.items()
        }
    if run.differences is None:
        raise UsageError(
            "the run has no model beside its parent (`parent` in models.yaml), so none has moved; "
            "--position holds positions against what classifiers do"
        )
    leanings: dict[tuple[str, str, str], Row] = {}
    for row in run.differences.to_dict("records"):
        model, against, axis = (str(row[name]) for name in ("model", "against", "axis"))
        if placement := placements.get((model, axis)):
            leanings[model, against, axis] = _leaning(row, placement, "difference")
    return leanings


def _leaning(row: Mapping[Any, Any], placement: Mapping[Any, Any], value: str) -> Row:
    numbers = {"": value, "_low": "low", "_high": "high"}
    return {
        **{f"leaning{end}": float(row[column]) for end, column in numbers.items()},
        "reason": _why(placement, float(row[value])),
    }


def _why(placement: Mapping[Any, Any], value: float) -> str:
    """Why a leaning is not placed; empty if it is."""
    if not reasons.placed(placement["placed"]):
        return (reasons.sentences(placement["reason"])[:1] or ["not placed"])[0]
    return "" if math.isfinite(value) else "the model, or its parent, has no position"


def _some(names: "pd.Series") -> str:
    every = list(dict.fromkeys(map(str, names)))
    return ", ".join(every[:6]) + (" ..." if len(every) > 6 else "") if every else "none"
