"""Gates: statistics that decide whether a model is placed, or get a remark.

Opposition (are statement and mirror answered as opposites?), controls (are true and false told
apart?), content, and consistency over wordings. Thresholds are the protocol's.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from probes.placement.grid import Cells
from probes.placement.interval import Floats, additive
from probes.types import StatementSet

Mask = NDArray[np.bool_]
NOISE = 1e-12
"""Mean squares of log-odds below this are due to rounding."""
FEWEST_CONTROLS = 6
"""Minimum number of controls: below it even a perfect score does not exclude guessing (5 of 5:
lower end 0.478)."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A variance share, and the p-value of the F test that it is 0; NaN if not estimable."""

    value: float
    p: float

    @property
    def known(self) -> bool:
        """Whether it could be estimated."""
        return not np.isnan(self.value)


UNKNOWN = Variation(np.nan, np.nan)


def sides(cells: Cells, *, replies: bool) -> tuple[Floats, Floats]:
    """Half the difference, and the mean, of statement and mirror: two arrays ``(pairs, wordings)``.

    In log-odds; for `replies` without probabilities, which have none, in plain agreement.
    Statements without a mirror are left out.
    """
    paired = _paired(cells)
    text, half = ("raw", "mirrored") if replies else ("log_odds", "lam")
    difference = cells.grids[half][paired]
    mean: Floats = cells.grids[text][paired] - difference
    return difference, mean


def unpaired(cells: Cells, *, replies: bool) -> Floats:
    """Answers to statements without a mirror, ``(statements, wordings)``, as for `sides`."""
    return cells.grids["raw" if replies else "log_odds"][~_paired(cells)]


def _paired(cells: Cells) -> Mask:
    return np.array([bool(s.mirror) for s in cells.statements], bool)


def opposition(difference: Floats, mean: Floats) -> Variation:
    """How far the texts of a pair get opposite answers: 1; unrelated answers: 0; equal answers: -1.

    Minus Fisher's (1925) intraclass correlation of the pairs' two texts; arguments as returned by
    `sides`. The yes-bias of each wording is subtracted from the means. Differences vary about 0,
    since it is arbitrary which text is called the statement.
    """
    answered = np.isfinite(difference).any(axis=1)
    difference, mean = (_columns(grid[answered]) for grid in (difference, mean))
    pairs = len(difference)
    if pairs < 2:
        return UNKNOWN
    half = np.nanmean(difference, axis=1)
    level = np.nanmean(mean - np.nanmean(mean, axis=0), axis=1)
    between, within = float((half**2).mean()), float(level.var(ddof=1))
    if between < NOISE:
        return Variation(-1.0 if within > NOISE else 0.0, 1.0)
    p = 0.0 if within < NOISE else float(special.fdtrc(pairs, pairs - 1, between / within))
    return Variation((between - within) / (between + within), p)


def sided(difference: Floats, mean: Floats) -> float:
    """Share of cells in which claim and counterclaim get opposite answers; NaN without cells.

    Arguments as returned by `sides`. An answer of 0 takes no side.
    """
    finite = np.isfinite(difference)
    opposed = (mean + difference) * (mean - difference) < 0
    return float(opposed[finite].mean()) if finite.any() else np.nan


def content(pairs: Floats, bare: Floats) -> Variation:
    """Stability of answers over wordings, tested against noise.

    ``1 - MS_rest / MS_statement``, Hoyt's (1941) reliability with wordings as judges: at most 1;
    below 0 if statements differ less than noise does.

    Args:
        pairs: ``(statements, wordings)``, half the difference of statement and mirror. They vary
            about 0, since it is arbitrary which text is called the statement.
        bare: Answers to statements without a mirror, tested after wordings (type II).
    """
    parts = [part for part in (_about_zero(pairs), _after_wordings(bare)) if part]
    statements, residual = (np.array([part[i] for part in parts]).sum(axis=0) for i in (0, 1))
    if not parts or residual[1] < 1:
        return UNKNOWN
    ms_statement, ms_rest = statements[0] / statements[1], residual[0] / residual[1]
    if ms_statement < NOISE:
        return Variation(0.0, 1.0)  # the very same answer to everything
    p = 0.0
    if ms_rest >= NOISE:
        p = float(special.fdtrc(statements[1], residual[1], ms_statement / ms_rest))
    return Variation(float(1 - ms_rest / ms_statement), p)


Squares = tuple[tuple[float, int], tuple[float, int]]
"""(sum of squares, degrees of freedom) of statements, and of the residual."""


def _about_zero(lam: Floats) -> Squares | None:
    lam = lam[np.isfinite(lam).any(axis=1)]
    if not len(lam):
        return None
    count = np.isfinite(lam).sum(axis=1)
    means = np.nanmean(lam, axis=1)
    residual = float(np.nansum((lam - means[:, None]) ** 2))
    return (float((count * means**2).sum()), len(lam)), (residual, int((count - 1).sum()))


def _after_wordings(log_odds: Floats) -> Squares | None:
    log_odds = _columns(log_odds[np.isfinite(log_odds).any(axis=1)])
    statements, wordings = log_odds.shape
    if statements < 2:
        return None
    rest = float(np.nansum((log_odds - additive(log_odds)) ** 2))
    by_wording = float(np.nansum((log_odds - np.nanmean(log_odds, axis=0)) ** 2))
    dof = int(np.isfinite(log_odds).sum()) - statements - wordings + 1
    return (by_wording - rest, statements - 1), (rest, dof)


def _columns(grid: Floats) -> Floats:
    """The grid without wordings in which nothing was answered."""
    return grid[:, np.isfinite(grid).any(axis=0)]


def unkeyed(cells: Cells) -> Floats:
    """Lambda of every statement: of its pair, or (no mirror) L less the mean L of its wording."""
    bare = np.array([not s.mirror for s in cells.statements], bool)
    lam = cells.grids["lam"].copy()
    alone = cells.grids["log_odds"][bare]
    count = np.maximum(np.isfinite(alone).sum(axis=0), 1)
    lam[bare] = alone - np.nansum(alone, axis=0) / count
    return lam


def consistency(lam: Floats) -> float:
    """Share of cells whose sign is that of the pair's mean over the *other* wordings, in [0, 1].

    NaN below three wordings. Pairs answered in one wording only are left out; 0 has no sign and
    counts as missing.
    """
    finite = np.isfinite(lam)
    if finite.any(axis=0).sum() < 3:
        return np.nan
    mean_of_others = np.nansum(lam, axis=1, keepdims=True) - np.where(finite, lam, 0.0)
    comparable = finite & (finite.sum(axis=1, keepdims=True) > 1)
    if not comparable.any():
        return np.nan
    return float((np.sign(lam) * np.sign(mean_of_others) > 0)[comparable].mean())


@dataclass(frozen=True, slots=True)
class Control:
    """Share of non-political pairs with the right sign, in [0, 1], and its 95 % interval."""

    share: float
    low: float
    high: float
    asked: int = 0
    answered: int = 0

    @property
    def tells(self) -> bool:
        """Whether the interval excludes guessing; also true if no control was asked."""
        return not self.asked or self.low > 0.5

    @property
    def few(self) -> bool:
        """Whether too few controls were answered to tell."""
        return self.asked > 0 and self.answered < FEWEST_CONTROLS

    @property
    def reversed(self) -> bool:
        """Whether true statements are taken for false and vice versa."""
        return self.high < 0.5


def control(agreement: pd.DataFrame, controls: StatementSet | None) -> Control:
    """Share of right answers to control pairs, from one model's rows. A control's truth is the sign
    of its summed effects.

    The interval is exact (Clopper & Pearson 1934); NaN if no control was answered.
    """
    truth = {s.id: sum(s.effects.values()) for s in controls.statements} if controls else {}
    rows = agreement[(agreement["role"] == "control") & agreement["statement"].isin(truth)]
    means = rows.groupby("statement")["lam"].mean()
    signs = [float(np.sign(m) * np.sign(truth[str(i)])) for i, m in means.dropna().items()]
    n, right = len(signs), sum(sign > 0 for sign in signs)
    if not n:
        return Control(np.nan, np.nan, np.nan, len(means))
    low = float(special.betaincinv(right, n - right + 1, 0.025)) if right else 0.0
    high = float(special.betaincinv(right + 1, n - right, 0.975)) if right < n else 1.0
    return Control(right / n, low, high, len(means), n)
