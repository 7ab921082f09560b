"""Escaping of text for terminals, Markdown, LaTeX and names of files.

Names, statements and replies come from files of anybody's. They are escaped so that no part of them
is taken for a command. Cells of spreadsheets are escaped by `csv`, pages by the templates of
`report`.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that are no text: of these, escape sequences are made. Tab and line end are text."""
NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""These, and tab and line end: a name stands on one line."""
_UNSEEN = re.compile(rf"{CONTROL.pattern[:-1]}\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""These, and invisible characters that turn the direction of writing or break a line."""
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
"""Names that Windows reserves, whatever their ending: run folders may be copied there."""
_MARKUP = "\\|`*_[]<>"
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX |= {c: f"\\{c}" for c in "&%$#_{}"}
_TEX |= {"<": "$<$", ">": "$>$"}


def expand_user(text: str) -> Path:
    """A typed path with ``~`` expanded; ``~name`` stays as it is if there is no such user.

    >>> str(expand_user("~nobody-of-this-name/a"))
    '~nobody-of-this-name/a'
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path's own raises where there is no home


def terminal(text: str) -> str:
    r"""The text with its control characters spelt out, so that a terminal shows and obeys nothing.

    >>> terminal("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def markdown(text: str) -> str:
    """The text on one line, without a column, emphasis, link or tag of its own."""
    return "".join(f"\\{c}" if c in _MARKUP else c for c in " ".join(text.split()))


def latex(text: str) -> str:
    """The text on one line, without a command, comment or formula of its own."""
    return "".join(_TEX.get(c, c) for c in " ".join(text.split()))


def filename(text: str) -> str:
    """One name within a folder, ASCII, neither hidden nor a device's; another for each text.

    >>> filename("../a"), filename("NUL"), filename("org/name")
    ('%2E..%2Fa', '%4EUL', 'org%2Fname')
    """
    name = quote(text, safe=" =,+@()[]")
    if name.startswith("."):
        name = f"%2E{name}"
    if _DEVICES.fullmatch(name.split(".")[0].rstrip()):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return name
