"""An arrow of the figure `shift`: a difference on two axes, with its intervals."""

from dataclasses import dataclass

from probes.types.reasons import Kind

from . import _style
from ._differences import AxisDifference, ModelShift
from ._dots import JointRegion
from ._marks import ModelMark


@dataclass(frozen=True, slots=True)
class ShiftArrow:
    """A difference of two models on two axes."""

    shift: ModelShift
    x: AxisDifference
    y: AxisDifference
    kind: Kind
    mark: ModelMark
    region: JointRegion | None
    solid: bool
    """Whether the model moved, and has a claim on both axes."""

    @property
    def colour(self) -> str:
        return _style.LIGHT if self.kind == "still" else self.mark.colour

    def along(self, share: float) -> tuple[float, float]:
        """Point at a share of the arrow's length: 0 is its start, 1 its end."""
        return self.x.start + share * self.x.change, self.y.start + share * self.y.change

    def whisker_points(self) -> list[tuple[float, float]]:
        """Points along the intervals around its head, which labels should not cover."""
        x, y = self.along(1)
        across = [(x + share * (end - x), y) for end in self.x.reach for share in (0.5, 1.0)]
        return [*across, *((x, y + share * (e - y)) for e in self.y.reach for share in (0.5, 1.0))]
