"""Texts that are no statements: keys of a translation, markup, a sentence that lacks its subject.

A foreign file may hold such a thing where a statement is expected; a model would be asked about it
all the same. These are signs, not proofs: importers refuse keys alone.
"""

import re

KEY, MARKUP, POINTER = "key", "markup", "pointer"
"""What a text may be in place of a statement."""

_KEY = re.compile(
    r"(?=.*[A-Za-z])(?=.*[\d_/\[\]{}]|.*\w[.:-]\w)[A-Za-z0-9_.:/\[\]{}-]+"
    r"|\{\{.*\}\}|\$?[a-z]+\([^)]*\)|[^\w\s]+"
)
_MARKUP = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});|</?[a-zA-Z][^<>]*>|\*\*\S")
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
    if _MARKUP.search(text):
        return MARKUP
    return POINTER if _POINTER.search(text) else ""


SENTENCES = {
    KEY: "is a key of a translation, not a sentence",
    MARKUP: "holds markup of a web page, which a model would read as it is",
    POINTER: "points at words that are not in it",
}
"""What to say of each sign, after the text."""
