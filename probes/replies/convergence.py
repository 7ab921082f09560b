"""Agreement of two methods of asking on the same statements: option probabilities, open replies.

Joins the agreement tables of two runs, model by model. Works on tables; neither run is taken as the
truth.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.errors import UsageError
from probes.replies.share import NORMAL, wilson
from probes.types import Axis

COLUMNS = (
    *("model", "axis", "statements", "both_sided", "same_side", "low", "high", "kappa"),
    *("correlation", "position_first", "position_second", "difference", "difference_low"),
    "difference_high",
)
ALL = "all"
"""Value of `axis` in the row over all statements."""
LIKELY = 0.975
"""Quantile level for a 95 % interval, and the normal quantile."""
FEWEST = 3
"""Minimum number of topics for statements of one topic to be treated as correlated."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def converge(
    first: tuple[pd.DataFrame, pd.DataFrame],
    second: tuple[pd.DataFrame, pd.DataFrame],
    axes: Sequence[Axis],
    topics: Mapping[str, str | None],
    pairs: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """One row per model over all statements, then one row per axis with the two positions.

    Columns: `statements`: number with a leaning in both; `both_sided`: of these, number with
    neither 0; `same_side`: share of these with the same sign and its 95 % Wilson interval (about
    other topics if there are three, else about other statements); `kappa` of the two signs;
    Spearman's rank `correlation` of the leanings. The interval of the difference of two positions
    assumes independent errors: on the same statements it is conservative.

    Args:
        first: The agreement and placements tables of a run.
        second: Those of another run of the same set.
        axes: Axes of the set.
        topics: Statement -> its topic, if it has one.
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
    rows = [row for pair in pairs for row in _rows((first, second), axes, topics, pair)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    runs: tuple[tuple[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]],
    axes: Sequence[Axis],
    topics: Mapping[str, str | None],
    pair: tuple[str, str],
) -> Iterator[dict[str, object]]:
    name = pair[0] if pair[0] == pair[1] else f"{pair[0]} / {pair[1]}"
    leanings = [_leanings(run[0], model) for run, model in zip(runs, pair, strict=True)]
    shared = leanings[0].align(leanings[1], join="inner")
    units, _ = pd.factorize(shared[0].index.map(lambda s: topics.get(s) or f"statement {s}"))
    first_leanings, second_leanings = (values.to_numpy(np.float64) for values in shared)
    yield {"model": name, "axis": ALL, **_agreeing(first_leanings, second_leanings, units)}
    for axis in axes:
        before, after = (
            _position(run[1], model, axis.name) for run, model in zip(runs, pair, strict=True)
        )
        change = after[0] - before[0]  # interval by MOVER (Zou & Donner 2008)
        yield {
            "model": name,
            "axis": axis.name,
            "position_first": before[0],
            "position_second": after[0],
            "difference": change,
            "difference_low": change - np.hypot(after[0] - after[1], before[2] - before[0]),
            "difference_high": change + np.hypot(after[2] - after[0], before[0] - before[1]),
        }


def _leanings(agreement: pd.DataFrame, model: str) -> pd.Series:
    """Statement -> mean leaning over wordings, of statement and mirror if the set has mirrors.

    Leanings, not log-odds: in log-odds one wording with high certainty would dominate.
    """
    rows = agreement[(agreement["model"] == model) & (agreement["role"] == "statement")]
    values = rows["leaning"] if rows["leaning"].notna().any() else np.tanh(rows["log_odds"] / 2)
    leanings: pd.Series = values.groupby(rows["statement"]).mean().dropna()
    return leanings


def _position(placements: pd.DataFrame, model: str, axis: str) -> tuple[float, float, float]:
    """Position, low and high; NaN without one."""
    rows = placements[(placements["model"] == model) & (placements["axis"] == axis)]
    if not len(rows):
        return np.nan, np.nan, np.nan
    position, low, high = (float(rows[name].iloc[0]) for name in ("position", "low", "high"))
    return position, low, high


def _agreeing(first: Floats, second: Floats, units: Ints) -> dict[str, object]:
    sided = (first != 0) & (second != 0)
    count, same = int(sided.sum()), int((np.sign(first) == np.sign(second))[sided].sum())
    low, high = share_interval((np.sign(first) == np.sign(second))[sided], units[sided])
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


def share_interval(same: Mask, units: Ints) -> tuple[float, float]:
    """95 % interval of a share, by Wilson, for the number of independent statements with the same
    variance over units; reduced for few units, whose variance is uncertain (Korn & Graubard 1998);
    at most the actual number."""
    from scipy import stats  # imported here since it takes a third of a second

    n, count = float(len(same)), len(np.unique(units))
    if not n:
        return np.nan, np.nan
    share = float(same.mean())
    if FEWEST <= count < n:
        excess = np.bincount(units, same - share)  # linearised share, by unit
        variance = count / (count - 1) * float(excess @ excess) / n**2
        plain = share * (1 - share) / n
        worth = plain / variance if variance > 0 else np.inf
        n *= min(1.0, worth * (NORMAL / float(stats.t.ppf(LIKELY, count - 1))) ** 2)
    return wilson(share, n)
