"""Whether anything at all has come back yet: a run whose first replies are all empty is stopped."""

from __future__ import annotations

from collections.abc import Sequence

from probes.errors import ModelError
from probes.replies.thinking import without_thinking
from probes.types import Prompt, Reply

ENOUGH = 20
"""So many empty replies, with none before them that was not, stop a run."""
STATEMENTS = 5
"""To so many statements, at least, where the server refuses the prompts: a filter may not like some
of them."""


class FirstReplies:
    """Watches replies until the first that says anything.

    Args:
        label: Of the model, for the error.
    """

    def __init__(self, label: str) -> None:
        self._label, self._done = label, False
        self._empty, self._statements = 0, set[str]()

    def watch(self, prompts: Sequence[Prompt], replies: Sequence[str | Reply]) -> None:
        """Look at the next replies, in order.

        Raises:
            ModelError: these and all before them are empty or refused.
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
    """Whether nothing is said in a reply, its thinking aside; scores always say something."""
    return isinstance(reply, str) and not (without_thinking(reply) or "").strip()


def _sentence(label: str, count: int, reply: str | Reply) -> str:
    """What to say of a run that gets nothing."""
    if isinstance(reply, Reply):
        return f"{label}: none of the first {count} prompts is answered: {reply.reason}"
    thoughts = " but for thoughts without an end" if reply.strip() else ""
    return (
        f"{label}: the first {count} replies are all empty{thoughts}; give the protocol's writing "
        "more tokens, or ask another model"
    )
