"""Bodies of requests to an OpenAI-compatible server, and the most tokens that one can cost.

Sends nothing, and needs neither a key nor the package `openai`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]

TEMPLATE_TOKENS = 64
"""Upper bound on the tokens that a chat template adds to a user's turn."""


def chat_body(model: str, text: str) -> dict[str, Any]:
    """The body of a chat that consists of one user's turn."""
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def echo_body(model: str, text: str, seed: int = 0) -> dict[str, Any]:
    """The body that asks for a text's own log-probabilities (``echo``), and one token more."""
    body = {"model": model, "prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1}
    return {**body, "temperature": 1.0, "seed": seed}


def max_tokens(body: Body) -> tuple[int, int]:
    """Upper bounds on the tokens that a request has read and written: no token is under a byte."""
    text = body["prompt"] if "prompt" in body else body["messages"][0]["content"]
    written = body["max_tokens"] if "max_tokens" in body else body["max_completion_tokens"]
    return len(text.encode()) + TEMPLATE_TOKENS, written
