"""Number of factors of a set among people: parallel analysis (Horn 1965).

A factor counts while its eigenvalue is above the 95th percentile (Glorfeld 1995) of eigenvalues of
answers permuted among people, independently for each statement. Correlations are Pearson's, over
the people who answered both.
"""

import numpy as np
import pandas as pd

from probes.people import moments
from probes.people.answers import PeopleAnswers, Values
from probes.people.keys import axis_keys, keyed
from probes.placement.interval import Floats
from probes.types import StatementSet

FACTOR_COLUMNS = ("factor", "eigenvalue", "random", "counts")
SHUFFLES = 100
PERCENTILE = 95
MOST = 10_000
"""Maximum number of people; of more, a sample is taken."""


def parallel_analysis(
    statements: StatementSet, answers: PeopleAnswers, seed: int = 0
) -> pd.DataFrame:
    """One row per eigenvalue, in descending order; columns: `FACTOR_COLUMNS`."""
    rng = np.random.default_rng(seed)
    if len(answers.person) > MOST:
        answers = answers.cut(np.sort(rng.choice(len(answers.person), MOST, replace=False)))
    columns: dict[str, Values] = {}
    for key in axis_keys(statements):
        z = keyed(key, answers).z
        columns |= {s.id: z[:, n] for n, s in enumerate(key.statements) if s.id not in columns}
    varying = [c for c in columns.values() if np.isfinite(c).any() and np.nanstd(c) > 0]
    if len(varying) < 2:
        return pd.DataFrame(columns=list(FACTOR_COLUMNS))
    grid = np.stack(varying, axis=1)
    eigenvalues = _eigenvalues(grid)
    shuffled = [_eigenvalues(_shuffled(grid, rng)) for _ in range(SHUFFLES)]
    limit = np.percentile(shuffled, PERCENTILE, axis=0)
    counts = np.logical_and.accumulate(eigenvalues > limit)
    table = {
        "factor": np.arange(1, len(eigenvalues) + 1),
        "eigenvalue": eigenvalues,
        "random": limit,
    }
    return pd.DataFrame(table).assign(counts=counts)


def _eigenvalues(grid: Values) -> Floats:
    """Eigenvalues of the correlation matrix of columns, in descending order; pairs without people
    count as 0."""
    covariance = moments.covariances(grid, np.ones(len(grid)))
    sd = np.sqrt(np.diag(covariance))
    correlations = np.nan_to_num(covariance / np.outer(sd, sd))
    values: Floats = np.linalg.eigvalsh(correlations)[::-1]
    return values


def _shuffled(grid: Values, rng: np.random.Generator) -> Values:
    """Each column's answers permuted among the people who gave one."""
    mixed = grid.copy()
    for column in mixed.T:
        answered = np.isfinite(column)
        column[answered] = rng.permutation(column[answered])
    return mixed
