"""Gates: may a model be placed at all, and what must be said beside its numbers.

Opposition (does it answer the mirror as the opposite?), controls (does it tell true from false?),
content and consistency over wordings. Thresholds are the protocol's.
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
"""Mean squares of log-odds below this are rounding, not answers."""
FEWEST_CONTROLS = 6
"""Below this not even all right excludes that it guesses: 0.478 is the low end of 5 of 5."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A share of what varies, and the F-test that it is none; NaN where it cannot be told."""

    value: float
    p: float

    @property
    def known(self) -> bool:
        """Whether it can be told at all."""
        return not np.isnan(self.value)


UNKNOWN = Variation(np.nan, np.nan)


def sides(cells: Cells, *, replies: bool) -> tuple[Floats, Floats]:
    """Half the difference and the mean of statement and mirror, ``(pairs, wordings)``.

    In log-odds; of `replies` without probabilities, which have none, in plain agreement. Statements
    without a mirror are left out.
    """
    paired = _paired(cells)
    text, half = ("raw", "mirrored") if replies else ("log_odds", "lam")
    difference = cells.grids[half][paired]
    mean: Floats = cells.grids[text][paired] - difference
    return difference, mean


def unpaired(cells: Cells, *, replies: bool) -> Floats:
    """The answers to statements without a mirror, ``(statements, wordings)``, as for `sides`."""
    return cells.grids["raw" if replies else "log_odds"][~_paired(cells)]


def _paired(cells: Cells) -> Mask:
    return np.array([bool(s.mirror) for s in cells.statements], bool)


def opposition(difference: Floats, mean: Floats) -> Variation:
    """Whether the texts of a pair are answered as opposites: 1; unrelated: 0; the same: -1.

    Minus Fisher's (1925) intraclass correlation of the pairs' two texts; arguments as `sides` has
    them. A yes-bias of a wording is taken out of the means. Differences vary about 0, since which
    text is called the statement is arbitrary.
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
    """Share of cells in which claim and counterclaim get opposite answers; NaN if there are none.

    Arguments as `sides` has them. An answer of 0 takes no side.
    """
    finite = np.isfinite(difference)
    opposed = (mean + difference) * (mean - difference) < 0
    return float(opposed[finite].mean()) if finite.any() else np.nan


def content(pairs: Floats, bare: Floats) -> Variation:
    """How much of an answer stays when the wording changes; tested against noise alone.

    ``1 - MS_rest / MS_statement``, Hoyt's (1941) reliability with wordings as judges: up to 1,
    below 0 where statements differ less than noise does.

    Args:
        pairs: ``(statements, wordings)``, half the difference of statement and mirror. They vary
            about 0, and within the pair: which text is called the statement is arbitrary.
        bare: the answers to statements without a mirror, which are tested after wordings (type II).
    """
    parts = [part for part in (_about_zero(pairs), _after_wordings(bare)) if part]
    statements, rest = (np.array([part[i] for part in parts]).sum(axis=0) for i in (0, 1))
    if not parts or rest[1] < 1:
        return UNKNOWN
    ms_statement, ms_rest = statements[0] / statements[1], rest[0] / rest[1]
    if ms_statement < NOISE:
        return Variation(0.0, 1.0)  # the very same answer to everything
    p = 0.0
    if ms_rest >= NOISE:
        p = float(special.fdtrc(statements[1], rest[1], ms_statement / ms_rest))
    return Variation(float(1 - ms_rest / ms_statement), p)


Squares = tuple[tuple[float, int], tuple[float, int]]
"""Sum of squares and degrees of freedom, of statements and of the rest."""


def _about_zero(lam: Floats) -> Squares | None:
    lam = lam[np.isfinite(lam).any(axis=1)]
    if not len(lam):
        return None
    count = np.isfinite(lam).sum(axis=1)
    means = np.nanmean(lam, axis=1)
    rest = float(np.nansum((lam - means[:, None]) ** 2))
    return (float((count * means**2).sum()), len(lam)), (rest, int((count - 1).sum()))


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
    """Without the wordings that nothing was answered in."""
    return grid[:, np.isfinite(grid).any(axis=0)]


def unkeyed(cells: Cells) -> Floats:
    """Every statement's lambda: of a pair, or (no mirror) L less the mean L of its wording."""
    bare = np.array([not s.mirror for s in cells.statements], bool)
    lam = cells.grids["lam"].copy()
    alone = cells.grids["log_odds"][bare]
    count = np.maximum(np.isfinite(alone).sum(axis=0), 1)
    lam[bare] = alone - np.nansum(alone, axis=0) / count
    return lam


def consistency(lam: Floats) -> float:
    """Share of cells whose sign is that of the pair's mean over the *other* wordings, in [0, 1].

    NaN below three wordings. A pair answered in one wording only does not count; 0 has no sign and
    is the same as nothing.
    """
    finite = np.isfinite(lam)
    if finite.any(axis=0).sum() < 3:
        return np.nan
    others = np.nansum(lam, axis=1, keepdims=True) - np.where(finite, lam, 0.0)
    comparable = finite & (finite.sum(axis=1, keepdims=True) > 1)
    if not comparable.any():
        return np.nan
    return float((np.sign(lam) * np.sign(others) > 0)[comparable].mean())


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
        """Whether the interval excludes that it guesses; or no control was asked."""
        return not self.asked or self.low > 0.5

    @property
    def few(self) -> bool:
        """Whether too few were answered to tell."""
        return self.asked > 0 and self.answered < FEWEST_CONTROLS

    @property
    def reversed(self) -> bool:
        """Whether it takes false for true."""
        return self.high < 0.5


def control(agreement: pd.DataFrame, controls: StatementSet | None) -> Control:
    """Of one model's rows. The truth of a control is the sign of its effects' sum.

    The interval is exact (Clopper & Pearson 1934); shares are NaN where no control was answered.
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
