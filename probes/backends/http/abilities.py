"""What a model behind an endpoint can do, found by sending it test requests.

A status 200 shows nothing, since servers ignore parameters that they do not know; a list of models
shows nothing either. Log-probabilities of a prompt are trusted if tokens that the server wrote have
the same ones when they are sent back. The first ability in this order is used: log-probabilities of
the prompt, top log-probabilities of a chat's first token, the text of a chat, the text of a
completion.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from probes.backends.http.bodies import chat_body, echo_body
from probes.backends.http.client import Client
from probes.backends.http.echo import read_echo
from probes.backends.http.errors import RequestRefusedError
from probes.backends.http.estimate import Abilities
from probes.backends.http.schema import Exchange
from probes.errors import ModelError

SAMPLE_TEXTS = (
    "One, two, three, four, five, six,",
    "The colours are red, green, blue,",
    "a b c d e f g",
)
QUESTION = "Is the sky blue? Answer yes or no."
TRIES_PER_TEXT = 4
"""How often each text is tried, where the token written is tokenised otherwise when sent back."""
TOP_COUNTS = (20, 5)
"""Numbers of top log-probabilities to ask for, in order; many servers have a limit."""
REPLY_TOKENS = (16, 1024)
"""Most tokens of a test chat's reply: few, then more, for models that think first."""
LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
"""Names of the parameter that limits a reply's tokens: the usual one, and that of some servers."""
LOGPROB_TOLERANCE = 1e-2
"""Largest difference between a token's log-probability when written and when read as part of the
prompt; also by how much top probabilities may sum to more than 1."""
TRIES = 5
"""Tries of each request in this module: a status 500 may mean that a server cannot do it at all."""


async def detect_abilities(client: Client, model: str, *, chat: bool | None) -> Abilities:
    """What the model can do.

    Args:
        client: Of its server.
        model: Its id on the server.
        chat: True: only chat requests; False: only completion requests; None: either.

    Raises:
        ModelError: none of the requests was answered; gives the server's reason for each.
    """
    attempts: list[tuple[str, bool, Callable[[Client, str], Awaitable[Abilities | None]]]] = [
        ("prompt log-probabilities", False, _try_prompt_logprobs),
        ("top log-probabilities", True, _try_top_logprobs),
        ("text of a chat", True, _try_chat),
        ("text of a completion", False, _try_completion),
    ]
    failures = dict[str, str]()
    for name, uses_chat, attempt in attempts:
        if chat in (None, uses_chat):
            try:
                # Twice: a proxy may have sent the reply to another request the first time.
                abilities = await attempt(client, model) or await attempt(client, model)
            except RequestRefusedError as error:
                abilities, failures[name] = None, error.reason
            if abilities is not None:
                return abilities
            failures.setdefault(name, "nothing of the kind came back")
    sentence = "; ".join(f"{name}: {failure}" for name, failure in failures.items())
    if len(set(failures.values())) == 1:  # as where there is no such model
        sentence = next(iter(failures.values()))
    hint = "" if chat is None else f" (asked with --{'' if chat else 'no-'}chat)"
    raise ModelError(f"{client.label}: cannot be asked as model {model!r}{hint}: {sentence}")


async def _try_prompt_logprobs(client: Client, model: str) -> Abilities | None:
    """Compare a token's log-probability when written and when sent back as part of the prompt."""
    for seed, text in enumerate(SAMPLE_TEXTS * TRIES_PER_TEXT):
        exchange = await client.complete(echo_body(model, text, seed), TRIES)
        if exchange.entries is None or (prompt_echo := read_echo(text, exchange)) is None:
            return None
        begin = len(prompt_echo.logprobs)
        written = dict(
            zip(exchange.entries.tokens[begin:], exchange.entries.logprobs[begin:], strict=True)
        )
        for token, logprob in written.items():
            second = await client.complete(echo_body(model, text + token, seed), TRIES)
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


async def _try_top_logprobs(client: Client, model: str) -> Abilities | None:
    """Ask for top log-probabilities; they count if they differ and sum to at most 1."""
    for top in TOP_COUNTS:
        body = {
            **chat_body(model, QUESTION),
            "logprobs": True,
            "top_logprobs": top,
            "temperature": 1.0,
        }
        try:
            exchange, limit = await _chat_reply(client, body, 1)
        except RequestRefusedError:
            if top == TOP_COUNTS[-1]:
                raise
            continue
        numbers = [number for _, number in exchange.top]
        if len(set(numbers)) > 1 and sum(map(math.exp, numbers)) <= 1 + LOGPROB_TOLERANCE:
            return Abilities("top log-probabilities", chat=True, top=top, limit_name=limit)
        return None
    return None


async def _try_chat(client: Client, model: str) -> Abilities | None:
    """Ask for a chat reply; more tokens are allowed if the first try was cut off while thinking."""
    for limit_tokens in REPLY_TOKENS:
        exchange, limit = await _chat_reply(client, chat_body(model, QUESTION), limit_tokens)
        if exchange.text.strip():
            return Abilities("text", chat=True, limit_name=limit)
        if exchange.finish != "length":
            return None
    return None


async def _chat_reply(client: Client, body: dict[str, object], tokens: int) -> tuple[Exchange, str]:
    """A chat's reply of at most `tokens` tokens, and the server's name for that limit."""
    try:
        return await client.chat({**body, LIMIT_NAMES[0]: tokens}, TRIES), LIMIT_NAMES[0]
    except RequestRefusedError as error:
        if LIMIT_NAMES[1] not in error.reason:
            raise
    return await client.chat({**body, LIMIT_NAMES[1]: tokens}, TRIES), LIMIT_NAMES[1]


async def _try_completion(client: Client, model: str) -> Abilities | None:
    """Ask for a completion's text."""
    body = {"model": model, "prompt": SAMPLE_TEXTS[0], "max_tokens": 16}
    exchange = await client.complete(body, TRIES)
    return Abilities("text", chat=False) if exchange.text else None
