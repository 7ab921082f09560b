"""The head of an imported set: name, title, language, licence, source, axes.

Options give what the files leave out (language, licence, the poles of axes). A missing licence is
`unknown`; a missing language or axis is left out.
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
"""Axis name -> `negative` and `positive`; an empty mapping if the poles are unknown."""


def head(
    paths: Sequence[Path], options: Mapping[str, str], defaults: Mapping[str, str] | None = None
) -> dict[str, object]:
    """All keys of a set but its axes and statements.

    Args:
        paths: The files that are imported.
        options: Given by the user.
        defaults: Values of these keys from the format or its files; options override them.
    """
    names = ", ".join(printable(path.name) for path in paths[:4])
    usual = {
        "name": plain_id(paths[0].stem) or "imported",
        "title": f"Statements of {names}",
        "licence": "unknown",
        "source": f"imported from {names}",
    }
    values = usual | dict(defaults or {}) | dict(options)
    keys = ("name", "title", "language", "licence", "source", "version")
    return {key: values[key] for key in keys if values.get(key)}


def axes(text: str) -> Axes:
    """Parse ``--option axes=...``; no axes for an empty text.

    Raises:
        UsageError: it has another form, or names an axis twice.
    """
    result: Axes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *poles = (word.strip() for word in part.split(":"))
        if not re.fullmatch(r"[\w.-]+", name) or len(poles) != 2 or not all(poles):
            raise UsageError(
                f"--option axes: {part!r:.60}: write NAME:NEGATIVE:POSITIVE, such as "
                "economic:left:right"
            )
        if name in result:
            raise UsageError(f"--option axes: {name} stands twice")
        result[name] = {"negative": poles[0], "positive": poles[1]}
    return result


def with_axes(names: Iterable[str], typed: Axes, poles: Mapping[str, tuple[str, str]]) -> Axes:
    """The axes `names`, with the poles that the user typed, else those of the format.

    Args:
        names: Names of the axes that statements have.
        typed: Axes typed by the user.
        poles: Negative and positive pole, where known from the format.

    Raises:
        UsageError: the user typed the poles of an axis that is not among them.
    """
    result: Axes = {}
    for name in names:
        negative, positive = poles.get(name, ("", ""))
        usual = {"negative": negative, "positive": positive} if negative else {}
        result[name] = typed.get(name, usual)
    for name in typed:
        if name not in result:
            raise UsageError(f"--option axes: no statement has {name!r}: {nearest(name, result)}")
    return result


def plain_id(text: str) -> str:
    """A valid id: characters other than letters, digits, dot, ``_`` and ``-`` become ``-``."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-")


def printable(text: str) -> str:
    """A file name as text without characters that cannot be encoded."""
    return "".join(c if c.isprintable() else "?" for c in text)
