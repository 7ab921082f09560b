"""What a model behind an endpoint can do: found by asking it, never taken from what it says it is.

A status 200 shows nothing, since servers ignore what they do not know; nor does a list of models.
Log-probabilities of a prompt are believed if tokens that the server wrote have the same ones when
they are sent back. In this order, the first that came back is used: log-probabilities of the
prompt, of the likeliest first tokens of a chat, a chat's text, a completion's text.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from probes.backends.http.exact import echo
from probes.backends.http.shapes import Sent
from probes.backends.http.statuses import Refusal
from probes.backends.http.wire import Wire
from probes.errors import ModelError
from probes.types import Gives

TEXTS = ("One, two, three, four, five, six,", "The colours are red, green, blue,", "a b c d e f g")
QUESTION = "Is the sky blue? Answer yes or no."
WRITTEN = 4
"""Tokens that a completion is to write."""
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


@dataclass(frozen=True, slots=True)
class Ability:
    """What came back."""

    gives: Gives
    chat: bool
    top: int = 0
    """Likeliest first tokens that it tells of."""
    limit: str = "max_tokens"
    """What it calls the most tokens of a reply."""


async def ability(wire: Wire, model: str, *, chat: bool | None) -> Ability:
    """What the model can do.

    Args:
        wire: To its server.
        model: What it is called there.
        chat: Only by turns, or only by texts that go on; None: either.

    Raises:
        ModelError: it does not answer in any of these ways; says what it said to each.
    """
    ways: list[tuple[str, bool, Callable[[Wire, str], Awaitable[Ability | None]]]] = [
        ("prompt log-probabilities", False, _echoes),
        ("top log-probabilities", True, _tops),
        ("text of a chat", True, _talks),
        ("text of a completion", False, _writes),
    ]
    said = dict[str, str]()
    for name, turns, way in ways:
        if chat in (None, turns):
            try:
                found = await way(wire, model)
            except Refusal as error:
                found, said[name] = None, str(error).removeprefix(f"{wire.who}: ")
            if found is not None:
                return found
            said.setdefault(name, "nothing of the kind came back")
    told = "; ".join(f"{name}: {what}" for name, what in said.items())
    hint = "" if chat is None else f" (asked with --{'' if chat else 'no-'}chat)"
    raise ModelError(f"{wire.who}: cannot be asked as model {model!r}{hint}: {told}")


async def _echoes(wire: Wire, model: str) -> Ability | None:
    """Write some tokens with their log-probabilities, send them back, and compare."""
    for text in TEXTS:
        asked = {"model": model, "temperature": 1.0, "seed": 0, "logprobs": 1, "echo": True}
        sent = await wire.complete({**asked, "prompt": text, "max_tokens": WRITTEN}, TRIES)
        if not (written := _behind(text, sent)):
            return None
        longer = text + "".join(token for token, _ in written)
        again = await wire.complete({**asked, "prompt": longer, "max_tokens": 1}, TRIES)
        read = echo(longer, again, {})
        if again.listed is None or read is None:
            continue
        begin = len(read.encoded.ids) - len(written)
        numbers = zip(again.listed.tokens[begin:], read.logprobs[begin:], written, strict=False)
        same = [(a, b) for token, a, (other, b) in numbers if token == other]
        if same:  # else its tokens are read as others than they were written as: try another text
            equal = all(a is not None and math.isclose(a, b, abs_tol=SAME) for a, b in same)
            return Ability("prompt log-probabilities", chat=False) if equal else None
    return None


def _behind(text: str, sent: Sent) -> list[tuple[str, float]]:
    """The tokens behind an echoed text, up to one without text, with their log-probabilities."""
    read, found = echo(text, sent, {}), list[tuple[str, float]]()
    if read is None or sent.listed is None:
        return []
    begin = len(read.encoded.ids)
    for token, number in zip(sent.listed.tokens[begin:], sent.listed.logprobs[begin:], strict=True):
        if not token or not token.isprintable() or number is None:
            break
        found.append((token, number))
    return found


async def _tops(wire: Wire, model: str) -> Ability | None:
    """Ask for the likeliest first tokens; believed if their probabilities can be."""
    for top in TOPS:
        body = {**turn(model, QUESTION), "logprobs": True, "top_logprobs": top, "temperature": 1.0}
        try:
            sent, limit = await _chatted(wire, body, 1)
        except Refusal:
            if top == TOPS[-1]:
                raise
            continue
        numbers = [number for _, number in sent.top]
        if len(set(numbers)) > 1 and sum(map(math.exp, numbers)) <= 1 + SAME:
            return Ability("top log-probabilities", chat=True, top=top, limit=limit)
        return None
    return None


async def _talks(wire: Wire, model: str) -> Ability | None:
    """Ask something; who thinks before it speaks needs more room for it."""
    for most in ROOM:
        sent, limit = await _chatted(wire, turn(model, QUESTION), most)
        if sent.text.strip():
            return Ability("text", chat=True, limit=limit)
        if sent.finish != "length":
            return None
    return None


async def _chatted(wire: Wire, body: dict[str, object], most: int) -> tuple[Sent, str]:
    """A chat's reply of so many tokens, and what the server calls that number."""
    try:
        return await wire.chat({**body, LIMITS[0]: most}, TRIES), LIMITS[0]
    except Refusal as error:
        if LIMITS[1] not in error.words:
            raise
    return await wire.chat({**body, LIMITS[1]: most}, TRIES), LIMITS[1]


async def _writes(wire: Wire, model: str) -> Ability | None:
    body = {"model": model, "prompt": TEXTS[0], "max_tokens": 16}
    sent = await wire.complete(body, TRIES)
    return Ability("text", chat=False) if sent.text else None


def turn(model: str, said: str) -> dict[str, object]:
    """The body of a chat with one user's turn."""
    return {"model": model, "messages": [{"role": "user", "content": said}]}
