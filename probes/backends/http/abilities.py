"""What a model behind an endpoint can do, found by sending it test requests.

A status 200 shows nothing, since servers ignore parameters that they do not know; a list of models
shows nothing either. Log-probabilities of a prompt are trusted if tokens that the server wrote have
the same ones when they are sent back. The first ability in this order is used: log-probabilities of
the prompt, top log-probabilities of a chat's first token, the text of a chat, the text of a
completion.
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
"""How often each text is tried, where the token written is tokenised otherwise when sent back."""
OPTIONAL = ("seed", "temperature", "top_p", "top_k")
"""Parameters that are left out where a server refuses them by name."""
NUMBERED = "token_id:"
"""How some servers begin a token where they were told to give its number."""
TOP_COUNTS = (20, 5)
"""Numbers of top log-probabilities to ask for, in order; many servers have a limit."""
ROOMS = (0, 1024, 4096)
"""Tokens beyond those of the run's replies: none, then more, for models that think first."""
LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
"""Names of the parameter that limits a reply's tokens: the usual one, and that of some servers."""
LOGPROB_TOLERANCE = 1e-2
"""Largest difference between a token's log-probability when written and when read as part of the
prompt; also by how much top probabilities may sum to more than 1."""
TRIES = 5
"""Tries of each request in this module: a status 500 may mean that a server cannot do it at all."""


class Trial:
    """Finds out what a model can do.

    Args:
        client: Of its server.
        model: Its id on the server.
        writing: How the run will have replies written.
    """

    def __init__(self, client: Client, model: str, writing: Writing) -> None:
        self._client, self._model, self._writing = client, model, writing
        self._refused = dict[str, None]()
        self._limit_name = LIMIT_NAMES[0]

    async def detect(self, *, chat: bool | None) -> Abilities:
        """What the model can do.

        Args:
            chat: True: only chat requests; False: only completion requests; None: either.

        Raises:
            ModelError: none of the requests was answered; gives the server's reason for each.
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
                    # Twice: a proxy may have sent the reply to another request the first time.
                    abilities = await attempt() or await attempt()
                except RequestRefusedError as error:
                    abilities, failures[name] = None, error.reason
                if abilities is not None:
                    return replace(abilities, refuses=tuple(self._refused))
                failures.setdefault(name, "nothing of the kind came back")
        sentence = "; ".join(f"{name}: {failure}" for name, failure in failures.items())
        if len(set(failures.values())) == 1:  # as where there is no such model
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
        return None  # every written token was tokenised otherwise when it was sent back

    async def _try_top_logprobs(self) -> Abilities | None:
        """Ask for top log-probabilities; they count if they differ and sum to at most 1."""
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
        """Ask for a reply as the run will; with more room if it was cut off while thinking."""
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
        """The reply of at most `tokens` tokens, under the server's name for that limit."""
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
        """The reply to a request, without what the server refuses by name."""
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
    """Whether a reply's first tokens are words of it: not numbers of tokens, nor a thought."""
    likeliest = max(top, key=lambda entry: entry[1], default=("", 0.0))[0]
    return not likeliest.startswith(NUMBERED) and without_thinking(likeliest) is not None
