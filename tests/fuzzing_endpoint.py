"""Fuzz targets for endpoints: their replies and error messages.

Bytes are parsed as by `http.client`, up to the line of evidence.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import httpx2
import openai

from probes.backends.http import echo, errors, first_token
from probes.backends.http.schema import (
    ErrorReplyError,
    Exchange,
    MalformedReplyError,
    chat,
    completion,
)
from probes.errors import ProbesError, ScoreError
from probes.evidence import answers
from probes.types import Answer, Endpoint, Option, Prompt, Reply, Statement

BEFORE = "I"
OPTIONS = (
    Option("agree", "agree", (" agree", " support")),
    Option("disagree", "disagree", (" disagree", " oppose")),
)
PROMPT = Prompt(Statement("one", "Taxes should rise."), "statement", "own", BEFORE, ".", OPTIONS)
SECRET = "sk-never-shown"
THERE = Endpoint("http://localhost/v1", "THE_KEY")


def _sent(read: Callable[[bytes], Exchange], raw: bytes) -> Exchange:
    try:
        return read(raw)
    except (ErrorReplyError, MalformedReplyError) as error:
        raise ProbesError(str(error)) from None


def _written(reply: Reply) -> bytes:
    """The line of evidence of a reply."""
    fields = {name: getattr(PROMPT, name) for name in ("role", "wording", "order", "seed")}
    texts = {"statement": PROMPT.name, "before": PROMPT.before, "after": PROMPT.after}
    said = {n: getattr(reply, n) for n in ("logprobs", "mass", "status", "reason", "fills")}
    return answers.line(Answer(**fields, **texts, **said, key="", unseen=reply.unseen))


def _echo(raw: bytes, _folder: Path) -> object:
    """Read the bytes as the echo of the first form; other echoes are valid."""
    texts = echo.form_texts(PROMPT)
    read = echo.read_echo(texts[0], _sent(completion, raw))
    if read is None:
        raise ProbesError("an echo of another text")
    echoes = {text: echo.read_echo(text, completion(_completion(text))) for text in texts[1:]}
    known = {texts[0]: read, **{text: one for text, one in echoes.items() if one}}
    before = echo.text_before_slot(PROMPT, known) or echo.read_echo(
        BEFORE, completion(_completion(BEFORE))
    )
    try:
        return before and _written(echo.reply(PROMPT, known, before))
    except ScoreError as error:
        raise ProbesError(str(error)) from None


def _top(raw: bytes, _folder: Path) -> object:
    sent = _sent(chat, raw)
    if not sent.top:
        raise ProbesError("no first tokens")
    return _written(first_token.reply(PROMPT, sent.top))


def _text(raw: bytes, _folder: Path) -> object:
    return _written(Reply(text=_sent(chat, raw).text))


def _fault(raw: bytes, _folder: Path) -> object:
    """Read the first line as the value of Retry-After, and the rest as the body of an error."""
    after, _, body = raw.partition(b"\n")
    headers = [(b"retry-after", after.strip())] if after.strip().isascii() else []
    request = httpx2.Request("POST", "http://localhost/v1/completions")
    sent = httpx2.Response(429, headers=headers, content=body, request=request)
    error = _client()._make_status_error_from_response(sent)  # as `openai` makes it of a reply
    fault = errors.error_for_fault(errors.fault_of(error), "mine", THERE, SECRET)
    assert SECRET not in str(fault)
    if isinstance(fault, errors.TransientError):
        assert 0 <= fault.wait <= errors.MAX_RETRY_AFTER
        return fault
    raise fault


@cache
def _client() -> openai.OpenAI:
    return openai.OpenAI(api_key=SECRET, base_url="http://localhost/v1")


def _completion(text: str) -> bytes:
    """An echo reply: one token per word, and one generated token."""
    tokens = [BEFORE, *([text[len(BEFORE) : -1], "."] if len(text) > len(BEFORE) else []), " x"]
    offsets = [sum(map(len, tokens[:n])) for n in range(len(tokens))]
    listed = {
        "tokens": tokens,
        "token_logprobs": [None, *[-0.5] * (len(tokens) - 1)],
        "text_offset": offsets,
        "top_logprobs": None,
    }
    choice = {"text": text + " x", "finish_reason": "length", "logprobs": listed}
    usage = {"prompt_tokens": len(tokens) - 1, "completion_tokens": 1}
    return json.dumps({"id": "c-1", "model": "m", "choices": [choice], "usage": usage}).encode()


def _chat() -> bytes:
    top = [
        {"token": t, "logprob": n} for t, n in ((" agree", -0.5), (" opp", -1.5), ("\u00e9", -3))
    ]
    token = {**top[0], "top_logprobs": top}
    message = {"role": "assistant", "content": "I agree \ud83d\ude42"}
    choice = {"message": message, "finish_reason": "stop", "logprobs": {"content": [token]}}
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    return json.dumps({"id": "c-2", "model": "m", "choices": [choice], "usage": usage}).encode()


FAULT = b'5\n{"error": {"message": "sk-never-shown is busy", "code": null, "type": ["x"]}}'
FOUND: Mapping[str, tuple[bytes, Callable[[bytes, Path], object]]] = {
    "endpoint echo": (_completion(echo.form_texts(PROMPT)[0]), _echo),
    "endpoint first tokens": (_chat(), _top),
    "endpoint text": (_chat(), _text),
    "endpoint fault": (FAULT, _fault),
}
"""Name of a reader -> a valid input, and the reader."""
