"""How far two ways of asking agree on the same statements: probabilities of options, open replies.

Joins the agreement tables of two runs, model by model. Pure tables; neither run is taken for the
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
"""Stands for the axis in the row over all statements."""
LIKELY = 0.975
"""Of a 95 % interval, and the normal quantile of it."""
FEWEST = 3
"""Topics from which statements of one topic count as alike."""
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
    """A row a model over all statements, then a row an axis with the two positions.

    Columns: `statements` that have a leaning in both; `both_sided`, those where neither is 0;
    `same_side`, the share of them with the same sign and its 95 % interval (Wilson, about other
    topics where there are three, else about other statements), `kappa` of the two signs, and
    Spearman's rank `correlation` of the leanings. The interval of the difference of two positions
    takes their errors as independent: on the same statements it is wider than need be.

    Args:
        first: The agreement and placements tables of a run.
        second: Those of another run of the same set.
        axes: Of the set.
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
    one, other = (values.to_numpy(np.float64) for values in shared)
    yield {"model": name, "axis": ALL, **_agreeing(one, other, units)}
    for axis in axes:
        before, after = (
            _position(run[1], model, axis.name) for run, model in zip(runs, pair, strict=True)
        )
        change = after[0] - before[0]  # its interval is MOVER's (Zou & Donner 2008)
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
    """Statement -> mean leaning over wordings: against the mirror where the set has mirrors.

    Leanings, not log-odds: of those one wording that is sure would outweigh all others.
    """
    rows = agreement[(agreement["model"] == model) & (agreement["role"] == "statement")]
    values = rows["leaning"] if rows["leaning"].notna().any() else np.tanh(rows["log_odds"] / 2)
    leanings: pd.Series = values.groupby(rows["statement"]).mean().dropna()
    return leanings


def _position(placements: pd.DataFrame, model: str, axis: str) -> tuple[float, float, float]:
    """Position, low and high; NaN where there is none."""
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
    """The 95 % interval of a share, after Wilson, of as many independent statements as would have
    its variance over units, fewer where there are few units, for that variance is not sure (Korn &
    Graubard 1998); of no more than there are.
    """
    from scipy import stats  # a third of a second, which no other command should wait for

    n, count = float(len(same)), len(np.unique(units))
    if not n:
        return np.nan, np.nan
    share = float(same.mean())
    if FEWEST <= count < n:
        excess = np.bincount(units, same - share)  # the linearised share, a unit each
        variance = count / (count - 1) * float(excess @ excess) / n**2
        plain = share * (1 - share) / n
        worth = plain / variance if variance > 0 else np.inf
        n *= min(1.0, worth * (NORMAL / float(stats.t.ppf(LIKELY, count - 1))) ** 2)
    return wilson(share, n)
