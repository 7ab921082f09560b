"""The budget of a run for endpoints: limits of requests and cost, and what was used.

Before a request is sent, its maximal cost is reserved; afterwards this is replaced by the actual
cost according to the reply. So a limit is never exceeded. One budget covers all models of a run.
Does not know HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from probes.errors import RunError, UsageError

MILLION = 1_000_000


@dataclass(slots=True)
class Budget:
    """Limits of one session, and the amounts used.

    Args:
        max_requests: Most requests, failed ones included; None: no limit.
        max_cost: Most cost, in the currency of the models' prices; None: no limit.

    Raises:
        UsageError: a limit is not positive.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    requests: int = 0
    cost: float = 0.0
    """Cost of answered requests, plus the maximal cost of pending ones."""

    def __post_init__(self) -> None:
        if self.max_requests is not None and self.max_requests < 1:
            raise UsageError(f"--max-requests {self.max_requests}: must be at least 1")
        if self.max_cost is not None and not 0 < self.max_cost < float("inf"):
            raise UsageError(f"--max-cost {self.max_cost:g}: must be a sum above 0")

    def reserve(self, costs: Sequence[float]) -> None:
        """Count requests before they are sent, at their maximal costs: all, or none.

        Raises:
            RunError: they would exceed a limit; nothing was counted.
        """
        cost = sum(costs)
        if self.max_requests is not None and self.requests + len(costs) > self.max_requests:
            raise RunError(f"--max-requests {self.max_requests} is reached{self._resumed}")
        if self.max_cost is not None and self.cost + cost > self.max_cost:
            raise RunError(
                f"--max-cost {self.max_cost:g} could be passed by the next request, {self.cost:.4g}"
                f" is spent{self._resumed}"
            )
        self.requests += len(costs)
        self.cost += cost

    def settle(self, reserved: float, cost: float) -> None:
        """Replace the reserved cost of a request by its actual cost."""
        self.cost += cost - reserved

    @property
    def _resumed(self) -> str:
        return (
            f" ({self.requests} requests are sent or under way); what was answered is on disk, and "
            "the same command goes on from there"
        )


def price(prices: tuple[float, float] | None, read: int, written: int) -> float:
    """Cost of tokens that were read and written; `prices` are per million tokens (None: 0)."""
    if prices is None:
        return 0.0
    return (read * prices[0] + written * prices[1]) / MILLION
