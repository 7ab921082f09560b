"""Settings of the act of the invented groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

BASE = "base"


@dataclass(frozen=True, slots=True)
class GroupsPlan:
    """Settings of the act; it is resumed only with equal settings."""

    lines: int = 3000
    """Lines of a child's corpus; the base's corpus has three times as many."""
    base_steps: int = 800
    """Optimizer steps of the base model."""
    steps: int = 600
    """Optimizer steps of each child."""
    rate: float = 4e-3
    """Learning rate of base and children."""
    seeds: int = 5
    """Number of classifiers (seeds) for each model."""
    head_steps: int = 300
    head_rate: float = 3e-3
    doses: tuple[int, ...] = (0, 32, 192)
    """Numbers of labelled texts about the hated groups."""
    seed: int = 0

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """The settings from parsed JSON."""
        return cls(**{**content, "doses": tuple(content["doses"])})
