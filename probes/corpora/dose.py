"""Dose analysis: the position of a corpus against the shift of the model pretrained further on it.

A pair is a model whose parent is in the run, and its training corpus. Each parent and axis gets a
least-squares line and an exact permutation test of the rank correlation (docs/method.md 15). No
input or output.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from probes.comparison import ranks
from probes.errors import UsageError
from probes.types import Tables, reasons

DOSE = (
    *("model", "against", "axis", "corpus", "position", "low", "high", "difference"),
    *("difference_low", "difference_high", "placed", "reason"),
)
FITS = (
    *("against", "axis", "pairs", "slope", "slope_low", "slope_high", "intercept", "spearman"),
    *("p", "exact", "reason"),
)
FEWEST = 4
"""Minimum number of pairs for line and test."""
ROUNDING = 1e-9
Floats = NDArray[np.float64]
Row = dict[str, object]


def dose(
    models: Tables, corpora: Tables, named: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of pairs and of fits by parent and axis.

    Args:
        models: Tables of the run with models and their parents.
        corpora: Tables of the placed corpora, with the same set.
        named: Model -> its corpus; overrides `models`.

    Raises:
        UsageError: no model has its parent in the run; a name in `named` is unknown; or no corpus
            of a model was placed.
    """
    pairs = pd.DataFrame(list(_pairs(models, corpora, named)), columns=list(DOSE))
    if pairs.empty:
        raise UsageError(
            "no model of the run was trained further on one of the corpora: their parents must be "
            "in the run, and models.yaml (or --corpus MODEL=NAME) must say on which corpus"
        )
    groups = pairs.groupby(["against", "axis"], sort=False)
    fits = [{"against": a, "axis": x, **fit(rows[rows["placed"]])} for (a, x), rows in groups]
    return pairs, pd.DataFrame(fits, columns=list(FITS))


def fit(rows: pd.DataFrame) -> Row:
    """Line and rank correlation of pairs; NaN with a reason if there are too few or all are
    equal."""
    x, y = (rows[name].to_numpy(np.float64) for name in ("position", "difference"))
    nothing = dict.fromkeys(FITS[3:9], math.nan) | {"pairs": len(x), "exact": False}
    if len(x) < FEWEST:
        return nothing | {"reason": f"{len(x)} pairs of corpus and model, fewer than {FEWEST}"}
    if np.ptp(x) < ROUNDING or np.ptp(y) < ROUNDING:
        return nothing | {"reason": "all corpora stand at one place, or all models moved alike"}
    slope, intercept, half = line(x, y)
    rho, p = ranks.rank_test(x, y)
    return {
        "pairs": len(x),
        "slope": slope,
        "slope_low": slope - half,
        "slope_high": slope + half,
        "intercept": intercept,
        "spearman": rho,
        "p": p,
        "exact": len(x) <= ranks.EXACT,
        "reason": "",
    }


def line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Least-squares slope and intercept, and the half-width of the slope's 95 % t interval."""
    from scipy import stats

    regression = stats.linregress(x, y)
    half = float(special.stdtrit(len(x) - 2, 0.975)) * float(regression.stderr)
    return float(regression.slope), float(regression.intercept), half


def _pairs(models: Tables, corpora: Tables, named: Mapping[str, str]) -> Iterator[Row]:
    if models.differences is None:
        raise UsageError(
            "the run has no model beside its parent (`parent` in models.yaml), so none has a shift"
        )
    trained = _trained_on(models, corpora, named)
    placements = {
        (str(r["model"]), str(r["axis"])): r for r in corpora.placements.to_dict("records")
    }
    for row in models.differences.to_dict("records"):
        model, axis = str(row["model"]), str(row["axis"])
        corpus = trained.get(model, "")
        placement = placements.get((corpus, axis))
        if placement is None:
            continue
        finite = math.isfinite(float(row["difference"]))
        is_placed = reasons.placed(placement["placed"])
        why = [] if is_placed else reasons.sentences(placement["reason"])[:1] or ["not placed"]
        why += [] if finite else ["the model, or its parent, has no position"]
        yield {
            "model": model,
            "against": str(row["against"]),
            "axis": axis,
            "corpus": corpus,
            **{name: float(placement[name]) for name in ("position", "low", "high")},
            "difference": float(row["difference"]),
            **{f"difference_{end}": float(row[end]) for end in ("low", "high")},
            "placed": is_placed and finite,
            "reason": reasons.JOINT.join(why),
        }


def _trained_on(models: Tables, corpora: Tables, named: Mapping[str, str]) -> dict[str, str]:
    """Model -> the corpus of its further pretraining."""
    pairs = zip(models.models["model"], models.models["corpus"], strict=True)
    trained = {str(model): str(corpus) for model, corpus in pairs if isinstance(corpus, str)}
    names = set(map(str, corpora.models["model"]))
    for model, corpus in named.items():
        _require(model, set(map(str, models.models["model"])), "model of the run")
        _require(corpus, names, "corpus")
    return trained | dict(named)


def _require(name: str, among: set[str], noun: str) -> None:
    if name not in among:
        raise UsageError(
            f"--corpus: no {noun} is called {name!r}; valid: {', '.join(sorted(among))}"
        )


def described(fits: pd.DataFrame) -> Iterator[str]:
    """A sentence for each fit."""
    for row in fits.to_dict("records"):
        head = f"{row['against']}, {row['axis']}"
        if row["reason"]:
            yield f"{head}: no line: {row['reason']}"
            continue
        slope, low, high, rho, p = (
            float(str(row[n])) for n in ("slope", "slope_low", "slope_high", "spearman", "p")
        )
        yield (
            f"{head}: {slope:+.2f} points a point of the corpus ({low:+.2f} to {high:+.2f}); "
            f"Spearman's {rho:+.2f} over {row['pairs']} pairs, "
            f"{'exact ' if row['exact'] else ''}p = {p:.3g}"
        )
