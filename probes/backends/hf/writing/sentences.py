"""How many sentences a text has, told from its punctuation; pure.

For ending replies early, so in doubt a sentence goes on: after an abbreviation's full stop
("e.g."), a number's ("3.") and one that nothing follows yet. Does not parse.
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


def ended(text: str) -> int:
    r"""How many sentences of the text are over.

    >>> ended("I agree. E.g. rents, up 3.5 percent, are ")
    1
    >>> ended("I agree.")  # it may go on: "I agree.com"
    0
    """
    return len(_END.findall(text))
