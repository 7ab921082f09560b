"""Rank correlation of models' political leaning with their group effects in a task.

A pair is a child model that is, with its base model, in both the run and the predictions. Each
base, axis, rate and group gets an exact permutation test (docs/method.md 14). No regression line is
fitted: the children of one base are few, and not independent draws. No input or output.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from probes.comparison import ranks
from probes.comparison.difference import holm
from probes.errors import UsageError, nearest
from probes.phrases import phrase
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
FOLDER = "link"
"""Default output folder, within the folder of predictions."""
TABLES = ("link", "link_fits")
PICTURES = ("link.png", "link.svg")
FILES = (*(f"{name}.csv" for name in TABLES), *PICTURES)
"""All files of a link, which are out of date when the contrasts change."""
FEWEST = 4
"""Minimum number of placed models for a correlation or a figure."""
SHOWN = 6
"""Maximum number of models named in an error."""
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
    same: Mapping[str, str] = field(default_factory=dict)
    """Model name in the run -> its name in the predictions, for models whose names differ."""


ALL = Wanted()


def link(
    run: Tables, contrasts: pd.DataFrame, wanted: Wanted = ALL
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of pairs and of rank correlations by base, axis, rate and group.

    Args:
        run: Tables of a run with the base and child models.
        contrasts: `contrasts.csv` of classifiers fine-tuned from these models, with equal names
            except those in `wanted.same`.
        wanted: Which leaning and which group effect.

    Raises:
        UsageError: a group or model is unknown, a model is matched twice, no child is in both, or
            fewer than `FEWEST` are placed.
    """
    names = list(map(str, run.models["model"]))
    contrasts = _renamed(contrasts, names, wanted.same)
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
            f"under one name or by --same MODEL=NAME (the run has {some(names)}; the predictions "
            f"have {some(contrasts['model'])})"
        )
    fit_rows = [
        dict(zip(KEYS, key, strict=True)) | fit(key_pairs[key_pairs["placed"]])
        for key, key_pairs in pairs.groupby(KEYS, sort=False)
    ]
    fits = pd.DataFrame(fit_rows, columns=list(FITS))
    if fits["models"].max() < FEWEST:
        unplaced = _unplaced(pairs)
        raise UsageError(
            f"models placed beside a difference in differences: {fits['models'].max()}, fewer than "
            f"{FEWEST}, so leaning and task cannot be held against each other"
            + (f"; not placed: {unplaced}" if unplaced else "")
        )
    return pairs, fits.assign(p_holm=holm(fits["p"].to_numpy(np.float64)))


def fit(rows: pd.DataFrame) -> Row:
    """Spearman's rho and p of pairs; NaN with a reason if there are too few or all are equal."""
    x, y = (rows[name].to_numpy(np.float64) for name in ("leaning", "did"))
    nothing = {"models": len(x), "spearman": math.nan, "p": math.nan, "exact": False}
    if len(x) < FEWEST:
        models = "model" if len(x) == 1 else "models"
        return nothing | {"reason": f"{len(x)} {models} placed, fewer than {FEWEST}"}
    if np.ptp(x) < ranks.ROUNDING or np.ptp(y) < ranks.ROUNDING:
        return nothing | {"reason": phrase("all models lean alike, or do alike to the group")}
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


def _unplaced(pairs: pd.DataFrame) -> str:
    """The models that are not placed, each with its first reason."""
    rows = pairs[~pairs["placed"]].drop_duplicates("model").to_dict("records")
    said = [f"{row['model']} ({reasons.sentences(row['reason'])[0]})" for row in rows]
    return "; ".join(said[:SHOWN]) + (f" and {len(said) - SHOWN} more" if len(said) > SHOWN else "")


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
                unknown = phrase("no difference")
                why += [str(row["reason"]) if isinstance(row["reason"], str) else unknown]
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
            phrase(
                "the run has no model beside its parent (`parent` in models.yaml), so none has"
                " moved; --position holds positions against what classifiers do"
            )
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
    return "" if math.isfinite(value) else phrase("the model, or its parent, has no position")


def _renamed(
    contrasts: pd.DataFrame, names: Collection[str], same: Mapping[str, str]
) -> pd.DataFrame:
    """The contrasts with models under their names in the run, `names`; for `same` see `Wanted`."""
    others = {str(name) for column in ("model", "against") for name in contrasts[column]}
    matched = dict[str, str]()
    for mine, other in same.items():
        typed = f"--same {mine}={other}"
        if mine not in names:
            raise UsageError(f"{typed}: the run has no model {mine!r}; {nearest(mine, names)}")
        if other not in others:
            raise UsageError(
                f"{typed}: no base or child of the predictions is called {other!r}; "
                f"{nearest(other, others)}"
            )
        if other in matched:
            raise UsageError(
                f"{typed}: {other!r} of the predictions is {matched[other]!r} already; a model is "
                "matched once"
            )
        matched[other] = mine
    _refuse_twice(matched, names, others)
    columns = ("model", "against")
    return contrasts.assign(
        **{column: [matched.get(str(n), str(n)) for n in contrasts[column]] for column in columns}
    )


def _refuse_twice(matched: Mapping[str, str], names: Collection[str], others: set[str]) -> None:
    """Check that no model is matched by ``--same`` and also, by an equal name, with another one."""
    for other, mine in matched.items():
        for name, known, typed in ((mine, others, [*matched]), (other, names, [*matched.values()])):
            if name in known and name not in typed:
                raise UsageError(
                    f"--same {mine}={other}: run and predictions both have a {name!r}, so that one "
                    f"would be matched twice; say with a second --same which model the other is"
                )


def some(names: Iterable[object]) -> str:
    """The first few names, joined for a sentence."""
    every = list(dict.fromkeys(map(str, names)))
    return ", ".join(every[:SHOWN]) + (" ..." if len(every) > SHOWN else "") if every else "none"
