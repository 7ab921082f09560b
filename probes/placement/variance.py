"""Variance shares of answers: topic, statement, wording, and residual.

Expected mean squares of complete grids (Brennan, Generalizability Theory, 2001, ch. 3 and 5);
negative components are set to 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.placement.effects_key import Mask
from probes.placement.interval import Floats, additive

SOURCES = ("topic", "statement", "wording", "statement x wording with the rest")
VARIANT = "variant"
MODEL_SOURCES = ("model", "wording", "model x wording")
CONDITION_SOURCES = ("condition", "condition x statement and wording")
ROUNDING = 1e-20
"""Variance of leanings or log-odds below which it is due to rounding."""


@dataclass(frozen=True, slots=True)
class VariantComponents:
    """Variance components of the variants of one statement, from statements with several."""

    variant: float
    """Variance of the variants' means over wordings; at least 0."""
    rest: float
    """Variance of variant x wording."""
    averaged: float
    """Mean of 1 / variants over all statements: factor of either component in a cell's variance."""


def shares(
    z: Floats,
    topics: Sequence[str | None],
    answered: Mask | None = None,
    variants: VariantComponents | None = None,
) -> dict[str, float]:
    """Source -> share of the variance of one cell, in [0, 1], summing to 1.

    Args:
        z: ``(statements, wordings)`` keyed leanings.
        answered: Which of them were answered, not filled in; None: all.
        topics: Topic of each statement; the topic's share is NaN unless there are two topics, one
            of them with two statements. All are NaN below two statements or two wordings.
        variants: Components of the same model and axis, if variants were asked: a cell is then of
            one variant, and `VARIANT` one of the sources.
    """
    sources = SOURCES if variants is None else (*SOURCES[:2], VARIANT, *SOURCES[2:])
    answered = np.isfinite(z) if answered is None else answered
    components = _crossed(z, answered)
    if components is None:
        return dict.fromkeys(sources, np.nan)
    _, wording, residual = components
    noise = residual * _noise(answered)
    if variants is not None:
        noise += variants.variant * variants.averaged
        residual += variants.rest * (1 - variants.averaged)
    parts = [*_nested(z.mean(axis=1), topics, noise), wording, residual]
    if variants is not None:
        parts.insert(2, variants.variant)
    estimates = np.where(np.isnan(parts), np.nan, [_component(part) for part in parts])
    total = float(np.nansum(estimates))
    portions = estimates / total if total else np.full(len(estimates), np.nan)
    return {name: float(part) for name, part in zip(sources, portions, strict=True)}


def variants(grids: Sequence[Floats], statements: int) -> VariantComponents | None:
    """Variance components of variants within statements (expected mean squares, nested).

    Args:
        grids: ``(variants, wordings)`` leanings, one grid for each statement with variants; key
            signs do not matter. Only variants and wordings without gaps are used.
        statements: Number of statements on the axis, including those with one text.

    None below two wordings, or if no statement has two answered variants.
    """
    whole = [g[np.isfinite(g).all(axis=1)] for g in grids]
    whole = [g for g in whole if g.shape[0] > 1 and g.shape[1] > 1]
    if not whole:
        return None
    within = sum(len(g) - 1 for g in whole)
    squares = [float(g.mean(axis=1).var()) * len(g) for g in whole]
    residuals = [g - g.mean(axis=1)[:, None] - g.mean(axis=0) + g.mean() for g in whole]
    wordings = whole[0].shape[1]
    rest = sum(float((r**2).sum()) for r in residuals) / (within * (wordings - 1))
    between = sum(squares) / within - rest / wordings
    averaged = sum(1 / len(g) - 1 for g in whole) / statements + 1
    return VariantComponents(_component(between), _component(rest), averaged)


def _nested(means: Floats, topics: Sequence[str | None], noise: float) -> tuple[float, float]:
    """Variance components of topic, and of statement within topic, from statement means.

    E(MS_within) = noise + statement; E(MS_topic) = noise + statement + n0 x topic, with n0 = (N -
    sum n_t^2 / N) / (T - 1) for topics of unequal size.
    """
    groups: dict[object, list[float]] = {}
    for number, (topic, value) in enumerate(zip(topics, means, strict=True)):
        groups.setdefault(number if topic is None else topic, []).append(float(value))
    count, n = len(means), len(groups)
    if n < 2 or n == count:
        return np.nan, float(means.var(ddof=1)) - noise
    sizes = np.array([len(group) for group in groups.values()])
    within = sum(float(np.var(g)) * len(g) for g in groups.values()) / (count - n)
    centres = np.array([np.mean(g) for g in groups.values()])
    between = float((sizes * (centres - means.mean()) ** 2).sum()) / (n - 1)
    n0 = (count - (sizes**2).sum() / count) / (n - 1)
    return (between - within) / n0, within - noise


def reliability(lam: Floats) -> float:
    """Generalizability coefficient of an axis's answers over wordings, in [0, 1]; `lam` has NaN
    where missing.

    sigma^2_statement / (sigma^2_statement + sigma^2_rest / n_w), from the unkeyed lambda, as in
    `content`: would other wordings find the same differences between statements?
    """
    answered = np.isfinite(lam)
    lam = lam[np.ix_(answered.any(axis=1), answered.any(axis=0))]
    components = _crossed(np.where(np.isnan(lam), additive(lam), lam), np.isfinite(lam))
    if components is None:
        return np.nan
    whole = components[0] + components[2] / lam.shape[1]
    return components[0] / whole if whole else np.nan


def model_shares(means: Floats) -> dict[str, float]:
    """Source -> share of variance, from ``(models, wordings)`` mean leanings on one axis.

    A large share of model x wording means that other wordings would rank the models differently.
    """
    components = _crossed(means, np.ones(means.shape, bool))
    if components is None or not sum(components):
        return dict.fromkeys(MODEL_SOURCES, np.nan)
    return {
        name: part / sum(components) for name, part in zip(MODEL_SOURCES, components, strict=True)
    }


def condition_shares(grids: Floats) -> dict[str, float]:
    """Source -> share of the variance of one answer over cells and conditions.

    Args:
        grids: ``(conditions, cells)`` keyed leanings; cells missing in any condition are left out.
    """
    whole = grids[:, np.isfinite(grids).all(axis=0)].T
    components = _crossed(whole, np.ones(whole.shape, bool))
    if components is None or not sum(components):
        return dict.fromkeys(CONDITION_SOURCES, np.nan)
    return {
        name: part / sum(components)
        for name, part in zip(CONDITION_SOURCES, components[1:], strict=True)
    }


def _crossed(grid: Floats, answered: Mask) -> tuple[float, float, float] | None:
    """Variance components of rows, columns and residual, at least 0; None with a single row or
    column.

    `grid` is complete; filled-in cells have no residual and reduce its degrees of freedom.
    """
    rows, columns = grid.shape
    dof = (rows - 1) * (columns - 1) - int((~answered).sum())
    if rows < 2 or columns < 2 or dof < 1:
        return None
    row_means, column_means = grid.mean(axis=1), grid.mean(axis=0)
    residual = grid - row_means[:, None] - column_means + grid.mean()
    residual_variance = float((residual**2).sum()) / dof
    by_row = float(row_means.var(ddof=1)) - residual_variance * _noise(answered)
    by_column = float(column_means.var(ddof=1)) - residual_variance * _noise(answered.T)
    return _component(by_row), _component(by_column), _component(residual_variance)


def _component(variance: float) -> float:
    """A variance component; 0 if negative or due to rounding."""
    return variance if variance > ROUNDING else 0.0


def _noise(answered: Mask) -> float:
    """Share of the residual variance left in a row's mean: mean of 1 / number of its answers."""
    return float((1 / np.maximum(answered.sum(axis=1), 1)).mean())
