"""What an OpenAI-compatible server sends: bytes -> plain values, or `MalformedReplyError`.

Everything is checked, for a server is a stranger: types, finite numbers, log-probabilities up to
0, lists of one length, text that can be written down. Does not know what was asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ROUNDING = 1e-3
"""By so much may a log-probability be above 0."""
Number = Annotated[float, Field(allow_inf_nan=False, le=ROUNDING)]
Count = Annotated[int, Field(ge=0)]
S = TypeVar("S", bound=BaseModel)


class MalformedReplyError(ValueError):
    """A body that is not what was asked for: cut off, not JSON, or of another shape."""


@dataclass(frozen=True, slots=True)
class TokenEntries:
    """Tokens of a completion, one entry each."""

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    offsets: tuple[int, ...]
    """Where each begins in the text, as the server has it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one request brought."""

    id: str
    model: str
    """What the server calls the model that answered; empty if it does not say."""
    text: str
    """What was written; empty for none."""
    finish: str
    """Why it ended: stop, length, content_filter ..."""
    listed: TokenEntries | None = None
    """Of a completion."""
    top: tuple[tuple[str, float], ...] = ()
    """Of a chat: the likeliest first tokens with their natural log-probabilities."""
    usage: tuple[int, int] | None = None
    """Tokens read and written."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Usage(_Shape):
    prompt_tokens: Count
    completion_tokens: Count = 0


class _Listed(_Shape):
    tokens: list[str]
    token_logprobs: list[Number | None]
    text_offset: list[int]


class _Top(_Shape):
    token: str
    logprob: Number


class _Token(_Top):
    top_logprobs: list[_Top] = []


class _Tokens(_Shape):
    content: list[_Token] | None


class _Nothing(_Shape):
    model_config = ConfigDict(extra="forbid")


class _Written(_Shape):
    text: str
    finish_reason: str | None = None
    logprobs: _Listed | _Tokens | _Nothing | None = None


class _Message(_Shape):
    content: str | None = None
    refusal: str | None = None


class _Said(_Shape):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Tokens | _Nothing | None = None


class _Completion(_Shape):
    id: str | None = None
    model: str | None = None
    choices: Annotated[list[_Written], Field(min_length=1, max_length=1)]
    usage: _Usage | None = None


class _Chat(_Shape):
    id: str | None = None
    model: str | None = None
    choices: Annotated[list[_Said], Field(min_length=1, max_length=1)]
    usage: _Usage | None = None


def completion(raw: bytes) -> Exchange:
    """What ``/completions`` sent.

    Raises:
        Malformed: it is something else.
    """
    found = _shaped(_Completion, raw)
    (choice,) = found.choices
    listed = _listed(choice.logprobs) if isinstance(choice.logprobs, _Listed) else None
    return _sent(found, choice.text, choice.finish_reason, listed=listed)


def chat(raw: bytes) -> Exchange:
    """What ``/chat/completions`` sent.

    Raises:
        Malformed: it is something else.
    """
    found = _shaped(_Chat, raw)
    (choice,) = found.choices
    numbers = choice.logprobs
    content = numbers.content if isinstance(numbers, _Tokens) else None
    top = (
        tuple((_plain(one.token), one.logprob) for one in content[0].top_logprobs)
        if content
        else ()
    )
    said = choice.message.content or choice.message.refusal or ""
    return _sent(found, said, choice.finish_reason, top=top)


def _shaped(shape: type[S], raw: bytes) -> S:
    """By `json`: pydantic's own parser refuses halves of surrogate pairs, which servers send."""
    try:
        return shape.model_validate(json.loads(raw))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, fault["loc"])) or "at its top"
        what = fault["type"].replace("_", " ")
        raise MalformedReplyError(f"JSON of another shape ({where}: {what})") from None
    except (ValueError, RecursionError):
        raise MalformedReplyError("a body that is not JSON, or was cut off") from None


def _sent(
    found: _Completion | _Chat,
    text: str,
    finish: str | None,
    *,
    listed: TokenEntries | None = None,
    top: tuple[tuple[str, float], ...] = (),
) -> Exchange:
    usage = found.usage
    counts = (usage.prompt_tokens, usage.completion_tokens) if usage else None
    known = (_plain(found.id or ""), _plain(found.model or ""), _plain(text), finish or "")
    return Exchange(*known, listed, top, counts)


def _listed(raw: _Listed) -> TokenEntries:
    tokens = tuple(map(_plain, raw.tokens))
    if not len(tokens) == len(raw.token_logprobs) == len(raw.text_offset):
        raise MalformedReplyError("its tokens, log-probabilities and offsets are not equally many")
    return TokenEntries(tokens, tuple(raw.token_logprobs), tuple(raw.text_offset))


def _plain(text: str) -> str:
    """Text that can be written to a file: half a surrogate pair cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
