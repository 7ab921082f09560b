"""Texts that are no statements: keys of a translation, markup, a sentence that lacks its subject.

A foreign file may hold such a thing where a statement is expected; a model would be asked about it
all the same. These are signs, not proofs: importers refuse keys alone.
"""

import re

KEY, MARKUP, UNFILLED, UNSEEN, POINTER = "key", "markup", "unfilled", "unseen", "pointer"
"""What a text may be in place of a statement."""

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
    """`KEY`, `MARKUP` or `POINTER`; empty where nothing speaks against a statement."""
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
"""What to say of each sign, after the text."""
