"""The joint 95 % region of two axes (docs/method.md 4): covariance of their means, and a radius."""

import numpy as np
from scipy import special

from probes.placement.interval import FEWEST_WORDINGS, AxisEstimate, Floats, Ints

LEAST_DOF = 3.0
"""Minimum degrees of freedom of a joint region: with fewer its radius is uninformative."""


def covariance(first: AxisEstimate, second: AxisEstimate, units: Floats) -> Floats:
    """Covariance of two axes' means, ``(...)``, limited so that an ellipse exists.

    Args:
        first: First axis; both have the same wordings, in the same order.
        second: Second axis.
        units: ``(...)``, cross-product of the units that load on both (`crossed`), or 0.
    """
    n = first.wording_means.shape[-1]
    together = np.zeros_like(first.mean)
    if n >= FEWEST_WORDINGS:
        # cross-product of the m_w over ((n_w - 1) n_w), limited by the two wording variances
        gaps = [a.wording_means - a.mean[..., None] for a in (first, second)]
        together = (gaps[0] * gaps[1]).sum(axis=-1) / ((n - 1) * n)
        wording = [np.maximum(a.between_wordings - a.rest, 0.0) for a in (first, second)]
        most = np.sqrt(wording[0] * wording[1])
        together = np.clip(together, -most, most)
    most = np.sqrt(first.variance * second.variance)
    return np.clip(together + units, -most, most)


def crossed(first: AxisEstimate, second: AxisEstimate, pairs: Ints) -> Floats:
    """S between two axes, ``(...)``: cross-product of the units that both have.

    ``sum W_u W'_u (z_u. - m)(z'_u. - m')``, with the correction U/(U-1) of each axis' own S.
    `pairs` ``(shared, 2)``: index of a unit on the first axis, and on the second.
    """
    if not len(pairs):
        return np.zeros_like(first.mean)
    parts = [
        (a.unit_weights * (a.unit_means - a.mean[..., None]))[..., pairs[:, column]]
        for column, a in enumerate((first, second))
    ]
    counts = [len(a.unit_weights) for a in (first, second)]
    correction = float(np.sqrt(np.prod([n / (n - 1) for n in counts])))
    total: Floats = correction * (parts[0] * parts[1]).sum(axis=-1)
    return total


def radius(first: AxisEstimate, second: AxisEstimate, level: float = 0.95) -> Floats:
    """Radius of the joint region, ``(...)``, in standard deviations.

    Hotelling: radius^2 = 2 nu / (nu - 1) F(2, nu - 1; level), nu the smaller of the two, at least
    3. nu is that of the units, unless wordings differ by more than noise (F test of B / E at
    `level`): nu of noise in single cells may be near 1, and would make the region as large as the
    scale.
    """
    nu = np.minimum(*(_joint_dof(axis, level) for axis in (first, second)))
    nu = np.maximum(nu, LEAST_DOF)
    return np.asarray(
        np.sqrt(2 * nu / (nu - 1) * special.fdtri(2, nu - 1, level)), dtype=np.float64
    )


def _joint_dof(axis: AxisEstimate, level: float) -> Floats:
    wordings, units = axis.wording_means.shape[-1] - 1, 1 / (axis.unit_weights**2).sum() - 1
    if wordings < 1:
        return axis.dof
    beyond_noise = axis.between_wordings > axis.rest * special.fdtri(
        wordings, units * wordings, level
    )
    return np.where(beyond_noise, axis.dof, units)
