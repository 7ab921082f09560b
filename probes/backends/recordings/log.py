"""What logs of different evaluation programs have in common: samples, and paths of their values.

`logs` recognizes the program that wrote a file; each program has a module that reads its replies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probes.backends.recordings import cell
from probes.errors import ModelError

ASKED = "asked"
"""Key of the prompt's text in an entry."""
Entry = dict[str, object]
Located = list[tuple[str, Entry]]


@dataclass(frozen=True, slots=True)
class ForeignLog:
    """The samples of a log, with the keys of our columns and the log's own keys."""

    entries: Located
    """``(position for messages, content)`` of each sample."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Our column -> its path in an entry, if that differs from the column's name."""
    own: str = ""
    """Key of the object with users' own values (metadata)."""

    def columns(self, named: Mapping[str, str], *, sheet: bool) -> dict[str, str]:
        """Our column -> its path in an entry: as given by the user, else the log's default."""
        return {"statement": ASKED if sheet else self._statement(), **self.names, **named}

    @property
    def exported(self) -> bool:
        """Whether every sample has the cell that `probes export` wrote."""
        return all(cell.of(entry, self.own) is not None for _, entry in self.entries)

    def _statement(self) -> str:
        """Path of the statement: in the users' own values if all samples have it there."""
        own_values = [entry.get(self.own) for _, entry in self.entries]
        named = all(isinstance(values, Mapping) and "statement" in values for values in own_values)
        return f"{self.own}.statement" if named else ASKED


def require_version(path: Path, program: str, version: object, newest: int) -> None:
    """Refuse a log in an untested version of its format.

    Raises:
        ModelError: the version is newer, or not a number.
    """
    if type(version) is not int or version > newest:
        raise ModelError(
            f"{path}: a log of {program} in version {str(version)[:20]} of its format; up to "
            f"version {newest} is read"
        )


def objects(path: Path, located: Iterable[tuple[str, object]]) -> Located:
    """Check that there are samples and that each is a JSON object.

    Raises:
        ModelError: they are not.
    """
    entries: Located = []
    for where, entry in located:
        if not isinstance(entry, dict):
            raise ModelError(f"{path}: {where}: should be a JSON object")
        entries.append((where, entry))
    if not entries:
        raise ModelError(f"{path}: a log without samples")
    return entries


def plain_text(content: object) -> str | None:
    """The text of a message: a string, or the joined text parts of a list; None if there is none.

    Reasoning ("thinking") is not part of a reply.
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return None
    parts = [
        part.get("text")
        for part in content
        if isinstance(part, Mapping) and part.get("type") == "text"
    ]
    return "\n".join(map(str, parts)) if parts else None
