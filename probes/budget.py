"""What a run may send to endpoints, in requests and in money, and what it has sent.

Every request is reserved at the most that it can cost before it is sent, and settled at what its
reply says that it did cost: a limit is never passed, whatever comes back. One budget counts for
all models of a run. Does not know HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from probes.errors import RunError, UsageError

MILLION = 1_000_000


@dataclass(slots=True)
class Budget:
    """Limits of one session, and what was used of them.

    Args:
        max_requests: Requests, those that failed counted, too; None: any number.
        max_cost: In the currency of the models' prices; None: any sum.

    Raises:
        UsageError: a limit makes no sense.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    requests: int = 0
    cost: float = 0.0
    """Of what was answered, and the most that the rest can have cost."""

    def __post_init__(self) -> None:
        if self.max_requests is not None and self.max_requests < 1:
            raise UsageError(f"--max-requests {self.max_requests}: must be at least 1")
        if self.max_cost is not None and not 0 < self.max_cost < float("inf"):
            raise UsageError(f"--max-cost {self.max_cost:g}: must be a sum above 0")

    def reserve(self, costs: Sequence[float]) -> None:
        """Count requests before they are sent, at the most that each can cost: all, or none.

        Raises:
            RunError: they would pass a limit; nothing was counted.
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
        """What a reserved request did cost."""
        self.cost += cost - reserved

    @property
    def _resumed(self) -> str:
        return (
            f" ({self.requests} requests are sent or under way); what was answered is on disk, and "
            "the same command goes on from there"
        )


def price(prices: tuple[float, float] | None, read: int, written: int) -> float:
    """What tokens cost, in the currency of the prices; 0 where there are none."""
    if prices is None:
        return 0.0
    return (read * prices[0] + written * prices[1]) / MILLION
