"""Settings for written replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from probes.types.constraints import STRICT, Count


@dataclass(frozen=True, slots=True)
class Writing:
    """How a model writes its replies, where the protocol's method has it write."""

    __pydantic_config__ = STRICT

    tokens: Annotated[int, Interval(ge=1, le=100_000)] = 100
    """Maximum number of new tokens of a reply."""
    sampling: Literal["checkpoint", "sample", "greedy"] = "checkpoint"
    """`checkpoint`: the checkpoint's own generation settings, with sampling switched on if they are
    greedy; `sample`: the settings below; `greedy`: the most probable token each time."""
    temperature: Annotated[float, Interval(gt=0, le=10)] = 1.0
    top_k: Count = 0
    """Number of most probable tokens to sample from; 0: all."""
    top_p: Annotated[float, Interval(gt=0, le=1)] = 1.0
    """Cumulative probability of the most probable tokens to sample from."""
    sentences: Count = 0
    """Number of sentences after which a reply may end; 0: only at its last token."""
