"""What a server's refusal means: a fault that may pass, or the end; said in one sentence.

Knows statuses, what servers say beside them, and what must not be repeated: the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from probes.errors import ModelError
from probes.types import Endpoint

LONGEST = 300.0
"""Most seconds that are waited because a server asks for it."""
TRANSIENT = frozenset({408, 409, 425, 429})
"""Statuses below 500 that may pass."""
SHOWN = 200
"""Most characters of a server's own words in an error."""


class RequestRefusedError(ModelError):
    """A request that the server will not answer, however often it is sent.

    Args:
        sentence: As it is said.
        words: What it is for short, with the server's own words.
    """

    def __init__(self, sentence: str, words: str) -> None:
        super().__init__(sentence)
        self.words = words


class TransientError(Exception):
    """A fault that may pass.

    Args:
        what: The server does, such as ``answers with status 502``.
        wait: Seconds that it asks to wait.
        broken: It may be so for good, for this kind of request.
    """

    def __init__(self, what: str, wait: float = 0.0, *, broken: bool = False) -> None:
        super().__init__(what)
        self.wait, self.broken = wait, broken


def meaning(error: openai.APIStatusError, who: str, there: Endpoint, key: str) -> Exception:
    """What a status means: `TransientError`, `RequestRefusedError`, or a `ModelError`, which ends a
    run at once.

    Args:
        error: With status, headers and body.
        who: Model and address, for the sentence.
        there: For the name of the variable with the key.
        key: Is taken out of what the server says.
    """
    status, words = error.status_code, clean(_words(error), key)
    if status in {401, 403}:
        why = f"the key in {there.key_env} is refused" if key else "it asks for a key: give key_env"
        return ModelError(f"{who}: {why} (status {status})")
    if status == 429 and "insufficient_quota" in words:
        return ModelError(f"{who}: the account's quota is used up (status 429)")
    if status in TRANSIENT or status >= 500:
        wait = _asked(error.response.headers)
        if wait <= LONGEST:
            return TransientError(f"answers with status {status}", wait, broken=status >= 500)
        return ModelError(
            f"{who}: asks to wait {wait:.0f} seconds (status {status}); the same command goes on "
            "from here then"
        )
    if 300 <= status < 400:
        return ModelError(f"{who}: sends elsewhere (status {status}); give that address instead")
    return RequestRefusedError(f"{who}: status {status}: {words}", f"status {status}: {words}")


def clean(text: str, key: str) -> str:
    """A server's words on one line, cut, and without the key."""
    if key:
        text = text.replace(key, "***")
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:SHOWN]


def _words(error: openai.APIStatusError) -> str:
    """What a server says of a fault, in whichever way it says so."""
    body = error.body
    if isinstance(body, Mapping):
        told = [body.get(k) for k in ("message", "code", "type", "detail", "error")]
        return ", ".join(str(one) for one in told if one)
    return str(error.response.text or error.response.reason_phrase)


def _asked(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait: a number, or a date; 0 where it says neither."""
    said = headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # neither, or a date without a zone
        return 0.0
