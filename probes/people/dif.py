"""Differential item functioning (DIF): statements that work differently in some groups.

Logistic regression (Swaminathan and Rogers 1990; several groups: Magis et al. 2011): agreement with
a statement, given a person's position on its axis, should not depend on the group. The position is
computed from the statements not flagged in a first pass (Candell and Drasgow 1988) and the
statement itself (Holland and Thayer 1988). Likelihood-ratio tests, Holm over all statements, and
Nagelkerke's R^2 (Jodoin and Gierl 2001) as effect size. Weights are not used.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from probes.comparison.difference import holm
from probes.people.answers import Names, PeopleAnswers, Values
from probes.people.keys import axis_keys, keyed
from probes.people.positions import LEAST
from probes.people.reliability import statsmodels
from probes.placement.interval import Floats
from probes.types import StatementSet

DIF_COLUMNS = (
    *("facet", "axis", "statement", "n", "groups", "chi2", "df", "p", "p_holm", "r2"),
    *("toward", "kind", "verdict"),
)
FEWEST = 50
"""Minimum number of people in a group; smaller groups are left out."""
FEWEST_SIDES = 10
"""Minimum number of people on either side of a statement for it to be tested."""
MODERATE = 0.035
"""Minimum increase of Nagelkerke's R^2 by groups; negligible below it (Jodoin and Gierl 2001)."""
LEVEL = 0.05
MOST = 20_000
"""Maximum number of people; of more, a sample is taken: with more, everything is significant."""


def dif(
    statements: StatementSet, answers: PeopleAnswers, of: Names, facet: str, seed: int = 0
) -> pd.DataFrame:
    """One row per axis and statement; columns: `DIF_COLUMNS`.

    Args:
        statements: The set.
        answers: People's answers.
        of: ``(persons,)``, group or language of each person; empty text if unknown.
        facet: What `of` is: ``group`` or ``language``.
        seed: Seed for the sample of very many people.

    `toward` is the group that agrees most, given its position; `kind` is ``uniform`` or
    ``crossing`` (the difference depends on the position); `verdict` is ``dif`` if p after Holm is
    below 0.05 and `r2` at least 0.035. Empty with fewer than two groups.
    """
    counts = pd.Series(of).value_counts()
    large = sorted(str(name) for name, count in counts.items() if name and count >= FEWEST)
    rows = np.flatnonzero(pd.Series(of).isin(large).to_numpy())
    if len(large) < 2:
        return pd.DataFrame(columns=list(DIF_COLUMNS))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    answers, group = answers.cut(rows), of[rows]
    member = np.stack([group == name for name in large], axis=1)
    table_rows: list[dict[str, object]] = []
    for key in axis_keys(statements):
        z = keyed(key, answers).z
        flagged = np.zeros(len(key.statements), bool)
        for _ in range(2):  # second pass: without the statements that the first has flagged
            tests = [_test(z, key.weight, n, member, flagged) for n in range(len(flagged))]
            flagged = _flagged(tests)
        for number, (statement, test) in enumerate(zip(key.statements, tests, strict=True)):
            if test is not None:
                facts = {"facet": facet, "axis": key.axis.name, "statement": statement.id}
                sign = key.direction[number]
                table_rows.append(facts | test.row(large, sign))
    table = pd.DataFrame(table_rows, columns=list(DIF_COLUMNS))
    table["p_holm"] = holm(table["p"].to_numpy(dtype=np.float64))
    differs = (table["p_holm"] < LEVEL) & (table["r2"].astype(np.float64) >= MODERATE)
    return table.assign(verdict=np.where(differs, "dif", "ok"))


@dataclass(frozen=True, slots=True)
class DifTest:
    """Effects of groups on one statement, given the position."""

    n: int
    chi2: float
    df: int
    p: float
    r2: float
    uniform_p: float
    """P-value of the groups' main effect (equal at every position)."""
    crossing_p: float
    effects: Floats
    """``(groups,)``: log-odds of the positive pole, given the position."""

    def row(self, names: list[str], sign: float) -> dict[str, object]:
        """Cells of the table."""
        toward = names[int(np.argmax(self.effects * sign))]
        kind = "uniform" if self.uniform_p <= self.crossing_p else "crossing"
        cells = {"n": self.n, "groups": len(names), "chi2": self.chi2, "df": self.df, "p": self.p}
        return {**cells, "r2": self.r2, "toward": toward, "kind": kind}


def _flagged(tests: list[DifTest | None]) -> NDArray[np.bool_]:
    """Statements to exclude from the position; none if these were more than half."""
    p = holm(np.array([np.nan if t is None else t.p for t in tests]))
    large = np.array([t is not None and t.r2 >= MODERATE for t in tests])
    flagged: NDArray[np.bool_] = large & (p < LEVEL)
    return flagged if flagged.sum() <= len(tests) / 2 else np.zeros(len(tests), bool)


def _test(
    z: Values, weight: Floats, number: int, member: NDArray[np.bool_], flagged: NDArray[np.bool_]
) -> DifTest | None:
    """Test of one statement; None if too few people answered it, or all alike."""
    anchors = ~flagged
    anchors[number] = True
    answered = np.isfinite(z[:, anchors]) @ weight[anchors]
    enough = answered >= LEAST * weight[anchors].sum()
    usable = enough & np.isfinite(z[:, number]) & (z[:, number] != 0)
    agrees = (z[usable, number] > 0).astype(np.float64)
    present = member[usable].sum(axis=0) > 0
    if min(agrees.sum(), (1 - agrees).sum()) < FEWEST_SIDES or present.sum() < 2:
        return None
    place = (np.nan_to_num(z[usable][:, anchors]) @ weight[anchors]) / answered[usable]
    place = (place - place.mean()) / max(float(place.std()), 1e-9)
    return _compared(agrees, place, member[usable], present)


def _compared(
    agrees: Floats, place: Floats, member: NDArray[np.bool_], present: NDArray[np.bool_]
) -> DifTest:
    """Logistic regressions on the position; with groups; and with groups x position."""
    n, dummies = len(agrees), member[:, present].astype(np.float64)[:, 1:]
    base = np.column_stack([np.ones(n), place])
    both = np.column_stack([base, dummies])
    none, _ = _deviance(agrees, base)
    uniform, effects = _deviance(agrees, both)
    crossing, _ = _deviance(agrees, np.column_stack([both, dummies * place[:, None]]))
    share = agrees.mean()
    alone = -2 * n * float(special.xlogy(share, share) + special.xlogy(1 - share, 1 - share))
    full = np.full(member.shape[1], -np.inf)
    full[present] = np.append(0.0, effects[2:])
    df = dummies.shape[1]
    return DifTest(
        n=n,
        chi2=none - crossing,
        df=2 * df,
        p=_tail(none - crossing, 2 * df),
        r2=_nagelkerke(alone, crossing, n) - _nagelkerke(alone, none, n),
        uniform_p=_tail(none - uniform, df),
        crossing_p=_tail(uniform - crossing, df),
        effects=full,
    )


def _deviance(agrees: Floats, design: Floats) -> tuple[float, Floats]:
    """Deviance and coefficients of a logistic regression."""
    models = statsmodels("statsmodels.discrete.discrete_model")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perfect separation: the deviance converges
        model = models.Logit(agrees, design)
        try:
            fit = model.fit(disp=0, maxiter=25, warn_convergence=False)
        except np.linalg.LinAlgError:  # singular Hessian
            fit = model.fit(disp=0, method="lbfgs", maxiter=500, warn_convergence=False)
    return -2 * float(fit.llf), np.asarray(fit.params, dtype=np.float64)


def _tail(chi2: float, df: int) -> float:
    return float(special.chdtrc(df, max(chi2, 0.0)))


def _nagelkerke(alone: float, deviance: float, n: int) -> float:
    """Nagelkerke's R^2 (1991) from the deviances of the constant and of the model."""
    reached = 1 - np.exp((deviance - alone) / n)
    return float(reached / (1 - np.exp(-alone / n)))
