"""What a server's error status means: a transient fault, or the end; one sentence each.

Knows statuses and how servers word their errors; takes the key out of all that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from probes.errors import ModelError
from probes.types import Endpoint

MAX_RETRY_AFTER = 300.0
"""Longest ``Retry-After``, in seconds, that is waited for."""
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 that are retried."""
MAX_SHOWN = 200
"""Most characters of a server's own words in an error."""


class RequestRefusedError(ModelError):
    """A request that the server will not answer, however often it is sent.

    Args:
        sentence: The whole error.
        reason: In short, with the server's own words.
    """

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class TransientError(Exception):
    """A fault that a retry may solve.

    Args:
        what: What the server does, such as ``answers with status 502``.
        wait: Seconds that the server asks to wait.
        may_persist: It may persist for this kind of request (status 5xx, malformed body).
    """

    def __init__(self, what: str, wait: float = 0.0, *, may_persist: bool = False) -> None:
        super().__init__(what)
        self.wait, self.may_persist = wait, may_persist


def error_for_status(
    error: openai.APIStatusError, label: str, endpoint: Endpoint, key: str
) -> Exception:
    """The error that a status means: `TransientError` (retried), `RequestRefusedError` (this
    request only), or a `ModelError`, which ends the run at once.

    Args:
        error: With status, headers and body.
        label: Model and address, for the sentence.
        endpoint: For the name of the variable that holds the key.
        key: Is taken out of the server's words.
    """
    status, reason = error.status_code, redact(_error_text(error), key)
    if status in {401, 403}:
        cause = (
            f"the key in {endpoint.key_env} is refused"
            if key
            else "it asks for a key: give key_env"
        )
        return ModelError(f"{label}: {cause} (status {status})")
    if status == 429 and "insufficient_quota" in reason:
        return ModelError(f"{label}: the account's quota is used up (status 429)")
    if status in TRANSIENT_STATUSES or status >= 500:
        wait = _retry_after(error.response.headers)
        if wait <= MAX_RETRY_AFTER:
            return TransientError(f"answers with status {status}", wait, may_persist=status >= 500)
        return ModelError(
            f"{label}: asks to wait {wait:.0f} seconds (status {status}); the same command goes on "
            "from here then"
        )
    if 300 <= status < 400:
        return ModelError(f"{label}: sends elsewhere (status {status}); give that address instead")
    return RequestRefusedError(f"{label}: status {status}: {reason}", f"status {status}: {reason}")


def redact(text: str, key: str) -> str:
    """A server's words without the key, on one line, at most `MAX_SHOWN` characters."""
    if key:
        text = text.replace(key, "***")
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:MAX_SHOWN]


def _error_text(error: openai.APIStatusError) -> str:
    """What a server says of an error, in any of the usual body formats."""
    body = error.body
    if isinstance(body, Mapping):
        parts = [body.get(key) for key in ("message", "code", "type", "detail", "error")]
        return ", ".join(str(part) for part in parts if part)
    return str(error.response.text or error.response.reason_phrase)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of ``Retry-After``, which is a number or a date; 0 if it is missing or neither."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # neither, or a date without a zone
        return 0.0
