"""Position and interval on an axis, from keyed leanings of statements x wordings.

Plain numpy, for one data set or a stack: `cells` are ``(..., statements, wordings)`` in [-1, 1];
the leading dimensions are independent repetitions (as in simulations). The interval generalises to
other statements on other topics of the axis, and to other wordings of the same kinds. For exactly
these prompts there is no sampling error.

Two crossed random factors, units (topics or statements) and wordings: Brennan, Generalizability
Theory (2001), ch. 5; degrees of freedom after Satterthwaite, Biometrics Bulletin 2 (1946).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_WORDINGS = 3
"""Minimum number of wordings to estimate their variance; below, the interval is for these only."""
EDGE = 0.75
"""|mean leaning| beyond which leanings are skewed and the interval is widened."""
CLIP = 0.9999


@dataclass(frozen=True, slots=True)
class AxisEstimate:
    """Mean on an axis and its variance components, in units of leaning.

    Arrays of shape ``(...)``, `wording_means` ``(..., wordings)``, `unit_means` ``(..., units)``.
    """

    mean: Floats
    wording_means: Floats
    unit_means: Floats
    unit_weights: Floats
    between_units: Floats
    """S: variance between units."""
    between_wordings: Floats
    """B: variance between wordings; 0 below three wordings."""
    rest: Floats
    """E: the part of B that is due to units x wordings noise."""
    variance: Floats
    """V: variance of the mean."""
    dof: Floats
    """nu: degrees of freedom."""


def additive(cells: Floats) -> Floats:
    """Least-squares fit of statement + wording to the finite cells, evaluated for every cell.

    A statement or wording without any finite cell gets the mean of the other ones.
    """
    finite = np.isfinite(cells)
    values = np.where(finite, cells, 0.0)
    per_statement = np.maximum(finite.sum(axis=-1), 1)
    row_mean = values.sum(axis=-1) / per_statement
    # The statements are eliminated from the normal equations; the remaining wordings x wordings
    # matrix has a rank deficiency of one, hence the pseudo-inverse.
    count = finite.astype(np.float64)
    shared = np.swapaxes(count, -1, -2) @ (count / per_statement[..., None])
    normal = count.sum(axis=-2)[..., None] * np.eye(cells.shape[-1]) - shared
    right = (values - count * row_mean[..., None]).sum(axis=-2)
    wording = (np.linalg.pinv(normal, rcond=1e-10, hermitian=True) @ right[..., None])[..., 0]
    statement = row_mean - (count * wording[..., None, :]).sum(axis=-1) / per_statement
    answered = finite.any(axis=-1)
    usual = np.where(answered, statement, 0.0).sum(axis=-1) / np.maximum(answered.sum(axis=-1), 1)
    statement = np.where(answered, statement, usual[..., None])
    fit: Floats = statement[..., None] + wording[..., None, :]
    return fit


def filled(cells: Floats) -> Floats:
    """The cells with missing ones (NaN) filled by `additive`, cut to [-1, 1]; for positions."""
    finite = np.isfinite(cells)
    if finite.all():
        return cells
    return np.where(finite, cells, np.clip(additive(cells), -1.0, 1.0))


def averaging(lexicons: Sequence[str]) -> Floats:
    """``(wordings, columns)``: weights that average wordings into the columns of the analysis.

    With three lexicons or more, wordings that share a lexicon form one column: their errors are
    correlated. With fewer, each wording is a column.
    """
    names = list(dict.fromkeys(lexicons))
    if len(names) < FEWEST_WORDINGS:
        return np.eye(len(lexicons))
    member = np.array([[name == own for name in names] for own in lexicons], dtype=np.float64)
    average: Floats = member / member.sum(axis=0)
    return average


def spread(
    cells: Floats, weights: Floats, units: Ints, missing: Floats | Ints | float = 0
) -> AxisEstimate:
    """Mean, variance components and degrees of freedom of complete `cells`.

    Args:
        cells: ``(..., statements, wordings)``, none missing (`filled`); columns by `averaging`.
        weights: ``(statements,)``, above 0.
        units: ``(statements,)``, unit of each statement: 0 to U - 1, at least two units.
        missing: ``(...)``, number of cells that were filled in.
    """
    statements, wordings = cells.shape[-2:]
    share = weights / weights.sum()
    weight, by_unit = _by_unit(cells, share, units)
    means = np.einsum("u,...uw->...w", weight, by_unit)  # m_w = sum W_u z_uw
    m = means.mean(axis=-1)
    unit_means = by_unit.mean(axis=-1)  # z_u.
    n_units = len(weight)
    correction = n_units / (n_units - 1)
    # S = U/(U-1) sum W_u^2 (z_u. - m)^2: between-unit variance of a weighted mean
    s = correction * (weight**2 * (unit_means - m[..., None]) ** 2).sum(axis=-1)
    b, e = np.zeros_like(s), np.zeros_like(s)
    if wordings >= FEWEST_WORDINGS:
        # B = Var(m_w) / n_w: between-wording variance, noise included
        b = means.var(axis=-1, ddof=1) / wordings
        gap = by_unit - unit_means[..., None] - means[..., None, :] + m[..., None, None]
        # E = U/(U-1) sum W_u^2 sum_w e^2 / ((n_w - 1) n_w): variance of units x wordings within B
        e = correction * (weight**2 * (gap**2).sum(axis=-1)).sum(axis=-1)
        e = e / ((wordings - 1) * wordings)
        # E times full / (full - filled) degrees of freedom: filled cells have no residual
        full = (statements - 1) * (wordings - 1)
        e = e * full / np.maximum(full - np.asarray(missing), 1)
    v, nu = _satterthwaite(s, b, e, 1 / (weight**2).sum(), wordings)
    return AxisEstimate(m, means, unit_means, weight, s, b, e, v, nu)


def _by_unit(cells: Floats, share: Floats, units: Ints) -> tuple[Floats, Floats]:
    """W_u ``(U,)`` and z_uw ``(..., U, wordings)``."""
    if np.array_equal(units, np.arange(statements := cells.shape[-2])) and statements > 1:
        # each statement is its own unit: the same result, without a U x U matrix
        return share, cells
    member = (units[:, None] == np.arange(units.max() + 1)).astype(np.float64)  # statements x U
    weight = share @ member
    return weight, (member * share[:, None] / weight).T @ cells


def _satterthwaite(
    s: Floats, b: Floats, e: Floats, effective: float, wordings: int
) -> tuple[Floats, Floats]:
    """V = S + max(B - E, 0), and nu; `effective` is n* = 1 / sum W_u^2 (Kish)."""
    v = s + np.maximum(b - e, 0.0)
    nu = np.full_like(s, effective - 1)
    if wordings >= FEWEST_WORDINGS:
        # V^2 / (S^2/(n*-1) + B^2/(n_w-1) + E^2/((n*-1)(n_w-1))) where B > E
        parts = (
            s**2 / (effective - 1)
            + b**2 / (wordings - 1)
            + e**2 / ((effective - 1) * (wordings - 1))
        )
        by_wording = b > e
        nu = np.where(by_wording, v**2 / np.where(by_wording, parts, 1.0), nu)
    return v, np.maximum(nu, 1.0)


def interval(
    cells: Floats,
    weights: Floats,
    units: Ints,
    missing: Floats | Ints | float = 0,
    level: float = 0.95,
) -> tuple[Floats, Floats, AxisEstimate]:
    """Low and high, ``(...)`` in [-1, 1], and the `AxisEstimate` that they are computed from.

    Arguments as for `spread`; cells of a table key lie in [-1, 1], too.
    """
    estimate = spread(cells, weights, units, missing)
    # tanh(artanh m +- t_nu sqrt(V) / (1 - m^2)): the delta method on Fisher's scale
    centre, slope = on_fishers_scale(estimate.mean)
    half = _quantile(level, estimate.dof) * np.sqrt(estimate.variance) * slope
    low, high = np.tanh(centre - half), np.tanh(centre + half)
    edge = np.abs(estimate.mean) > EDGE
    if edge.any():
        wide_low, wide_high = _plus_two(cells, weights, units, missing, level)
        low = np.where(edge, np.minimum(low, wide_low), low)
        high = np.where(edge, np.maximum(high, wide_high), high)
    m = np.clip(estimate.mean, -1.0, 1.0)  # beyond by rounding only; the position is always inside
    return np.minimum(low, m), np.maximum(high, m), estimate


def _plus_two(
    cells: Floats, weights: Floats, units: Ints, missing: Floats | Ints | float, level: float
) -> tuple[Floats, Floats]:
    """Plain t interval after adding one statement at +1 and one at -1 in every wording.

    Analogous to Agresti & Coull (1998) for proportions; each added statement has the mean weight of
    a statement, and is a unit of its own.
    """
    shape = (*cells.shape[:-2], 1, cells.shape[-1])
    more = np.concatenate([cells, np.ones(shape), -np.ones(shape)], axis=-2)
    heavier = np.append(weights, [weights.mean()] * 2)
    estimate = spread(more, heavier, np.append(units, units.max() + np.array([1, 2])), missing)
    half = _quantile(level, estimate.dof) * np.sqrt(estimate.variance)
    return np.clip(estimate.mean - half, -1.0, 1.0), np.clip(estimate.mean + half, -1.0, 1.0)


def _quantile(level: float, dof: Floats) -> Floats:
    # The function behind scipy.stats, whose import takes longer than a run of a planted model.
    return np.asarray(special.stdtrit(dof, (1 + level) / 2), dtype=np.float64)


def bounds(
    cells: Floats, weights: Floats, reach: Floats | None = None, columns: Floats | None = None
) -> tuple[float, float]:
    """Mean of `cells` ``(statements, wordings)`` with every missing one at -1, and at +1.

    `reach` ``(2, statements, wordings)`` is the minimum and maximum of cells with missing replies.
    `columns` are those of `averaging`; None: all wordings have equal weight.
    """
    share = weights / weights.sum()
    count = np.eye(cells.shape[1]) if columns is None else columns
    ends = [
        (np.where(np.isnan(cells), end, values) @ count).mean(axis=1)
        for end, values in zip((-1.0, 1.0), (cells, cells) if reach is None else reach, strict=True)
    ]
    worst, best = (float(np.clip(share @ end, -1.0, 1.0)) for end in ends)
    return worst, best


def on_fishers_scale(mean: Floats) -> tuple[Floats, Floats]:
    """Artanh of a mean leaning, and its derivative there, a factor of standard errors."""
    m = np.clip(mean, -CLIP, CLIP)
    return np.arctanh(m), 1 / (1 - m**2)
