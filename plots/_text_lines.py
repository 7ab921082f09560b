"""Width of text, and wrapping into lines."""

import re
from functools import lru_cache

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

WIDE = r"\u3000-\u9fff\uff00-\uffef"
PIECES = re.compile(rf"([ \t\n]*)([{WIDE}][、。：；）」]*|[^ \t\n{WIDE}]+)")
"""Matches white space, then a word, or one letter of a script without spaces."""


def text_width(text: str, size: float) -> float:
    """Width of a line of text, in points."""
    return _measured(text, size, tuple(rcParams["font.family"]))


@lru_cache(maxsize=10_000)
def _measured(text: str, size: float, families: tuple[str, ...]) -> float:
    """Cached: captions are wrapped word by word, and again for each format of a figure."""
    font = FontProperties(family=list(families), size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap_text(text: str, width: float, size: float) -> list[str]:
    """Lines at most `width` points wide, unless a single word is wider.

    Chinese and Japanese are wrapped between characters, but not before a full stop or comma.
    """
    lines: list[str] = []
    for space, word in PIECES.findall(text.strip()):
        longer = lines[-1] + " " * bool(space) + word if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]
