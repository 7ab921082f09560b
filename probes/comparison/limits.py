"""Within which two positions count as equal, and beyond which missing answers forbid a claim."""

from dataclasses import dataclass

from probes.placement.criteria import SCALE
from probes.types import Materials


@dataclass(frozen=True, slots=True)
class DifferenceLimits:
    """What counts, in points of the set's scale."""

    margin: float
    """Within which two positions count as equal."""
    bounds: float
    """Width of [minimum, maximum] beyond which a claim must hold at both ends."""
    scale: float


def limits(materials: Materials, margin: float | None = None) -> DifferenceLimits:
    """A protocol's points are meant on the default scale; on another they count in proportion.

    Args:
        materials: Whose set has the scale, and whose protocol the thresholds.
        margin: In points of the set's own scale, instead of the protocol's.
    """
    thresholds, scale = materials.recipe.thresholds, materials.statements.scale
    usual = thresholds.margin * scale / SCALE
    return DifferenceLimits(
        usual if margin is None else margin, thresholds.bounds * scale / SCALE, scale
    )
