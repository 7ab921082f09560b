"""How many sentences of a text are complete, by punctuation; pure functions.

Used to end replies early, so in doubt a sentence goes on: after the full stop of an abbreviation
("e.g.") or number ("3."), and after one that nothing follows yet. Does not parse.
"""

from __future__ import annotations

import re

_END = re.compile(
    r"""
      (?<=[^\W\d_][^\W\d_]) ["'”’»)\]*_]* [.!?…]+ ["'”’»)\]*_]* (?=\s)   # a word, its stop, a space
    | [。！？] [」』”’）]*                                                # no space follows these
    | (?<=[^\s.!?…。！？"'”’»)\]*_]) [ \t]* \n                             # or the line ends
    """,
    re.VERBOSE,
)


def count_sentences(text: str) -> int:
    r"""How many sentences of the text are complete.

    >>> count_sentences("I agree. E.g. rents, up 3.5 percent, are ")
    1
    >>> count_sentences("I agree.")  # it may go on: "I agree.com"
    0
    """
    return len(_END.findall(text))
