"""Parsing replies of an OpenAI-compatible server: bytes -> plain values, or `MalformedReplyError`.

Servers are not trusted, so everything is validated: types, finite numbers, log-probabilities at
most 0, equal lengths of lists, encodable text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from probes.backends.http import fields
from probes.backends.http.faults import Fault, fault_in
from probes.backends.http.tokens import decoded

ROUNDING = 1e-3
"""Tolerance by which a log-probability may be above 0."""
Number = Annotated[float, Field(allow_inf_nan=False, le=ROUNDING)]
NO_CHOICE = "no choice"
"""Finish reason of a reply without choices."""
FILTERED = frozenset(
    {"content_filter", "sensitive", "safety", "refusal", "prohibited_content", "blocklist"}
)
"""Finish reasons of servers that withhold a reply."""
S = TypeVar("S", bound=BaseModel)


class MalformedReplyError(ValueError):
    """A malformed body: truncated, not JSON, or of another structure."""


class ErrorReplyError(ValueError):
    """A body that is an error, with any status.

    Args:
        fault: The error.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.words)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class TokenEntries:
    """The tokens of a completion with their log-probabilities and offsets, one entry each."""

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    offsets: tuple[int, ...]
    """Start of each token in the text, in characters, as the server counts."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The reply to one request."""

    id: str
    model: str
    """The server's name for the model that answered; empty if it gives none."""
    text: str
    """The written text; empty if there is none."""
    finish: str
    """Finish reason: stop, length, content_filter, `NO_CHOICE` ..."""
    entries: TokenEntries | None = None
    """The tokens of a completion; None for a chat, or without log-probabilities."""
    top: tuple[tuple[str, float], ...] = ()
    """Top ``(token, log-probability)`` pairs of a chat's first token."""
    usage: tuple[int, int] | None = None
    """Tokens read and written, as the server counts them; None if it does not."""

    @property
    def withheld(self) -> str:
        """Why the server withheld the reply; empty if it did not."""
        if self.finish == NO_CHOICE:
            return "the server gave no choice"
        return "the server's filter" if self.finish.casefold() in FILTERED else ""


Name = Annotated[str, BeforeValidator(fields.name)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _CompletionLogprobs(_Shape):
    tokens: list[str]
    token_logprobs: list[Number | None]
    text_offset: list[int]


class _TopLogprob(_Shape):
    token: str
    logprob: Number


class _ChatToken(_TopLogprob):
    top_logprobs: list[_TopLogprob] = []


class _ChatLogprobs(_Shape):
    content: list[_ChatToken] | None


class _NoLogprobs(_Shape):
    model_config = ConfigDict(extra="forbid")


class _CompletionChoice(_Shape):
    text: str
    finish_reason: Name = ""
    logprobs: _CompletionLogprobs | _ChatLogprobs | _NoLogprobs | None = None


class _Message(_Shape):
    content: Annotated[str | None, BeforeValidator(fields.spoken)] = None
    refusal: str | None = None


class _ChatChoice(_Shape):
    message: _Message
    finish_reason: Name = ""
    logprobs: _ChatLogprobs | _NoLogprobs | None = None


class _Completion(_Shape):
    id: Name = ""
    model: Name = ""
    choices: Annotated[list[_CompletionChoice], Field(max_length=1)]
    usage: Any = None


class _Chat(_Shape):
    id: Name = ""
    model: Name = ""
    choices: Annotated[list[_ChatChoice], Field(max_length=1)]
    usage: Any = None


def completion(raw: bytes, key: str = "") -> Exchange:
    """Parse a reply of ``/completions``; the API key is removed from it.

    Raises:
        MalformedReplyError: it has another structure.
        ErrorReplyError: it is an error.
    """
    body = _parse(_Completion, raw, key)
    if not body.choices:
        return _exchange(body, "", NO_CHOICE)
    (choice,) = body.choices
    entries = (
        _token_entries(choice.logprobs)
        if isinstance(choice.logprobs, _CompletionLogprobs)
        else None
    )
    return _exchange(body, choice.text, choice.finish_reason, entries=entries)


def chat(raw: bytes, key: str = "") -> Exchange:
    """Parse a reply of ``/chat/completions``. Raises as `completion` does."""
    body = _parse(_Chat, raw, key)
    if not body.choices:
        return _exchange(body, "", NO_CHOICE)
    (choice,) = body.choices
    logprobs = choice.logprobs
    content = logprobs.content if isinstance(logprobs, _ChatLogprobs) else None
    listed = content[0].top_logprobs if content else []
    texts = decoded([_encodable(entry.token) for entry in listed])
    top = tuple(zip(texts, (entry.logprob for entry in listed), strict=True))
    text = choice.message.content or choice.message.refusal or ""
    return _exchange(body, text, choice.finish_reason, top=top)


def _parse(shape: type[S], raw: bytes, key: str) -> S:
    """Validate a body. Parsed by `json`, because servers send lone surrogates, which pydantic
    refuses."""
    try:
        body = fields.scrubbed(json.loads(raw), key)
        fault = fault_in(body)
        if fault is None:
            return shape.model_validate(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, problem["loc"])) or "at its top"
        kind = problem["type"].replace("_", " ")
        raise MalformedReplyError(f"JSON of another shape ({where}: {kind})") from None
    except (ValueError, RecursionError):
        raise MalformedReplyError("a body that is not JSON, or was cut off") from None
    raise ErrorReplyError(fault)


def _exchange(
    body: _Completion | _Chat,
    text: str,
    finish: str,
    *,
    entries: TokenEntries | None = None,
    top: tuple[tuple[str, float], ...] = (),
) -> Exchange:
    """Build an `Exchange` from the common parts of completions and chats."""
    names = (_encodable(body.id), _encodable(body.model), _encodable(text), finish)
    return Exchange(*names, entries, top, fields.usage(body.usage))


def _token_entries(raw: _CompletionLogprobs) -> TokenEntries:
    """A completion's tokens; raises an error if the lists differ in length."""
    tokens = tuple(decoded(list(map(_encodable, raw.tokens)), joined=True))
    if not len(tokens) == len(raw.token_logprobs) == len(raw.text_offset):
        raise MalformedReplyError("its tokens, log-probabilities and offsets are not equally many")
    return TokenEntries(tokens, tuple(raw.token_logprobs), tuple(raw.text_offset))


def _encodable(text: str) -> str:
    """The text with lone surrogates replaced, since they cannot be encoded as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
