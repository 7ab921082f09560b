"""Errors in a server's reply, with an error status or with status 200."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from probes.errors import ModelError

NO_STATUS = 200
"""Status of a fault whose body gives none."""
WORD_KEYS = ("message", "msg", "code", "type", "param", "detail", "error")
"""Keys of an error's body that describe the error."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error in a server's own words."""

    status: int
    words: str
    headers: Mapping[str, str] = field(default_factory=dict)


def error_words(body: object) -> str:
    """The description of an error in a body of any usual format; empty if there is none."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, Mapping):
        return str(body or "")
    parts = [body.get(key) for key in WORD_KEYS]
    texts = (
        error_words(part) if isinstance(part, Mapping) else str(part) for part in parts if part
    )
    return ", ".join(dict.fromkeys(filter(None, texts)))


def fault_in(body: object) -> Fault | None:
    """The error in a body with a status of success; None for an ordinary reply."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict) or body.get("choices"):
        return None
    error = body.get("error")
    if "choices" in body and not error and body.get("object") != "error":
        return None
    if not (words := error_words(body)):
        return None
    code = error.get("code") if isinstance(error, dict) else body.get("code")
    match = re.fullmatch(r"[45]\d\d", str(code), re.ASCII)
    status = int(match[0]) if match else NO_STATUS
    return Fault(status, words)


class RequestRefusedError(ModelError):
    """A request that the server refuses; a retry is useless.

    Args:
        sentence: The whole error message.
        reason: Short reason, with the server's own words.
        words: All words of the server, without the API key.
        status: Status of the reply; 0 if there is none or the fault may have been transient.
    """

    def __init__(self, sentence: str, reason: str, words: str = "", status: int = 0) -> None:
        super().__init__(sentence)
        self.reason, self.words, self.status = reason, words, status

    @property
    def concerns_prompt(self) -> bool:
        """Whether the refusal may be about this prompt: the server understood the request."""
        return 200 <= self.status < 500

    def names(self, parameter: str) -> bool:
        """Whether the server's words name a parameter of the request."""
        return re.search(rf"(?<![\w-]){re.escape(parameter)}(?![\w-])", self.words) is not None
