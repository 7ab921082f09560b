"""Requests to an OpenAI-compatible server, with rate limits, retries and a budget.

Transient faults are retried with exponential backoff: no connection, a timeout, the statuses 408,
409, 425, 429 and 5xx, a malformed body. ``Retry-After`` pauses all requests. Connections are not
reused, because extra bytes from a broken proxy would be read as the beginning of the next reply.
The API key is sent only in the request's header.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import openai
import tenacity

from probes.backends.http import errors
from probes.backends.http.bodies import Body, max_tokens
from probes.backends.http.connection import connect, label_of
from probes.backends.http.errors import TransientError
from probes.backends.http.faults import Fault, RequestRefusedError
from probes.backends.http.schema import (
    ErrorReplyError,
    Exchange,
    MalformedReplyError,
    chat,
    completion,
)
from probes.backends.http.slots import Slots
from probes.budget import Budget, price
from probes.errors import ModelError
from probes.types import Endpoint

BACKOFF = 0.5
"""Upper bound of the first wait before a retry in seconds; it doubles each time, and the wait is
drawn at random below it."""
MAX_BACKOFF = 60.0
"""Maximum seconds between two tries, unless the server asks for more."""
UNIQUE_ID_LENGTH = 24
"""Minimum length of reply ids that count as unique; some servers draw three digits."""
Create = Callable[..., Awaitable[Any]]


class Client:
    """The connection to one model of one server; belongs to one event loop.

    Args:
        name: Name of the model, for errors.
        endpoint: Its address and limits.
        budget: Budget of the whole run.

    Raises:
        ModelError: the environment variable for the key is not set.
    """

    def __init__(self, name: str, endpoint: Endpoint, budget: Budget) -> None:
        self.label = label_of(name, endpoint.url)
        self._endpoint, self._budget = endpoint, budget
        self._key = _read_key(name, endpoint.key_env)
        self._client = connect(self.label, endpoint, self._key)
        self._slots = Slots(name, endpoint.concurrency)
        self._next_start = self._paused_until = 0.0
        """By the event loop's clock: earliest start of the next request by the rate limit, and end
        of the pause that the server asked for."""
        self._request_of_reply: dict[str, bytes] = {}
        """Id of a reply -> hash of the request that it answered."""
        self.served: str | None = None
        """The server's name for the model; None before the first reply."""

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._client.close()

    async def complete(
        self,
        body: Body,
        tries: int | None = None,
        accepts: Callable[[Exchange], bool] | None = None,
        *,
        reserved: bool = False,
    ) -> Exchange:
        """Send a request to ``/completions``.

        Args:
            body: The request's body.
            tries: Maximum number of tries; None: as in models.yaml.
            accepts: Checks that a reply belongs to this request; if not, it is retried.
            reserved: Whether `reserve` has already counted it against the budget.

        Raises:
            RequestRefusedError: the server refuses the request.
            ModelError: no reply after all tries, or one from another model than before.
            RunError: the budget is used up.
        """
        create = self._client.completions.with_raw_response.create

        def read(raw: bytes) -> Exchange:
            exchange = completion(raw, self._key)
            if accepts is not None and not exchange.withheld and not accepts(exchange):
                raise MalformedReplyError("an echo of another text than was sent")
            return exchange

        if not reserved:
            self.reserve([body])
        return await self._send(create, body, read, tries)

    async def chat(self, body: Body, tries: int | None = None) -> Exchange:
        """Send a request to ``/chat/completions``. Raises as `complete` does."""
        create = self._client.chat.completions.with_raw_response.create
        self.reserve([body])
        return await self._send(create, body, lambda raw: chat(raw, self._key), tries)

    def reserve(self, bodies: Sequence[Body]) -> None:
        """Reserve budget for all requests of a prompt before the first one is sent, so that none is
        spent on an answer that cannot be completed.

        Raises:
            RunError: the budget is too small for all of them.
        """
        self._budget.reserve([self._max_price(body) for body in bodies])

    def _max_price(self, body: Body) -> float:
        """Upper bound of a request's price."""
        return price(self._endpoint.prices, *max_tokens(body))

    async def _send(
        self, create: Create, body: Body, read: Callable[[bytes], Exchange], tries: int | None
    ) -> Exchange:
        """Send a request, with retries, until it is answered or refused."""
        limit = tries or self._endpoint.tries
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            wait=tenacity.wait_random_exponential(multiplier=BACKOFF, max=MAX_BACKOFF),
            stop=tenacity.stop_after_attempt(limit),
            before_sleep=lambda _: self.reserve([body]),
            reraise=True,
        )
        try:
            exchange: Exchange = await retrying(self._send_once, create, body, read)
        except TransientError as error:
            sentence = (
                f"{self.label}: {error}, {limit} times in a row; what was answered is on disk, and "
                "the same command goes on from there"
            )
            raise (
                RequestRefusedError(sentence, str(error), str(error), error.status)
                if error.may_persist
                else ModelError(sentence)
            ) from None
        return exchange

    async def _send_once(
        self, create: Create, body: Body, read: Callable[[bytes], Exchange]
    ) -> Exchange:
        """Send a request once; raises `TransientError` for a fault that may be retried."""
        async with self._slots.one() as since:
            await self._wait_for_rate_limit()
            max_price = self._max_price(body)
            try:
                async with asyncio.timeout(self._endpoint.timeout):
                    response = await create(**body)
                exchange = read(response.content)
            except openai.APIStatusError as error:
                self._budget.settle(max_price, 0.0)  # failed requests are not charged
                raise self._error_for(errors.fault_of(error)) from None
            except ErrorReplyError as error:
                raise self._error_for(error.fault) from None
            except (TimeoutError, openai.APITimeoutError):
                self._slots.narrow(since, self._endpoint.timeout)
                raise TransientError(
                    f"no whole reply within {self._endpoint.timeout:g} seconds"
                ) from None
            except openai.APIConnectionError as error:
                reason = errors.redact(str(error.__cause__ or error), self._key)
                raise TransientError(f"cannot be reached, or hangs up ({reason})") from None
            except MalformedReplyError as error:
                raise TransientError(f"sends {error}", may_persist=True) from None
            if exchange.usage is not None:
                self._budget.settle(max_price, price(self._endpoint.prices, *exchange.usage))
            return self._check_reply(exchange, body)

    def _error_for(self, fault: Fault) -> Exception:
        """The exception for a fault; pauses all requests if it asks to wait."""
        error = errors.error_for_fault(fault, self.label, self._endpoint, self._key)
        if isinstance(error, TransientError):
            self._pause(error.wait)
        return error

    async def _wait_for_rate_limit(self) -> None:
        """Wait until rate limit and pause allow a request to begin."""
        clock, start = asyncio.get_running_loop().time, 0.0
        if self._endpoint.per_minute:
            start = max(clock(), self._next_start)
            self._next_start = start + 60 / self._endpoint.per_minute
        while (remaining := max(start, self._paused_until) - clock()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(remaining)

    def _pause(self, seconds: float) -> None:
        """Let no request begin for this number of seconds."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    def _check_reply(self, exchange: Exchange, body: Body) -> Exchange:
        """The reply; raises an error if its id belongs to another request, or the model changed."""
        request = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        if (
            len(exchange.id) >= UNIQUE_ID_LENGTH
            and self._request_of_reply.setdefault(exchange.id, request) != request
        ):
            raise TransientError("sends a reply that it gave before")
        if exchange.withheld and not exchange.model:
            return exchange
        if self.served is None:
            self.served = exchange.model
        if exchange.model != self.served:
            raise ModelError(
                f"{self.label}: answers as {exchange.model!r} now and was {self.served!r} before; "
                "use another --out for the other model"
            )
        return exchange


def _read_key(name: str, variable: str) -> str:
    """The API key in an environment variable; empty if none is needed."""
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ModelError(f"{name}: the environment variable {variable}, for its key, is not set")
    if not key.isascii() or not key.isprintable():
        raise ModelError(f"{name}: what is in {variable} is no key: not printable ASCII")
    return key
