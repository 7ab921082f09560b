"""How replies are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from probes.types.constraints import STRICT, Count


@dataclass(frozen=True, slots=True)
class Writing:
    """How a model writes its replies, where a protocol's method has it write."""

    __pydantic_config__ = STRICT

    tokens: Annotated[int, Interval(ge=1, le=100_000)] = 100
    """Most new tokens of a reply."""
    sampling: Literal["checkpoint", "sample", "greedy"] = "checkpoint"
    """As the checkpoint's own generation settings say, with sampling switched on where they are
    greedy; by the numbers below; or the most probable token each time."""
    temperature: Annotated[float, Interval(gt=0, le=10)] = 1.0
    top_k: Count = 0
    """Most probable tokens that are sampled from; 0: all."""
    top_p: Annotated[float, Interval(gt=0, le=1)] = 1.0
    """Least probability of the tokens that are sampled from, most probable first."""
    sentences: Count = 0
    """A reply may end with its so-manieth sentence; 0: only with its last token."""
