"""One request to an OpenAI-compatible server, until it is answered or cannot be.

Within limits (so many at once, so many a minute, a budget), sent again after what may pass: no
connection, a timeout, 408, 409, 425, 429, 5xx, a body that is not what was asked for.
``Retry-After`` holds for all requests. Connections are not used twice: what a broken proxy sends
after a reply would else be taken for the next one. The key reaches the request's header only.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import openai
import tenacity

from probes.backends.http import errors
from probes.backends.http.errors import RequestRefusedError, TransientError
from probes.backends.http.schema import Exchange, MalformedReplyError, chat, completion
from probes.budget import Budget, price
from probes.errors import ModelError
from probes.types import Endpoint

BACKOFF = 0.5
"""Seconds, at most, before a request is sent a second time; they double, and are drawn."""
LONGEST = 60.0
"""Most seconds between two tries, unless the server asks for more."""
UNIQUE = 24
"""Ids of replies are unique from so many characters on; some servers draw three digits."""
OVERHEAD = 64
"""Tokens, at most, that a chat template adds to a turn."""
Body = Mapping[str, Any]
Create = Callable[..., Awaitable[Any]]
UNSENT = ("OpenAI-Organization", "OpenAI-Project")
"""Headers that `openai` fills from the environment, whatever server it is."""


class Client:
    """A server, as one model of it is asked; lives in one event loop.

    Args:
        name: Of the model, for errors.
        there: Where it is, and within which limits.
        budget: Of the whole run.

    Raises:
        ModelError: the variable that should hold the key is not set.
    """

    def __init__(self, name: str, there: Endpoint, budget: Budget) -> None:
        self.who = f"{name}: {there.url}"
        self._there, self._budget = there, budget
        self._key = _key(name, there.key_env)
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=there.url,
            max_retries=0,
            timeout=there.timeout,
            default_headers={"Connection": "close", **dict.fromkeys(UNSENT, openai.Omit())},
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )
        self._slots = asyncio.Semaphore(there.concurrency)
        self._next = self._paused = 0.0
        """When, by the loop's clock, the next request may begin at the rate, and any at all."""
        self._seen: dict[str, bytes] = {}
        """Id of a reply -> hash of what was asked."""
        self.served: str | None = None
        """What the server calls the model, from its first reply on."""

    async def close(self) -> None:
        """Close what is open."""
        await self._client.close()

    async def complete(
        self,
        body: Body,
        tries: int | None = None,
        holds: Callable[[Exchange], bool] | None = None,
        *,
        reserved: bool = False,
    ) -> Exchange:
        """A text goes on: ``/completions``.

        Args:
            body: Of the request.
            tries: How often it is sent; None: as the entry has it.
            holds: Whether a reply can be one to this request.
            reserved: `reserve` has counted it.

        Raises:
            Refusal: the server does not do that.
            ModelError: it does not answer, in so many tries; or as another model than before.
            RunError: the budget is used up.
        """
        create = self._client.completions.with_raw_response.create

        def read(raw: bytes) -> Exchange:
            sent = completion(raw)
            if holds is not None and not holds(sent):
                raise MalformedReplyError("an echo of another text than was sent")
            return sent

        if not reserved:
            self.reserve([body])
        return await self._send(create, body, read, tries)

    async def chat(self, body: Body, tries: int | None = None) -> Exchange:
        """A turn is answered: ``/chat/completions``. Raises as `complete` does."""
        create = self._client.chat.completions.with_raw_response.create
        self.reserve([body])
        return await self._send(create, body, chat, tries)

    def reserve(self, bodies: Sequence[Body]) -> None:
        """Count requests that belong together before the first of them is sent: else a budget could
        be spent on the beginnings of answers.

        Raises:
            RunError: it does not reach for all of them.
        """
        self._budget.reserve([self._worst(body) for body in bodies])

    def _worst(self, body: Body) -> float:
        """The most that a request can cost."""
        return price(self._there.prices, *most_tokens(body))

    async def _send(
        self, create: Create, body: Body, read: Callable[[bytes], Exchange], tries: int | None
    ) -> Exchange:
        most = tries or self._there.tries
        again = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            wait=tenacity.wait_random_exponential(multiplier=BACKOFF, max=LONGEST),
            stop=tenacity.stop_after_attempt(most),
            before_sleep=lambda _: self.reserve([body]),
            reraise=True,
        )
        try:
            sent: Exchange = await again(self._once, create, body, read)
        except TransientError as fault:
            sentence = (
                f"{self.who}: {fault}, {most} times in a row; what was answered is on disk, and "
                "the same command goes on from there"
            )
            raise (
                RequestRefusedError(sentence, str(fault)) if fault.broken else ModelError(sentence)
            ) from None
        return sent

    async def _once(
        self, create: Create, body: Body, read: Callable[[bytes], Exchange]
    ) -> Exchange:
        async with self._slots:
            await self._turn()
            worst = self._worst(body)
            try:
                async with asyncio.timeout(self._there.timeout):
                    response = await create(**body)
                sent = read(response.content)
            except openai.APIStatusError as error:
                self._budget.settle(worst, 0.0)  # nobody charges for a fault of their own
                fault = errors.meaning(error, self.who, self._there, self._key)
                if isinstance(fault, TransientError):
                    self._pause(fault.wait)
                raise fault from None
            except (TimeoutError, openai.APITimeoutError):
                raise TransientError(
                    f"no whole reply within {self._there.timeout:g} seconds"
                ) from None
            except openai.APIConnectionError as error:
                why = errors.clean(str(error.__cause__ or error), self._key)
                raise TransientError(f"cannot be reached, or hangs up ({why})") from None
            except MalformedReplyError as error:
                raise TransientError(f"sends {error}", broken=True) from None
            if sent.usage is not None:
                self._budget.settle(worst, price(self._there.prices, *sent.usage))
            return self._known(sent, body)

    async def _turn(self) -> None:
        """Wait until a request may begin."""
        clock, begin = asyncio.get_running_loop().time, 0.0
        if self._there.per_minute:
            begin = max(clock(), self._next)
            self._next = begin + 60 / self._there.per_minute
        while (left := max(begin, self._paused) - clock()) > 0:  # noqa: ASYNC110 -- time, not events
            await asyncio.sleep(left)

    def _pause(self, seconds: float) -> None:
        """Nothing is sent for so long."""
        self._paused = max(self._paused, asyncio.get_running_loop().time() + seconds)

    def _known(self, sent: Exchange, body: Body) -> Exchange:
        """The reply, unless it was given before, to something else, or by another model."""
        asked = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        if len(sent.id) >= UNIQUE and self._seen.setdefault(sent.id, asked) != asked:
            raise TransientError("sends a reply that it gave before")
        if self.served is None:
            self.served = sent.model
        if sent.model != self.served:
            raise ModelError(
                f"{self.who}: answers as {sent.model!r} now and was {self.served!r} before; use "
                "another --out for the other model"
            )
        return sent


def most_tokens(body: Body) -> tuple[int, int]:
    """The most tokens that a request can have read and written: no token is less than a byte."""
    said = body["prompt"] if "prompt" in body else body["messages"][0]["content"]
    written = body["max_tokens"] if "max_tokens" in body else body["max_completion_tokens"]
    return len(said.encode()) + OVERHEAD, written


def _key(name: str, variable: str) -> str:
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ModelError(f"{name}: the environment variable {variable}, for its key, is not set")
    if not key.isascii() or not key.isprintable():
        raise ModelError(f"{name}: what is in {variable} is no key: not printable ASCII")
    return key
