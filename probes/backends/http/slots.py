"""Limit of concurrent requests, which is lowered when a server is too slow.

A server with more requests than it can answer keeps working on those that have timed out, so ever
fewer are answered in time. Therefore each timeout halves the number of concurrent requests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOG = logging.getLogger("probes.endpoint")


class Slots:
    """A semaphore for concurrent requests whose size can be reduced; belongs to one event loop.

    Args:
        label: The model's name, for warnings.
        count: Initial number of slots.
    """

    def __init__(self, label: str, count: int) -> None:
        self._label, self.count = label, count
        self._taken = self._narrowings = 0
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[int]:
        """Hold one slot; yields the number of reductions so far, for `narrow`."""
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
        """Halve the number of slots after a timeout, unless it was halved since the request began.

        Args:
            since: The value from `one` when the request began.
            seconds: The timeout.
        """
        if since < self._narrowings or self.count == 1:
            return
        before, self.count = self.count, self.count // 2
        self._narrowings += 1
        LOG.warning(
            "%s: no reply within %g seconds with %d requests at a time; going on with %d",
            *(self._label, seconds, before, self.count),
        )
