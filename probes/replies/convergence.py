"""How far two ways of asking agree on the same statements: probabilities of options, open replies.

Joins the agreement tables of two runs, model by model. Pure tables; neither run is taken for the
truth.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.errors import UsageError
from probes.types import Axis

COLUMNS = (
    *("model", "axis", "statements", "both_sided", "same_side", "low", "high", "kappa"),
    *("correlation", "position_first", "position_second", "difference"),
)
ALL = "all"
"""Stands for the axis in the row over all statements."""
NORMAL = 1.959964
"""Of the 95 % Wilson interval."""
Floats = NDArray[np.float64]


def converge(
    first: tuple[pd.DataFrame, pd.DataFrame],
    second: tuple[pd.DataFrame, pd.DataFrame],
    axes: Sequence[Axis],
    pairs: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """A row a model over all statements, then a row an axis with the two positions.

    Columns: `statements` that have a leaning in both; `both_sided`, those where neither is 0;
    `same_side`, the share of them with the same sign and its 95 % interval (Wilson), `kappa` of the
    two signs, and Spearman's rank `correlation` of the leanings.

    Args:
        first: The agreement and placements tables of a run.
        second: Those of another run of the same set.
        axes: Of the set.
        pairs: Names of a model in the first and in the second; empty: equal names.

    Raises:
        UsageError: no model is in both.
    """
    names = [list(dict.fromkeys(run[0]["model"])) for run in (first, second)]
    pairs = pairs or [(name, name) for name in names[0] if name in names[1]]
    for side, pair in enumerate(zip(*pairs, strict=True)):
        for name in pair:
            if name not in names[side]:
                raise UsageError(f"{name!r} is no model of the {('first', 'second')[side]} run")
    if not pairs:
        raise UsageError(
            f"no model has the same name in both runs ({', '.join(names[0])}; "
            f"{', '.join(names[1])}); name them with --pair A=B"
        )
    rows = [row for pair in pairs for row in _rows(first, second, axes, pair)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    first: tuple[pd.DataFrame, pd.DataFrame],
    second: tuple[pd.DataFrame, pd.DataFrame],
    axes: Sequence[Axis],
    pair: tuple[str, str],
) -> Iterator[dict[str, object]]:
    name = pair[0] if pair[0] == pair[1] else f"{pair[0]} / {pair[1]}"
    leanings = [_leanings(run[0], model) for run, model in zip((first, second), pair, strict=True)]
    shared = leanings[0].align(leanings[1], join="inner")
    yield {"model": name, "axis": ALL, **_agreeing(*(values.to_numpy() for values in shared))}
    for axis in axes:
        positions = [
            _position(run[1], model, axis.name)
            for run, model in zip((first, second), pair, strict=True)
        ]
        yield {
            "model": name,
            "axis": axis.name,
            "position_first": positions[0],
            "position_second": positions[1],
            "difference": positions[1] - positions[0],
        }


def _leanings(agreement: pd.DataFrame, model: str) -> pd.Series:
    """Statement -> mean leaning over wordings: against the mirror where the set has mirrors."""
    rows = agreement[(agreement["model"] == model) & (agreement["role"] == "statement")]
    values = rows["lam" if rows["lam"].notna().any() else "log_odds"]
    leanings: pd.Series = values.groupby(rows["statement"]).mean().dropna()
    return leanings


def _position(placements: pd.DataFrame, model: str, axis: str) -> float:
    rows = placements[(placements["model"] == model) & (placements["axis"] == axis)]
    return float(rows["position"].iloc[0]) if len(rows) else np.nan


def _agreeing(first: Floats, second: Floats) -> dict[str, object]:
    sided = (first != 0) & (second != 0)
    count, same = int(sided.sum()), int((np.sign(first) == np.sign(second))[sided].sum())
    low, high = _wilson(same, count)
    ranks = [pd.Series(values).rank() for values in (first, second)]
    spread = min(rank.std() for rank in ranks) if len(first) > 1 else 0.0
    up = [float((values[sided] > 0).mean()) if count else np.nan for values in (first, second)]
    chance = up[0] * up[1] + (1 - up[0]) * (1 - up[1])
    return {
        "statements": len(first),
        "both_sided": count,
        "same_side": same / count if count else np.nan,
        "low": low,
        "high": high,
        "kappa": (same / count - chance) / (1 - chance) if count and chance < 1 else np.nan,
        "correlation": float(ranks[0].corr(ranks[1])) if spread > 0 else np.nan,
    }


def _wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson."""
    if not n:
        return np.nan, np.nan
    share, square = successes / n, NORMAL**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL * np.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
