"""Separates a model's reasoning from its reply; pure functions.

Thinking is enclosed in marks. It is stored in the evidence but not read: a model that weighs "I
agree" against "I disagree" has not answered yet. Independent of tokenizers.
"""

import re

THOUGHTS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
)
"""Marks of the beginning and end of thinking in reasoning models."""

_CLOSED = re.compile(
    "|".join(f"{re.escape(opening)}.*?{re.escape(closing)}" for opening, closing in THOUGHTS),
    re.DOTALL,
)


def without_thinking(text: str) -> str | None:
    """A reply without its thinking; None if the reply ends within a thought.

    A closing mark without an opening one (in the prompt) ends a thought that began at the start.

        >>> without_thinking("<think>Agree? No.</think> I disagree.")
        ' I disagree.'
        >>> without_thinking("Agree? No.</think> I disagree.")
        ' I disagree.'
        >>> without_thinking("<think>Let me see") is None
        True
    """
    spoken = _CLOSED.sub("", text)
    for opening, closing in THOUGHTS:
        spoken = spoken.rpartition(closing)[2]
        if opening in spoken:
            return None
    return spoken


def has_mark(text: str) -> bool:
    """Whether a thought begins or ends in a text."""
    return any(mark in text for pair in THOUGHTS for mark in pair)


def close_thinking(text: str) -> str:
    r"""The text with an open thought closed, left empty.

    >>> close_thinking("<think>\n")
    '<think>\n\n</think>\n\n'
    """
    opening = open_thought(text)
    return f"{text.rstrip()}\n\n{dict(THOUGHTS)[opening]}\n\n" if opening else text


def open_thought(text: str) -> str:
    """The opening mark of a thought that is open at the end of a text; empty if there is none.

    >>> open_thought("<think>Well.</think> So <think>")
    '<think>'
    """
    return next((o for o, closing in THOUGHTS if text.rfind(o) > text.rfind(closing)), "")
