"""Detecting the abilities of a model at an endpoint by test requests.

A status 200 proves nothing, since servers ignore unknown parameters, nor does a list of models.
Log-probabilities of a prompt are trusted if tokens written by the server get the same values when
they are sent back. The first ability in this order is used: log-probabilities of the prompt, top
log-probabilities of a chat's first token, the text of a chat, the text of a completion.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from probes.backends.http.bodies import QUESTION, Body, chat_body, echo_body, sampling, without
from probes.backends.http.client import Client
from probes.backends.http.echo import read_echo
from probes.backends.http.estimate import Abilities
from probes.backends.http.faults import RequestRefusedError
from probes.backends.http.first_replies import is_empty
from probes.backends.http.schema import Exchange
from probes.errors import ModelError
from probes.replies.thinking import without_thinking
from probes.types import Writing

SAMPLE_TEXTS = (
    "One, two, three, four, five, six,",
    "The colours are red, green, blue,",
    "a b c d e f g",
)
TRIES_PER_TEXT = 4
"""Tries for each text, in case the written token is tokenized differently when sent back."""
OPTIONAL = ("seed", "temperature", "top_p", "top_k")
"""Parameters that are left out if a server refuses them by name."""
NUMBERED = "token_id:"
"""Prefix of tokens on servers that are configured to return token ids."""
TOP_COUNTS = (20, 5)
"""Numbers of top log-probabilities to ask for, in order; many servers have a limit."""
ROOMS = (0, 1024, 4096)
"""Tokens to add to the limit of replies, in order, for models that think first."""
LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
"""Names of the parameter that limits a reply's tokens: the usual one, and that of some servers."""
LOGPROB_TOLERANCE = 1e-2
"""Maximum difference between a token's log-probability when written and when read in the prompt;
also the tolerance by which top probabilities may sum to more than 1."""
TRIES = 5
"""Tries of each test request; few, because a status 500 may mean that the server lacks an
ability."""


class Trial:
    """Detects a model's abilities.

    Args:
        client: Client of its server.
        model: Its id on the server.
        writing: Writing settings of the run.
    """

    def __init__(self, client: Client, model: str, writing: Writing) -> None:
        self._client, self._model, self._writing = client, model, writing
        self._refused = dict[str, None]()
        self._limit_name = LIMIT_NAMES[0]

    async def detect(self, *, chat: bool | None) -> Abilities:
        """Find the first ability that the model has.

        Args:
            chat: True: only chat requests; False: only completion requests; None: both.

        Raises:
            ModelError: it has none; gives the server's reason for each request.
        """
        attempts: list[tuple[str, bool, Callable[[], Awaitable[Abilities | None]]]] = [
            ("prompt log-probabilities", False, self._try_prompt_logprobs),
            ("top log-probabilities", True, self._try_top_logprobs),
            ("text of a chat", True, partial(self._try_text, chat=True)),
            ("text of a completion", False, partial(self._try_text, chat=False)),
        ]
        failures = dict[str, str]()
        for name, uses_chat, attempt in attempts:
            if chat in (None, uses_chat):
                self._refused.clear()
                try:
                    # Twice, because a proxy may have returned the reply to another request.
                    abilities = await attempt() or await attempt()
                except RequestRefusedError as error:
                    abilities, failures[name] = None, error.reason
                if abilities is not None:
                    return replace(abilities, refuses=tuple(self._refused))
                failures.setdefault(name, "nothing of the kind came back")
        sentence = "; ".join(f"{name}: {failure}" for name, failure in failures.items())
        if len(set(failures.values())) == 1:  # such as an unknown model
            sentence = next(iter(failures.values()))
        hint = "" if chat is None else f" (asked with --{'' if chat else 'no-'}chat)"
        raise ModelError(
            f"{self._client.label}: cannot be asked as model {self._model!r}{hint}: {sentence}"
        )

    async def _try_prompt_logprobs(self) -> Abilities | None:
        """Compare a token's log-probability when written and when sent back in the prompt."""
        for seed, text in enumerate(SAMPLE_TEXTS * TRIES_PER_TEXT):
            exchange = await self._send(echo_body(self._model, text, seed))
            if exchange.entries is None or (prompt_echo := read_echo(text, exchange)) is None:
                return None
            begin = len(prompt_echo.logprobs)
            written = dict(
                zip(exchange.entries.tokens[begin:], exchange.entries.logprobs[begin:], strict=True)
            )
            for token, logprob in written.items():
                second = await self._send(echo_body(self._model, text + token, seed))
                second_echo = read_echo(text + token, second)
                tokens = second.entries.tokens if second.entries else ()
                if (
                    token
                    and second_echo
                    and logprob is not None
                    and tokens[len(second_echo.logprobs) - 1] == token
                ):
                    logprob_read = second_echo.logprobs[-1]
                    agrees = logprob_read is not None and math.isclose(
                        logprob_read, logprob, abs_tol=LOGPROB_TOLERANCE
                    )
                    return Abilities("prompt log-probabilities", chat=False) if agrees else None
        return None  # every written token was tokenized differently when sent back

    async def _try_top_logprobs(self) -> Abilities | None:
        """Ask for top log-probabilities; valid if they differ and sum to a probability up to 1."""
        turn = {**chat_body(self._model, QUESTION), "logprobs": True, "temperature": 1.0}
        for top in TOP_COUNTS:
            try:
                exchange = await self._limited({**turn, "top_logprobs": top}, 1)
            except RequestRefusedError:
                if top == TOP_COUNTS[-1]:
                    raise
                continue
            numbers = [number for _, number in exchange.top]
            if not _are_readable(exchange.top):
                return None
            if len(set(numbers)) > 1 and sum(map(math.exp, numbers)) <= 1 + LOGPROB_TOLERANCE:
                name = self._limit_name
                return Abilities("top log-probabilities", chat=True, top=top, limit_name=name)
            return None
        return None

    async def _try_text(self, *, chat: bool) -> Abilities | None:
        """Ask for a reply as the run will; with more tokens if it is truncated while thinking."""
        turn = chat_body(self._model, QUESTION)
        body = turn if chat else {"model": self._model, "prompt": SAMPLE_TEXTS[0]}
        body |= sampling(self._writing, 0)
        for room in ROOMS if chat else ROOMS[:1]:
            exchange = await self._limited(body, self._writing.tokens + room)
            if not is_empty(exchange.text):
                name = self._limit_name if chat else LIMIT_NAMES[0]
                return Abilities("text", chat=chat, limit_name=name, room=room)
            if exchange.finish != "length" and not exchange.text.strip():
                return None
        return None

    async def _limited(self, body: Body, tokens: int) -> Exchange:
        """The reply with a limit of `tokens`, trying both names of the limit."""
        try:
            return await self._send({**body, self._limit_name: tokens})
        except RequestRefusedError as error:
            if "prompt" in body or not any(map(error.names, LIMIT_NAMES)):
                raise
        other = next(name for name in LIMIT_NAMES if name != self._limit_name)
        exchange = await self._send({**body, other: tokens})
        self._limit_name = other
        return exchange

    async def _send(self, body: Body) -> Exchange:
        """The reply to a request, dropping optional parameters that the server refuses by name."""
        send = self._client.complete if "prompt" in body else self._client.chat
        while True:
            reduced = without(body, self._refused)
            try:
                return await send(reduced, TRIES)
            except RequestRefusedError as error:
                sent = reduced | reduced.get("extra_body", {})
                named = [name for name in OPTIONAL if name in sent and error.names(name)]
                if not named:
                    raise
                self._refused |= dict.fromkeys(named)


def _are_readable(top: Sequence[tuple[str, float]]) -> bool:
    """Whether the likeliest first token is text of a reply: not a token id, nor thinking."""
    likeliest = max(top, key=lambda entry: entry[1], default=("", 0.0))[0]
    return not likeliest.startswith(NUMBERED) and without_thinking(likeliest) is not None
