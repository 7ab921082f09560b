"""The same models on several instruments: do instruments agree on a trait?

Positions as shares of each instrument's scale, their differences, and rank correlations: convergent
and discriminant validity of traits measured by several methods, after Campbell & Fiske,
Psychological Bulletin 56 (1959). Works on placements; reads no files (see `probes.api`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import hypot, isfinite, nan

import numpy as np
import pandas as pd

from probes.comparison.correlation import FEWEST, correlation
from probes.comparison.traits import Instrument, Traits, chosen_traits, named_traits
from probes.errors import UsageError
from probes.placement.interval import Floats
from probes.types import Across, Axis
from probes.types.reasons import placed

POSITIONS = (
    *("trait", "model", "instrument", "axis", "turned", "share", "low", "high", "minimum"),
    *("maximum", "placed", "reason", "run"),
)
DIFFERENCES = (
    *("trait", "model", "instrument", "against", "difference", "low", "high", "apart", "placed"),
)
MATRIX = (
    *("trait", "instrument", "trait_against", "instrument_against", "kind", "models", "r"),
    *("low", "high", "spearman"),
)
TRAITS = (
    *("trait", "negative", "positive", "instruments", "models", "icc_absolute", "icc_consistency"),
    *("r_least", "r_most", "spearman_least", "spearman_most", "rival", "apart", "differences"),
    *("verdict", "reason"),
)
KINDS = {(True, False): "convergent", (False, True): "same instrument", (False, False): "other"}
"""(same trait, same instrument) -> kind of the correlation."""
CAPTION = "positions as shares of each instrument's scale"
INTERVALS = (
    "95 % intervals: other statements of the same author, other wordings; differences between"
    " instruments: independent, square-and-add, not corrected for their number · correlations and"
    " ICC over models that are placed"
)


def across(instruments: Sequence[Instrument], chosen: Mapping[str, Sequence[str]]) -> Across:
    """All results for models on several instruments.

    Args:
        instruments: At least two, of different sets.
        chosen: Trait -> names of its axes, with a minus if an axis runs the other way; empty: the
            traits that the sets name, else axes of equal name.

    Raises:
        UsageError: an axis is in no run, a run has two axes of a trait, a trait is on one run, or
            no model has a position.
    """
    return by_traits(
        instruments, chosen_traits(instruments, chosen) if chosen else named_traits(instruments)
    )


def by_traits(instruments: Sequence[Instrument], traits: Traits) -> Across:
    """`across` for traits that are already resolved to axes."""
    position_rows = [
        row for trait in traits for row in _positions(instruments, trait, traits[trait])
    ]
    positions = pd.DataFrame(position_rows, columns=list(POSITIONS))
    if not positions["share"].notna().any():
        raise UsageError("no model of these runs has a position, so there is nothing to compare")
    differences = pd.DataFrame(list(_differences(positions)), columns=list(DIFFERENCES))
    grid = _grid(positions)
    matrix = pd.DataFrame(list(_matrix(grid)), columns=list(MATRIX))
    rows = [_trait(name, traits[name], grid, matrix, differences) for name in traits]
    table = pd.DataFrame(rows, columns=list(TRAITS))
    caption = "; ".join([*filter(None, (i.caption for i in instruments)), CAPTION])
    return Across(positions, differences, matrix, table, caption, intervals=INTERVALS)


# --- positions and differences -----------------------------------------------------------------

SAME = {"share": "position", **{name: name for name in ("low", "high", "minimum", "maximum")}}
TURNED = SAME | {"low": "high", "high": "low", "minimum": "maximum", "maximum": "minimum"}
"""Column of the result -> column of the placements: `SAME` for an axis that runs the same way,
`TURNED` for one that runs the other way."""


def _positions(
    instruments: Sequence[Instrument], trait: str, axes: Mapping[str, tuple[Axis, int]]
) -> list[tuple[object, ...]]:
    """One row per model and instrument, sorted by model."""
    rows = list[tuple[object, ...]]()
    for instrument in instruments:
        if instrument.name not in axes:
            continue
        axis, sign = axes[instrument.name]
        table = instrument.placements
        for row in table[table["axis"] == axis.name].to_dict("records"):
            columns = (SAME if sign > 0 else TURNED).values()
            numbers = (sign * float(row[name]) / instrument.scale for name in columns)
            names = (trait, str(row["model"]), instrument.name, axis.name, sign < 0)
            reason = row["reason"] if isinstance(row["reason"], str) else ""
            rows.append((*names, *numbers, placed(row["placed"]), reason, instrument.run))
    order = {model: number for number, model in reversed([*enumerate(row[1] for row in rows)])}
    return sorted(rows, key=lambda row: order[row[1]])


def _differences(positions: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """For each model and trait: each later instrument less each earlier one.

    The interval is computed from the two by square-and-add (Zou & Donner, Statistics in Medicine
    27, 2008), with the instruments assumed independent.
    """
    for (trait, model), rows in positions.groupby(["trait", "model"], sort=False):
        for first, second in combinations(rows.to_dict("records"), 2):
            gap = second["share"] - first["share"]
            low = gap - hypot(second["share"] - second["low"], first["high"] - first["share"])
            high = gap + hypot(second["high"] - second["share"], first["share"] - first["low"])
            both_placed = first["placed"] and second["placed"]
            apart = bool(both_placed and (low > 0 or high < 0))
            names = (trait, model, second["instrument"], first["instrument"])
            yield (*names, gap, low, high, apart, both_placed)


# --- correlations over models ------------------------------------------------------------------


def _grid(positions: pd.DataFrame) -> pd.DataFrame:
    """Models x (trait, instrument): positions of placed models as shares of the scale, else NaN."""
    shares = positions["share"].where(positions["placed"].astype(bool))
    columns = dict.fromkeys(zip(positions["trait"], positions["instrument"], strict=True))
    models = list(dict.fromkeys(positions["model"]))
    grid = pd.DataFrame(np.nan, index=models, columns=pd.MultiIndex.from_tuples(columns))
    names = (positions[name] for name in ("model", "trait", "instrument"))
    for model, trait, instrument, share in zip(*names, shares, strict=True):
        grid.loc[model, (trait, instrument)] = share
    return grid


def _matrix(grid: pd.DataFrame) -> Iterator[dict[str, object]]:
    """One row per pair of the grid's columns: the multitrait-multimethod matrix."""
    for column, column_against in combinations(grid.columns, 2):
        pair = grid[[column, column_against]].dropna().to_numpy()
        kind = KINDS[column[0] == column_against[0], column[1] == column_against[1]]
        yield dict(
            zip(
                MATRIX,
                (*column, *column_against, kind, len(pair), *_correlation(pair)),
                strict=True,
            )
        )


def _correlation(pair: Floats) -> tuple[float, float, float, float]:
    """Pearson's r with its interval, and Spearman's r, of ``(models, 2)``."""
    ranks = pd.DataFrame(pair).rank().to_numpy()
    return (*correlation(*pair.T), correlation(*ranks.T)[0])


def icc(shares: Floats) -> tuple[float, float]:
    """ICC(A,1) and ICC(C,1) of complete ``(models, instruments)``: absolute agreement, and
    consistency without the instruments' own levels.

    Two-way, single measurements: McGraw & Wong, Psychological Methods 1 (1996). NaN below two
    models or two instruments.
    """
    n, k = shares.shape
    if n < 2 or k < 2:
        return nan, nan
    mean, rows, columns = shares.mean(), shares.mean(axis=1), shares.mean(axis=0)
    ms_rows = k * ((rows - mean) ** 2).sum() / (n - 1)
    ms_columns = n * ((columns - mean) ** 2).sum() / (k - 1)
    rest = shares - rows[:, None] - columns + mean
    ms_rest = (rest**2).sum() / ((n - 1) * (k - 1))
    between, total = ms_rows - ms_rest, ms_rows + (k - 1) * ms_rest
    absolute = total + k * (ms_columns - ms_rest) / n
    if not total or not absolute:
        return nan, nan
    return float(between / absolute), float(between / total)


# --- conclusion on a trait ---------------------------------------------------------------------


def _trait(
    trait: str,
    axes: Mapping[str, tuple[Axis, int]],
    grid: pd.DataFrame,
    matrix: pd.DataFrame,
    differences: pd.DataFrame,
) -> dict[str, object]:
    """Row of a trait: agreement over instruments, and whether they measure one trait."""
    complete = grid[trait].dropna().to_numpy()
    absolute, consistency = icc(complete) if len(complete) >= FEWEST else (nan, nan)
    same = matrix[(matrix["trait"] == trait) & (matrix["kind"] == "convergent")]
    involved = (matrix["trait"] == trait) | (matrix["trait_against"] == trait)
    rivals = matrix[involved & (matrix["kind"] != "convergent")]["r"].abs()
    rival = float(rivals.max()) if rivals.notna().any() else nan
    of_trait = differences[(differences["trait"] == trait) & differences["placed"].astype(bool)]
    (axis, sign), *_ = axes.values()
    poles = (axis.negative, axis.positive)[::sign]
    verdict, reason = _verdict(same, rival)
    ends = (float(end) for n in ("r", "spearman") for end in (same[n].min(), same[n].max()))
    numbers = (len(axes), len(complete), absolute, consistency, *ends, rival)
    counts = (int(of_trait["apart"].sum()), int(of_trait["low"].notna().sum()))
    return dict(zip(TRAITS, (trait, *poles, *numbers, *counts, verdict, reason), strict=True))


def _verdict(same: pd.DataFrame, rival: float) -> tuple[str, str]:
    """Whether the instruments measure one trait, by Campbell & Fiske's first three criteria."""
    few = same[same["r"].isna()]
    if len(few):
        row = few.iloc[0]
        instruments = f"{row['instrument']} and {row['instrument_against']}"
        count = int(row["models"])
        if count >= FEWEST:
            return "cannot be told", f"models do not differ on one of {instruments}"
        return "cannot be told", (
            f"{count} models are placed by {instruments}: at least {FEWEST} are needed"
        )
    weak = same[same["low"] <= 0]
    if len(weak):
        row = weak.sort_values("r").iloc[0]
        instruments = f"{row['instrument']} and {row['instrument_against']}"
        return "for the instrument only", (
            f"{instruments} do not rank models alike: r {row['r']:.2f}, which may be none"
        )
    if isfinite(rival) and float(same["r"].min()) <= rival:
        return "for the instrument only", (
            f"another trait goes with it as closely (|r| {rival:.2f}) as its instruments with each"
            f" other (r {same['r'].min():.2f})"
        )
    return "across these instruments", ""
