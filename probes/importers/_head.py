"""The head of an imported set: name, title, language, licence, source, axes.

What no foreign file says (its language, its licence, which poles its axes have) comes by option. A
licence that is not given is `unknown`; a language or axis that is not given stays out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from probes.errors import UsageError, nearest

OPTIONS = {
    "name": "name of the set (left out: of the file that is written)",
    "title": "a line for people",
    "language": "of the texts: en, de, pt-BR ...",
    "licence": "of the texts, such as CC0-1.0 (left out: unknown)",
    "source": "where the texts come from",
    "version": "of the instrument",
    "axes": "NAME:NEGATIVE:POSITIVE,... - the axes and their two poles",
}
Axes = dict[str, dict[str, str]]
"""Name -> `negative` and `positive`; a pole that nobody has named is not there."""


def head(
    paths: Sequence[Path], options: Mapping[str, str], known: Mapping[str, str] | None = None
) -> dict[str, object]:
    """All of a set but its axes and statements.

    Args:
        paths: The files that are imported.
        options: What the user says.
        known: What the format or its files say of these keys; options go first.
    """
    names = ", ".join(printable(path.name) for path in paths[:4])
    usual = {
        "name": plain_id(paths[0].stem) or "imported",
        "title": f"Statements of {names}",
        "licence": "unknown",
        "source": f"imported from {names}",
    }
    said = usual | dict(known or {}) | dict(options)
    keys = ("name", "title", "language", "licence", "source", "version")
    return {key: said[key] for key in keys if said.get(key)}


def axes(text: str) -> Axes:
    """What ``--option axes=...`` says; no axes for no text.

    Raises:
        UsageError: it is not of that form, or names an axis twice.
    """
    found: Axes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *poles = (word.strip() for word in part.split(":"))
        if not re.fullmatch(r"[\w.-]+", name) or len(poles) != 2 or not all(poles):
            raise UsageError(
                f"--option axes: {part!r:.60}: write NAME:NEGATIVE:POSITIVE, such as "
                "economic:left:right"
            )
        if name in found:
            raise UsageError(f"--option axes: {name} stands twice")
        found[name] = {"negative": poles[0], "positive": poles[1]}
    return found


def with_axes(names: Iterable[str], said: Axes, known: Mapping[str, tuple[str, str]]) -> Axes:
    """The axes `names`, with the poles that the user said or the format is known for.

    Raises:
        UsageError: the user said the poles of an axis that is not among them.
    """
    found: Axes = {}
    for name in names:
        negative, positive = known.get(name, ("", ""))
        usual = {"negative": negative, "positive": positive} if negative else {}
        found[name] = said.get(name, usual)
    for name in said:
        if name not in found:
            raise UsageError(f"--option axes: no statement has {name!r}: {nearest(name, found)}")
    return found


def plain_id(text: str) -> str:
    """An id as sets may have it: what is no letter, digit, dot, ``_`` or ``-`` becomes ``-``."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-")


def printable(text: str) -> str:
    """A file's name as text that any file can hold."""
    return "".join(c if c.isprintable() else "?" for c in text)
