"""What the act of the invented groups writes and trains."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

BASE = "base"


@dataclass(frozen=True, slots=True)
class GroupsPlan:
    """Two acts of equal plans are the same act."""

    lines: int = 3000
    """Of a child's corpus; the base's has three times as many."""
    base_steps: int = 800
    steps: int = 600
    """Of each child."""
    rate: float = 4e-3
    seeds: int = 5
    """Classifiers of each model."""
    head_steps: int = 300
    head_rate: float = 3e-3
    doses: tuple[int, ...] = (0, 32, 192)
    """Labelled texts about the groups that corpora are hostile to."""
    seed: int = 0

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """A plan that was JSON."""
        return cls(**{**content, "doses": tuple(content["doses"])})
