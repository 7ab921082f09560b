"""Gates: may a model be placed at all, and what must be said beside its numbers.

Content (do answers depend on the statement?), controls (does it tell true from false?),
consistency over wordings. Thresholds are the protocol's.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from probes.placement.grid import Cells
from probes.placement.interval import Floats, additive
from probes.types import StatementSet

NOISE = 1e-12
"""Mean squares of log-odds below this are rounding, not answers."""


@dataclass(frozen=True, slots=True)
class Content:
    """How far answers depend on the statement; NaN where one wording or statement cannot tell."""

    value: float
    """1 - MS_rest / MS_statement, up to 1; below 0 where statements differ less than noise does."""
    p: float
    """Of the F-test that all statements get the same answer."""

    @property
    def known(self) -> bool:
        """Whether it can be told at all."""
        return not np.isnan(self.value)


def content(lam: Floats) -> Content:
    """Two-way analysis of variance of log-odds ``(statements, wordings)``, NaN where missing.

    Statements are tested after wordings (type II), on the cells that are there. The coefficient is
    Hoyt's (1941) reliability with wordings as judges.
    """
    finite = np.isfinite(lam)
    lam = lam[np.ix_(finite.any(axis=1), finite.any(axis=0))]
    finite = np.isfinite(lam)
    statements, wordings = lam.shape
    dof = int(finite.sum()) - statements - wordings + 1
    if statements < 2 or dof < 1:
        return Content(np.nan, np.nan)
    rest = float(np.nansum((lam - additive(lam)) ** 2))
    by_wording = float(np.nansum((lam - np.nanmean(lam, axis=0)) ** 2))
    ms_statement, ms_rest = (by_wording - rest) / (statements - 1), rest / dof
    if ms_statement < NOISE:
        return Content(0.0, 1.0)  # the very same answer to everything
    # The coefficient is 1 - MS_rest / MS_statement; the test, F = MS_statement / MS_rest.
    p = (
        0.0
        if ms_rest < NOISE
        else float(special.fdtrc(statements - 1, dof, ms_statement / ms_rest))
    )
    return Content(1 - ms_rest / ms_statement, p)


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

    @property
    def blind(self) -> bool:
        """Whether the interval leaves open that it guesses."""
        return self.low <= 0.5


def control(agreement: pd.DataFrame, controls: StatementSet | None) -> Control:
    """Of one model's rows. The truth of a control is the sign of its effects' sum.

    The interval is exact (Clopper & Pearson 1934); all is NaN where no control was answered.
    """
    truth = {s.id: sum(s.effects.values()) for s in controls.statements} if controls else {}
    rows = agreement[agreement["role"] == "control"]
    means = rows.groupby("statement")["lam"].mean().dropna()
    signs = [float(np.sign(means[i]) * np.sign(truth[i])) for i in means.index if i in truth]
    n, right = len(signs), sum(sign > 0 for sign in signs)
    if not n:
        return Control(np.nan, np.nan, np.nan)
    low = float(special.betaincinv(right, n - right + 1, 0.025)) if right else 0.0
    high = float(special.betaincinv(right + 1, n - right, 0.975)) if right < n else 1.0
    return Control(right / n, low, high)
