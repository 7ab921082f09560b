"""Detects texts that are not statements: translation keys, markup, references to missing text.

A foreign file may have such a text in place of a statement, and a model would be asked about it.
These are heuristics: importers reject only translation keys.
"""

import re

KEY, MARKUP, UNFILLED, UNSEEN, POINTER = "key", "markup", "unfilled", "unseen", "pointer"
"""The kinds of text that are not statements."""

_KEY = re.compile(
    r"(?=.*[A-Za-z])(?=.*[\d_/\[\]{}]|.*\w[.:-]\w)[A-Za-z0-9_.:/\[\]{}-]+"
    r"|\{\{.*\}\}|\$?[a-z]+\([^)]*\)|[^\w\s]+|[\d.,]+|[A-Z]?[a-z]+(?:[A-Z][a-z]+)+"
)
_MARKUP = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});|</?[a-zA-Z][^<>]*>|\*\*\S")
_UNFILLED = re.compile(
    r"(?<!\d)%[sd]\b|%\(\w+\)s|[{\[]{1,2} ?\w+ ?[}\]]{1,2}|\bTODO\b|\blorem ipsum\b"
)
_UNSEEN = re.compile("[\xad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_POINTER = re.compile(
    r":\W*$|\bfollowing (?:quot|stat|text|sent|image|pict|claim|passage)"
    r"|\bfolgende\w* (?:Zitat|Aussage|Text|Satz|Bild|These)"
    r"|\b(?:siguiente|suivante?)\b[^.]{0,12}\.?$|次の(?:文|引用|意見|発言)",
    re.IGNORECASE,
)


def sign(text: str) -> str:
    """The kind of a text that is not a statement (`KEY`, `MARKUP` ...); empty if it may be one."""
    if _KEY.fullmatch(text.strip()):
        return KEY
    signs = ((MARKUP, _MARKUP), (UNFILLED, _UNFILLED), (UNSEEN, _UNSEEN), (POINTER, _POINTER))
    return next((name for name, pattern in signs if pattern.search(text)), "")


SENTENCES = {
    KEY: "is a key of a translation, not a sentence",
    MARKUP: "holds markup of a web page, which a model would read as it is",
    UNFILLED: "holds a place that was not filled in",
    UNSEEN: "holds characters that nobody sees, which a model would read",
    POINTER: "points at words that are not in it",
}
"""Kind -> end of a sentence about a text of this kind."""
