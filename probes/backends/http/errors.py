"""Classifying a server's errors by status and text: transient, refused request, or fatal.

Each error is one sentence; the API key is removed from all that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from probes.backends.http.faults import NO_STATUS, Fault, RequestRefusedError, error_words
from probes.backends.http.fields import scrub
from probes.errors import ModelError
from probes.types import Endpoint

MAX_RETRY_AFTER = 300.0
"""Maximum ``Retry-After``, in seconds, that is waited for."""
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 that are retried."""
MAX_SHOWN = 200
"""Maximum characters of a server's own words in an error."""


class TransientError(Exception):
    """A fault that a retry may solve.

    Args:
        what: What the server does, such as ``answers with status 502``.
        wait: Seconds that the server asks to wait.
        status: Status of the reply; used if the fault persists.
        may_persist: Whether it may persist for this kind of request (status 5xx, malformed body).
    """

    def __init__(
        self, what: str, wait: float = 0.0, status: int = 0, *, may_persist: bool = False
    ) -> None:
        super().__init__(what)
        self.wait, self.status, self.may_persist = wait, status, may_persist


def fault_of(error: openai.APIStatusError) -> Fault:
    """The fault described by a reply with an error status."""
    words = error_words(error.body) or error.response.text or error.response.reason_phrase
    return Fault(error.status_code, str(words), error.response.headers)


def error_for_fault(fault: Fault, label: str, endpoint: Endpoint, key: str) -> Exception:
    """The exception for a fault: `TransientError` (retried), `RequestRefusedError` (this request
    only), or a `ModelError`, which ends the run at once.

    Args:
        fault: Status, words and headers.
        label: Model and address, for the sentence.
        endpoint: The endpoint, whose key variable is named.
        key: The API key, which is removed from the server's words.
    """
    status, words = fault.status, scrub(fault.words, key)
    reason, name = redact(words, key), endpoint.key_env
    if status == NO_STATUS:
        return TransientError(f"answers with an error: {reason}", status=status, may_persist=True)
    if status == 429 and "insufficient_quota" in words:
        return ModelError(f"{label}: the account's quota is used up (status 429)")
    if status in TRANSIENT_STATUSES or status >= 500:
        wait = _retry_after(fault.headers)
        if wait <= MAX_RETRY_AFTER:
            return TransientError(f"answers with status {status}", wait, may_persist=status >= 500)
        return ModelError(
            f"{label}: asks to wait {wait:.0f} seconds (status {status}); the same command goes on "
            "from here then"
        )
    ends = {401: f"the key in {name} is refused" if key else "it asks for a key: give key_env"}
    ends |= dict.fromkeys(range(300, 400), "sends elsewhere; give that address instead")
    if status in ends:
        return ModelError(f"{label}: {ends[status]} (status {status})")
    cause = f", the key in {name} may not do this" if key else ", perhaps for lack of a key"
    sentence = f"status {status}{cause * (status == 403)}: {reason}"
    return RequestRefusedError(f"{label}: {sentence}", sentence, words, status)


def redact(text: str, key: str) -> str:
    """A server's words without the key, on one line, at most `MAX_SHOWN` characters."""
    printable = "".join(c if c.isprintable() else " " for c in scrub(text, key))
    return " ".join(printable.split())[:MAX_SHOWN]


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of ``Retry-After``, a number or a date; 0 if it is missing or invalid."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # invalid, or a date without a time zone
        return 0.0
