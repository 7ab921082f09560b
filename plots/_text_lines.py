"""Lines of text: how wide one is, and breaking a text into lines that fit."""

import re
from functools import lru_cache

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

WIDE = r"\u3000-\u9fff\uff00-\uffef"
PIECES = re.compile(rf"([ \t\n]*)([{WIDE}][、。：；）」]*|[^ \t\n{WIDE}]+)")
"""White space, and a word or a letter of a script without spaces."""


def text_width(text: str, size: float) -> float:
    """Width of a line of text, in points."""
    return _measured(text, size, tuple(rcParams["font.family"]))


@lru_cache(maxsize=10_000)
def _measured(text: str, size: float, families: tuple[str, ...]) -> float:
    """Captions are wrapped word by word, and again for each format of a figure."""
    font = FontProperties(family=list(families), size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap_text(text: str, width: float, size: float) -> list[str]:
    """Lines no wider than `width` points, unless a single word is.

    Lines of Chinese and Japanese are broken between letters, but not before a full stop or comma.
    """
    lines: list[str] = []
    for space, word in PIECES.findall(text.strip()):
        longer = lines[-1] + " " * bool(space) + word if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]
