"""Reliability of an axis among people: alpha, omega, parallel forms; also correlations of axes, and
yes-bias.

Cronbach's alpha (1951) with the interval of Feldt (1965); McDonald's omega (1999) of one factor, by
maximum likelihood (statsmodels); parallel forms with the Spearman-Brown formula (1910).
"""

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from probes.errors import UsageError
from probes.people import moments
from probes.people.answers import PeopleAnswers
from probes.people.keys import axis_keys, keyed
from probes.people.positions import places
from probes.placement.interval import Floats
from probes.placement.parallel_forms import forms
from probes.types import StatementSet

AXIS_COLUMNS = (*("axis", "items", "n", "complete", "alpha", "low", "high", "omega", "forms"),)
CORRELATION_COLUMNS = ("first", "second", "people", "n", "r", "low", "high")
YES_COLUMNS = ("group", "n", "yes_bias", "low", "high", "sd")
FEWEST_ITEMS = 3
"""Minimum number of statements for a one-factor model."""
SINGULAR = 1e-8
"""Eigenvalue of a correlation matrix below which it is singular and has no likelihood."""
PROPER = 1e-3
"""Minimum uniqueness of a statement; a solution at the bound of 0 is improper (Heywood case)."""


def axes(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """One row per axis: number of answered statements, people with a position, people who answered
    everything; `alpha` with its interval, `omega`, and `forms`, the parallel-forms reliability."""
    rows = []
    for key in axis_keys(statements):
        on_axis = keyed(key, answers)
        answered = np.isfinite(on_axis.z).any(axis=0)
        z, placed = on_axis.z[:, answered], np.isfinite(places(on_axis).position)
        covariance = moments.covariances(z, answers.weight)
        complete = int(np.isfinite(z).all(axis=1).sum())
        reliable = alpha(covariance, moments.effective(answers.weight[placed]))
        halves = [
            np.isin([s.id for s in key.statements], form)
            for form in forms(statements, key.axis.name)
        ]
        a, b = (places(on_axis, half & answered).position for half in halves)
        r = moments.correlation(a, b, answers.weight)[0]
        stepped = 2 * r / (1 + r) if r > -1 / 3 else -1.0 if r <= -1 / 3 else np.nan
        counts = int(answered.sum()), int(placed.sum()), complete
        rows.append((key.axis.name, *counts, *reliable, omega(covariance), stepped))
    return pd.DataFrame(rows, columns=list(AXIS_COLUMNS))


def alpha(covariance: Floats, people: float) -> moments.Ends:
    """Cronbach's alpha of keyed answers with these covariances, and its interval."""
    k = len(covariance)
    if k < 2 or not np.isfinite(covariance).all() or covariance.sum() <= 0:
        return np.nan, np.nan, np.nan
    value = float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))
    if people <= 2:
        return value, np.nan, np.nan
    tail = (1 - moments.LEVEL) / 2
    # Feldt: (1 - alpha) / (1 - estimate) is F with n - 1 and (n - 1)(k - 1) degrees of freedom
    ends = special.fdtri(people - 1, (people - 1) * (k - 1), [1 - tail, tail])
    low, high = 1 - (1 - value) * ends
    return value, float(low), float(high)


def omega(covariance: Floats) -> float:
    """McDonald's omega total of one factor; NaN if the model does not exist.

    Raises:
        UsageError: statsmodels is missing.
    """
    sd = np.sqrt(np.diag(covariance))
    if len(sd) < FEWEST_ITEMS or not np.isfinite(covariance).all() or not (sd > 0).all():
        return np.nan
    factor = statsmodels("statsmodels.multivariate.factor")
    correlations = covariance / np.outer(sd, sd)
    np.fill_diagonal(correlations, 1.0)
    if np.linalg.eigvalsh(correlations)[0] < SINGULAR:
        return np.nan  # linearly dependent answers, or hardly more people than statements
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a solution at a bound
            model = factor.Factor(corr=correlations, n_factor=1, method="ml")
            fitted = model.fit(start=_principal(correlations))  # the default start is random
    except (np.linalg.LinAlgError, ValueError):
        return np.nan
    unique = np.asarray(fitted.uniqueness)
    if not np.isfinite(unique).all() or unique.min() < PROPER:
        return np.nan
    common = float((np.asarray(fitted.loadings)[:, 0] * sd).sum()) ** 2
    uniqueness = float((unique * sd**2).sum())
    return common / (common + uniqueness)


def _principal(correlations: Floats) -> tuple[Floats, Floats]:
    """Loadings ``(k, 1)`` and uniquenesses of the first principal component, as starting values."""
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors[:, -1:] * np.sqrt(values[-1])
    return loadings, np.clip(1 - loadings[:, 0] ** 2, 0.1, 0.9)


def statsmodels(name: str) -> Any:
    """A module of statsmodels.

    Raises:
        UsageError: it is missing.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            "probes sets validate needs statsmodels: pip install 'political-probes[people]'"
        ) from None


def correlations(positions: pd.DataFrame) -> pd.DataFrame:
    """One row per pair of axes: correlation among all people with both positions, and among those
    who answered everything (`people` is ``all`` or ``complete``).

    Args:
        positions: Table of `positions.people_positions`, with a person's axes in adjacent rows.
    """
    names = list(positions["axis"].unique())
    position, answered, items, weight = (
        positions[c].to_numpy(np.float64).reshape(-1, len(names))
        for c in ("position", "answered", "items", "weight")
    )
    complete = (answered == items).all(axis=1)
    rows = []
    for people, which in (("all", slice(None)), ("complete", complete)):
        for first, second in combinations(range(len(names)), 2):
            x, y = position[which, first], position[which, second]
            n = int((np.isfinite(x) & np.isfinite(y)).sum())
            interval = moments.correlation(x, y, weight[which, 0])
            rows.append((names[first], names[second], people, n, *interval))
    return pd.DataFrame(rows, columns=list(CORRELATION_COLUMNS))


def yes_bias(positions: pd.DataFrame) -> pd.DataFrame:
    """One row for all people (`group` is empty) and one for each group: mean answer, in [-1, 1],
    with half the weight on the texts of each key direction, averaged over a person's axes."""
    width = positions["axis"].nunique()
    biases = positions["yes_bias"].to_numpy(np.float64).reshape(-1, width)
    measured = np.isfinite(biases).any(axis=1)
    of_person = np.nan_to_num(biases[measured]).sum(axis=1) / np.isfinite(biases[measured]).sum(
        axis=1
    )
    group, all_weights = (positions[c].to_numpy()[::width][measured] for c in ("group", "weight"))
    rows = []
    for name in ["", *(name for name in positions["group"].unique() if name)]:
        inside = np.ones(len(group), bool) if not name else group == name
        values, weight = of_person[inside], all_weights[inside].astype(np.float64)
        sums = moments.group_sums(values, weight, np.zeros(len(values), dtype=np.int64), 1)
        interval = moments.mean(values, weight)
        rows.append((name, len(values), *interval, float(np.sqrt(sums.variances[0]))))
    return pd.DataFrame(rows, columns=list(YES_COLUMNS))
