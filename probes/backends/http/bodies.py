"""Bodies of requests to an OpenAI-compatible server, and the most tokens that one can cost.

Sends nothing, and needs neither a key nor the package `openai`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from probes.types import Turn, Writing

Body = Mapping[str, Any]

QUESTION = "Is the sky blue? Answer yes or no."
"""What a model is tried with: a question that no filter minds."""
TEMPLATE_TOKENS = 64
"""Upper bound on the tokens that a chat template adds to a turn."""


def chat_body(model: str, text: str, earlier: Sequence[Turn] = ()) -> dict[str, Any]:
    """The body of a chat that ends with a user's turn, behind earlier turns."""
    turns = [*earlier, Turn("user", text)]
    return {"model": model, "messages": [{"role": t.role, "content": t.text} for t in turns]}


def echo_body(model: str, text: str, seed: int = 0) -> dict[str, Any]:
    """The body that asks for a text's own log-probabilities (``echo``), and one token more."""
    body = {"model": model, "prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1}
    return {**body, "temperature": 1.0, "seed": seed}


def sampling(writing: Writing, seed: int) -> dict[str, Any]:
    """The parameters of a request by which a reply is drawn."""
    drawn: dict[str, Any] = {"seed": seed}
    if writing.sampling == "greedy":
        drawn["temperature"] = 0.0
    elif writing.sampling == "sample":
        drawn |= {"temperature": writing.temperature, "top_p": writing.top_p}
        if writing.top_k:
            drawn["extra_body"] = {"top_k": writing.top_k}
    return drawn


def without(body: Body, names: Collection[str]) -> dict[str, Any]:
    """A body without the parameters that its server refuses."""
    reduced = {name: value for name, value in body.items() if name not in names}
    if "extra_body" in reduced:
        reduced["extra_body"] = without(reduced["extra_body"], names)
    return reduced


def max_tokens(body: Body) -> tuple[int, int]:
    """Upper bounds on the tokens that a request has read and written: no token is under a byte."""
    messages = body.get("messages", [{"content": body.get("prompt")}])
    text = "".join(message["content"] for message in messages)
    written = body["max_tokens"] if "max_tokens" in body else body["max_completion_tokens"]
    return len(text.encode()) + TEMPLATE_TOKENS * len(messages), written
