"""Replies of an OpenAI-compatible server: bytes -> plain values, or `MalformedReplyError`.

A server is not trusted, so everything is validated: types, finite numbers, log-probabilities at
most 0, lists of one length, text that can be encoded. Does not know what was asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ROUNDING = 1e-3
"""A log-probability may be above 0 by this much."""
Number = Annotated[float, Field(allow_inf_nan=False, le=ROUNDING)]
Count = Annotated[int, Field(ge=0)]
S = TypeVar("S", bound=BaseModel)


class MalformedReplyError(ValueError):
    """A body that does not fit the request: cut off, not JSON, or of another shape."""


@dataclass(frozen=True, slots=True)
class TokenEntries:
    """The tokens of a completion with their log-probabilities and offsets, one entry each."""

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    offsets: tuple[int, ...]
    """The character at which each token begins in the text, by the server's count."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The reply to one request."""

    id: str
    model: str
    """The server's name for the model that answered; empty if it gives none."""
    text: str
    """The text written; empty for none."""
    finish: str
    """Finish reason: stop, length, content_filter ..."""
    entries: TokenEntries | None = None
    """The tokens of a completion; None for a chat, or without log-probabilities."""
    top: tuple[tuple[str, float], ...] = ()
    """Of a chat: the top log-probabilities of its first token."""
    usage: tuple[int, int] | None = None
    """Tokens read and written, as the server counts them."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Usage(_Shape):
    prompt_tokens: Count
    completion_tokens: Count = 0


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
    finish_reason: str | None = None
    logprobs: _CompletionLogprobs | _ChatLogprobs | _NoLogprobs | None = None


class _Message(_Shape):
    content: str | None = None
    refusal: str | None = None


class _ChatChoice(_Shape):
    message: _Message
    finish_reason: str | None = None
    logprobs: _ChatLogprobs | _NoLogprobs | None = None


class _Completion(_Shape):
    id: str | None = None
    model: str | None = None
    choices: Annotated[list[_CompletionChoice], Field(min_length=1, max_length=1)]
    usage: _Usage | None = None


class _Chat(_Shape):
    id: str | None = None
    model: str | None = None
    choices: Annotated[list[_ChatChoice], Field(min_length=1, max_length=1)]
    usage: _Usage | None = None


def completion(raw: bytes) -> Exchange:
    """The reply of ``/completions``.

    Raises:
        MalformedReplyError: it has another shape.
    """
    body = _parse(_Completion, raw)
    (choice,) = body.choices
    entries = (
        _token_entries(choice.logprobs)
        if isinstance(choice.logprobs, _CompletionLogprobs)
        else None
    )
    return _exchange(body, choice.text, choice.finish_reason, entries=entries)


def chat(raw: bytes) -> Exchange:
    """The reply of ``/chat/completions``.

    Raises:
        MalformedReplyError: it has another shape.
    """
    body = _parse(_Chat, raw)
    (choice,) = body.choices
    logprobs = choice.logprobs
    content = logprobs.content if isinstance(logprobs, _ChatLogprobs) else None
    top = (
        tuple((_encodable(entry.token), entry.logprob) for entry in content[0].top_logprobs)
        if content
        else ()
    )
    text = choice.message.content or choice.message.refusal or ""
    return _exchange(body, text, choice.finish_reason, top=top)


def _parse(shape: type[S], raw: bytes) -> S:
    """Validate a body. Parsed by `json`: pydantic refuses lone surrogates, which servers send."""
    try:
        return shape.model_validate(json.loads(raw))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, problem["loc"])) or "at its top"
        kind = problem["type"].replace("_", " ")
        raise MalformedReplyError(f"JSON of another shape ({where}: {kind})") from None
    except (ValueError, RecursionError):
        raise MalformedReplyError("a body that is not JSON, or was cut off") from None


def _exchange(
    body: _Completion | _Chat,
    text: str,
    finish: str | None,
    *,
    entries: TokenEntries | None = None,
    top: tuple[tuple[str, float], ...] = (),
) -> Exchange:
    """An `Exchange` from the parts that completions and chats have in common."""
    usage = body.usage
    counts = (usage.prompt_tokens, usage.completion_tokens) if usage else None
    names = (
        _encodable(body.id or ""),
        _encodable(body.model or ""),
        _encodable(text),
        finish or "",
    )
    return Exchange(*names, entries, top, counts)


def _token_entries(raw: _CompletionLogprobs) -> TokenEntries:
    """A completion's tokens; refused if the lists differ in length."""
    tokens = tuple(map(_encodable, raw.tokens))
    if not len(tokens) == len(raw.token_logprobs) == len(raw.text_offset):
        raise MalformedReplyError("its tokens, log-probabilities and offsets are not equally many")
    return TokenEntries(tokens, tuple(raw.token_logprobs), tuple(raw.text_offset))


def _encodable(text: str) -> str:
    """The text with lone surrogates replaced, since they cannot be encoded as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
