"""Escaping of text for terminals, Markdown, LaTeX and file names.

Names, statements and replies come from untrusted files; they are escaped so that no part is
interpreted as a command. Spreadsheet cells are escaped by `csv`, pages by the templates of
`report`.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates, shown as escape sequences. Tab and newline are text."""
NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters that a name must not contain: those above, tab and newline."""
_UNSEEN = re.compile(rf"{CONTROL.pattern[:-1]}\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Characters of `CONTROL`, and invisible ones that change the writing direction or break a line."""
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
"""Names that Windows reserves, with any suffix: run folders may be copied there."""
_MARKUP = "\\|`*_[]<>"
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX |= {c: f"\\{c}" for c in "&%$#_{}"}
_TEX |= {"<": "$<$", ">": "$>$"}


def expand_user(text: str) -> Path:
    """A typed path with ``~`` expanded; ``~name`` is unchanged if there is no such user.

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
    """The text on one line, with Markdown and HTML markup and table separators escaped."""
    return "".join(f"\\{c}" if c in _MARKUP else c for c in " ".join(text.split()))


def latex(text: str) -> str:
    """The text on one line, with LaTeX's special characters escaped."""
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
