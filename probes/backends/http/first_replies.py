"""Stopping a run whose first replies are all empty or refused."""

from __future__ import annotations

from collections.abc import Sequence

from probes.errors import ModelError
from probes.replies.thinking import without_thinking
from probes.types import Prompt, Reply

ENOUGH = 20
"""Number of empty replies at the beginning that stops a run."""
STATEMENTS = 5
"""Minimum number of their statements if prompts are refused, since a filter may refuse some."""


class FirstReplies:
    """Watches replies until the first non-empty one.

    Args:
        label: The model's name, for the error.
    """

    def __init__(self, label: str) -> None:
        self._label, self._done = label, False
        self._empty, self._statements = 0, set[str]()

    def watch(self, prompts: Sequence[Prompt], replies: Sequence[str | Reply]) -> None:
        """Check the next replies, in order.

        Raises:
            ModelError: these and all earlier ones are empty or refused.
        """
        for prompt, reply in zip(prompts, replies, strict=True):
            if self._done:
                return
            refused = isinstance(reply, Reply) and reply.status == "failed"
            self._done = not refused and not is_empty(reply)
            self._empty += not self._done
            self._statements.add(prompt.name)
            few = refused and len(self._statements) < STATEMENTS
            if not self._done and self._empty >= ENOUGH and not few:
                raise ModelError(_sentence(self._label, self._empty, reply))


def is_empty(reply: str | Reply) -> bool:
    """Whether a written reply has no text apart from its thinking; scores are never empty."""
    return isinstance(reply, str) and not (without_thinking(reply) or "").strip()


def _sentence(label: str, count: int, reply: str | Reply) -> str:
    """The error message for a run without replies."""
    if isinstance(reply, Reply):
        return f"{label}: none of the first {count} prompts is answered: {reply.reason}"
    thoughts = " but for thoughts without an end" if reply.strip() else ""
    return (
        f"{label}: the first {count} replies are all empty{thoughts}; give the protocol's writing "
        "more tokens, or ask another model"
    )
