"""Thresholds of a comparison: margin of equality, and maximum width of bounds."""

from dataclasses import dataclass

from probes.placement.criteria import SCALE
from probes.types import Materials


@dataclass(frozen=True, slots=True)
class DifferenceLimits:
    """Thresholds in points of the set's scale."""

    margin: float
    """Difference up to which two positions count as equal."""
    bounds: float
    """Width of [minimum, maximum] beyond which a claim must hold at both ends."""
    scale: float


def limits(materials: Materials, margin: float | None = None) -> DifferenceLimits:
    """Thresholds of a protocol, converted in proportion from the default scale to that of the set.

    Args:
        materials: Set with the scale, and protocol with the thresholds.
        margin: In points of the set's own scale; replaces the protocol's.
    """
    thresholds, scale = materials.recipe.thresholds, materials.statements.scale
    usual = thresholds.margin * scale / SCALE
    return DifferenceLimits(
        usual if margin is None else margin, thresholds.bounds * scale / SCALE, scale
    )
