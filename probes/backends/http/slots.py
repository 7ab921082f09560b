"""How many requests are under way at a time: fewer once a server does not keep up.

A server that is slower than it is asked works on requests that were given up, and answers ever
fewer of the others in time. So each time that replies stay out, half as many are asked at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOG = logging.getLogger("probes.endpoint")


class Slots:
    """Places for requests under way; belongs to one event loop.

    Args:
        label: Of the model, for what is said.
        count: How many there are at first.
    """

    def __init__(self, label: str, count: int) -> None:
        self._label, self.count = label, count
        self._taken = self._narrowings = 0
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[int]:
        """A place, once there is one; which narrowing it came after, for `narrow`."""
        async with self._free:
            await self._free.wait_for(lambda: self._taken < self.count)
            self._taken += 1
        try:
            yield self._narrowings
        finally:
            self._taken -= 1
            async with self._free:
                self._free.notify_all()

    def narrow(self, since: int, seconds: float) -> None:
        """A request got no reply in time: half as many places, unless it began before there were
        as few as now.

        Args:
            since: What `one` gave when the request began.
            seconds: That were waited.
        """
        if since < self._narrowings or self.count == 1:
            return
        before, self.count = self.count, self.count // 2
        self._narrowings += 1
        LOG.warning(
            "%s: no reply within %g seconds with %d requests at a time; going on with %d",
            *(self._label, seconds, before, self.count),
        )
