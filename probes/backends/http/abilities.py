"""What a model behind an endpoint can do: found by asking it, never taken from what it says it is.

A status 200 shows nothing, since servers ignore what they do not know; nor does a list of models.
Log-probabilities of a prompt are believed if tokens that the server wrote have the same ones when
they are sent back. In this order, the first that came back is used: log-probabilities of the
prompt, of the likeliest first tokens of a chat, a chat's text, a completion's text.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from probes.backends.http.client import Client
from probes.backends.http.echo import echo
from probes.backends.http.errors import RequestRefusedError
from probes.backends.http.estimate import Abilities
from probes.backends.http.schema import Exchange
from probes.errors import ModelError

TEXTS = ("One, two, three, four, five, six,", "The colours are red, green, blue,", "a b c d e f g")
QUESTION = "Is the sky blue? Answer yes or no."
AGAIN = 4
"""Times that each text is tried where the token written is read as others."""
TOPS = (20, 5)
"""Likeliest first tokens that are asked for; many servers have a limit."""
ROOM = (16, 1024)
"""Tokens of a chat's reply: few, or, where it thought that long, more."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""What the most tokens of a reply are called, and what some servers call them instead."""
SAME = 1e-2
"""By so much may a token's log-probability differ when it is read instead of written."""
TRIES = 5
"""Of each request here: a status 500 may mean that a server cannot do what is asked."""


async def ability(wire: Client, model: str, *, chat: bool | None) -> Abilities:
    """What the model can do.

    Args:
        wire: To its server.
        model: What it is called there.
        chat: Only by turns, or only by texts that go on; None: either.

    Raises:
        ModelError: it does not answer in any of these ways; says what it said to each.
    """
    ways: list[tuple[str, bool, Callable[[Client, str], Awaitable[Abilities | None]]]] = [
        ("prompt log-probabilities", False, _echoes),
        ("top log-probabilities", True, _tops),
        ("text of a chat", True, _talks),
        ("text of a completion", False, _writes),
    ]
    said = dict[str, str]()
    for name, turns, way in ways:
        if chat in (None, turns):
            try:
                # What is missing twice is missing; once, a reply to something else may have come.
                found = await way(wire, model) or await way(wire, model)
            except RequestRefusedError as error:
                found, said[name] = None, error.words
            if found is not None:
                return found
            said.setdefault(name, "nothing of the kind came back")
    told = "; ".join(f"{name}: {what}" for name, what in said.items())
    if len(set(said.values())) == 1:  # as where there is no such model
        told = next(iter(said.values()))
    hint = "" if chat is None else f" (asked with --{'' if chat else 'no-'}chat)"
    raise ModelError(f"{wire.who}: cannot be asked as model {model!r}{hint}: {told}")


async def _echoes(wire: Client, model: str) -> Abilities | None:
    """Have a token written with its log-probability, send it back, and compare."""
    for seed, text in enumerate(TEXTS * AGAIN):
        body = {"model": model, "temperature": 1.0, "seed": seed, "max_tokens": 1, "logprobs": 1}
        sent = await wire.complete({**body, "prompt": text, "echo": True}, TRIES)
        if sent.listed is None or (before := echo(text, sent)) is None:
            return None
        begin = len(before.logprobs)
        written = dict(zip(sent.listed.tokens[begin:], sent.listed.logprobs[begin:], strict=True))
        for token, logprob in written.items():
            again = await wire.complete({**body, "prompt": text + token, "echo": True}, TRIES)
            read = echo(text + token, again)
            tokens = again.listed.tokens if again.listed else ()
            if token and read and logprob is not None and tokens[len(read.logprobs) - 1] == token:
                back = read.logprobs[-1]
                same = back is not None and math.isclose(back, logprob, abs_tol=SAME)
                return Abilities("prompt log-probabilities", chat=False) if same else None
    return None  # what it writes is read as other tokens, every time


async def _tops(wire: Client, model: str) -> Abilities | None:
    """Ask for the likeliest first tokens; believed if their probabilities can be."""
    for top in TOPS:
        body = {**turn(model, QUESTION), "logprobs": True, "top_logprobs": top, "temperature": 1.0}
        try:
            sent, limit = await _chatted(wire, body, 1)
        except RequestRefusedError:
            if top == TOPS[-1]:
                raise
            continue
        numbers = [number for _, number in sent.top]
        if len(set(numbers)) > 1 and sum(map(math.exp, numbers)) <= 1 + SAME:
            return Abilities("top log-probabilities", chat=True, top=top, limit=limit)
        return None
    return None


async def _talks(wire: Client, model: str) -> Abilities | None:
    """Ask something; who thinks before it speaks needs more room for it."""
    for most in ROOM:
        sent, limit = await _chatted(wire, turn(model, QUESTION), most)
        if sent.text.strip():
            return Abilities("text", chat=True, limit=limit)
        if sent.finish != "length":
            return None
    return None


async def _chatted(wire: Client, body: dict[str, object], most: int) -> tuple[Exchange, str]:
    """A chat's reply of so many tokens, and what the server calls that number."""
    try:
        return await wire.chat({**body, LIMITS[0]: most}, TRIES), LIMITS[0]
    except RequestRefusedError as error:
        if LIMITS[1] not in error.words:
            raise
    return await wire.chat({**body, LIMITS[1]: most}, TRIES), LIMITS[1]


async def _writes(wire: Client, model: str) -> Abilities | None:
    body = {"model": model, "prompt": TEXTS[0], "max_tokens": 16}
    sent = await wire.complete(body, TRIES)
    return Abilities("text", chat=False) if sent.text else None


def turn(model: str, said: str) -> dict[str, object]:
    """The body of a chat with one user's turn."""
    return {"model": model, "messages": [{"role": "user", "content": said}]}
