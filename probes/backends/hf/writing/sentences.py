"""Counting complete sentences by punctuation; pure functions.

Used to end replies early, so in doubt a sentence counts as incomplete: after the full stop of an
abbreviation ("e.g.") or number ("3."), and after one at the end of the text.
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
    r"""The number of complete sentences in a text.

    >>> count_sentences("I agree. E.g. rents, up 3.5 percent, are ")
    1
    >>> count_sentences("I agree.")  # it may go on: "I agree.com"
    0
    """
    return len(_END.findall(text))
