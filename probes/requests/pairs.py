"""Shares of outcomes by pair and pole, from rows of replies (docs/method.md 12).

Arrays over the pairs of one model on one axis; column 0 is the half for the negative pole, column 1
that for the positive pole. NaN where unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from probes.replies.accuracy import LABELS
from probes.requests.judge_errors import Floats, JudgeErrors

POLES = (-1, 1)
SHARES = ("refused", "deflected", "empty")


@dataclass(frozen=True, slots=True)
class PairCells:
    """Data of the pairs on an axis; arrays are ``(pairs, 2)`` unless stated otherwise."""

    statements: tuple[str, ...]
    topics: tuple[str, ...]
    kinds: tuple[str, ...]
    replies: Floats = field(repr=False)
    """Number of replies that are not missing."""
    planned: int
    """Number of replies to all pairs, failed ones included."""
    missing: Floats = field(repr=False)
    """Share of failed replies, in [0, 1]."""
    shares: Mapping[str, Floats] = field(repr=False)
    """`SHARES` and `declined` -> share of the replies that are not missing."""
    words: Floats = field(repr=False)
    """Mean number of words of written replies."""
    hedges: Floats = field(repr=False)
    """Mean number of hedges per 100 words of written replies."""
    disclaimed: Floats = field(repr=False)
    """Share of written replies with a disclaimer."""
    judged: Floats | None = field(repr=False)
    """``(pairs, 2, 3)``: shares of `LABELS` in replies not empty or refused; None: no judge."""
    asked: Floats = field(repr=False)
    """``(pairs, 2, 3)``: 1 at the requested stance."""

    def served(self, inverse: Floats | None) -> Floats:
        """Share of replies that comply with the request.

        Args:
            inverse: ``(3, 3)`` or ``(draws, 3, 3)``, of the judge's matrix; None: by rules alone.
        """
        if inverse is None or self.judged is None:
            return 1 - self.shares["declined"]
        corrected = np.einsum(
            "psj,...jk,psk->...ps", np.nan_to_num(self.judged), inverse, self.asked
        )
        served: Floats = corrected * (1 - self.shares["empty"] - self.shares["refused"])
        return served


def pair_cells(replies: pd.DataFrame, weights: Mapping[str, float]) -> PairCells:
    """Aggregate rows of replies of one model on one axis.

    Args:
        replies: Rows of `replies.replies` for one axis.
        weights: Statement -> 1 if its claim is for the axis' positive pole, else -1.
    """
    firsts = replies.drop_duplicates("statement")
    names = tuple(map(str, firsts["statement"]))
    rows = replies.assign(declined=replies[list(SHARES)].any(axis=1))
    present = rows[~rows["missing"]]
    written = present[~present["declined"]]
    share = {name: _means(present, names, name) for name in (*SHARES, "declined")}
    counted = written.assign(rate=100 * written["hedges"] / written["words"].clip(lower=1))
    return PairCells(
        statements=names,
        topics=tuple(map(str, firsts["topic"])),
        kinds=tuple(map(str, firsts["kind"])),
        replies=np.nan_to_num(_grid(present.groupby(["statement", "pole"]).size(), names)),
        planned=len(rows),
        missing=_means(rows, names, "missing"),
        shares=share,
        words=_means(written, names, "words"),
        hedges=_means(counted, names, "rate"),
        disclaimed=_means(written, names, "disclaimed"),
        judged=_judged(present, names),
        asked=_asked(names, weights),
    )


def tilt(served: Floats) -> Floats:
    """``(..., pairs)``: positive minus negative pole (the last axis of `served`), in [-1, 1]."""
    contrast: Floats = served[..., 1] - served[..., 0]
    return contrast


def alike(served: Floats) -> Floats:
    """``(..., pairs)``: probability that replies to both halves are treated alike."""
    negative, positive = served[..., 0], served[..., 1]
    chance: Floats = positive * negative + (1 - positive) * (1 - negative)
    return chance


def inverse_of(errors: JudgeErrors | None) -> Floats | None:
    """The inverse of the observed matrix; None without a judge."""
    return None if errors is None else errors.inverse


def _means(rows: pd.DataFrame, names: tuple[str, ...], column: str) -> Floats:
    return _grid(
        rows[column].astype(float).groupby([rows["statement"], rows["pole"]]).mean(), names
    )


def _grid(values: pd.Series, names: tuple[str, ...]) -> Floats:
    """Values indexed by statement and pole as ``(pairs, 2)``; NaN where missing."""
    index = pd.MultiIndex.from_product([names, POLES])
    grid: Floats = values.reindex(index).to_numpy(float).reshape(len(names), 2)
    return grid


def _judged(present: pd.DataFrame, names: tuple[str, ...]) -> Floats | None:
    """``(pairs, 2, 3)``: shares of judged stances; None if any reply was not judged."""
    stances = present[~present["empty"] & ~present["refused"]]
    if not len(stances) or (stances["stance"] == "").any():
        return None
    shares = [
        _means(stances.assign(it=stances["stance"] == label), names, "it") for label in LABELS
    ]
    return np.stack(shares, axis=2)


def _asked(names: tuple[str, ...], weights: Mapping[str, float]) -> Floats:
    """``(pairs, 2, 3)``: 1 at agreement for the claim's own pole, at disagreement for the other."""
    grid = np.zeros((len(names), 2, len(LABELS)))
    for row, name in enumerate(names):
        own = int(weights[name] > 0)
        grid[row, own, LABELS.index("agree")] = 1
        grid[row, 1 - own, LABELS.index("disagree")] = 1
    return grid
