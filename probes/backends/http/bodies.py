"""Bodies of requests to an OpenAI-compatible server, and upper bounds of their tokens.

Sends nothing, and needs neither a key nor the package `openai`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from probes.types import Turn, Writing

Body = Mapping[str, Any]

QUESTION = "Is the sky blue? Answer yes or no."
"""Question of test requests, which no content filter should refuse."""
TEMPLATE_TOKENS = 64
"""Upper bound of the tokens that a chat template adds to a turn."""


def chat_body(model: str, text: str, earlier: Sequence[Turn] = ()) -> dict[str, Any]:
    """The body of a chat with earlier turns and a last user turn."""
    turns = [*earlier, Turn("user", text)]
    return {"model": model, "messages": [{"role": t.role, "content": t.text} for t in turns]}


def echo_body(model: str, text: str, seed: int = 0) -> dict[str, Any]:
    """The body of a request for a text's own log-probabilities (``echo``) and one more token."""
    body = {"model": model, "prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1}
    return {**body, "temperature": 1.0, "seed": seed}


def sampling(writing: Writing, seed: int) -> dict[str, Any]:
    """The sampling parameters of a request."""
    drawn: dict[str, Any] = {"seed": seed}
    if writing.sampling == "greedy":
        drawn["temperature"] = 0.0
    elif writing.sampling == "sample":
        drawn |= {"temperature": writing.temperature, "top_p": writing.top_p}
        if writing.top_k:
            drawn["extra_body"] = {"top_k": writing.top_k}
    return drawn


def without(body: Body, names: Collection[str]) -> dict[str, Any]:
    """A body without the parameters in `names`, which its server refuses."""
    reduced = {name: value for name, value in body.items() if name not in names}
    if "extra_body" in reduced:
        reduced["extra_body"] = without(reduced["extra_body"], names)
    return reduced


def max_tokens(body: Body) -> tuple[int, int]:
    """Upper bounds of the tokens read and written by a request, at one byte per token."""
    messages = body.get("messages", [{"content": body.get("prompt")}])
    text = "".join(message["content"] for message in messages)
    written = body["max_tokens"] if "max_tokens" in body else body["max_completion_tokens"]
    return len(text.encode()) + TEMPLATE_TOKENS * len(messages), written
