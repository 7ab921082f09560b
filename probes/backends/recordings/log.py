"""What the logs of all other evaluation programs have in common: samples, and where things stand.

Which program wrote a file, and what of it is a reply, is said in `logs` and in a module a program.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probes.backends.recordings import cell
from probes.errors import ModelError

ASKED = "asked"
"""Key of the text that was asked, in every entry made here."""
Entry = dict[str, object]
Located = list[tuple[str, Entry]]


@dataclass(frozen=True, slots=True)
class ForeignLog:
    """The samples of a log, in our keys and its own."""

    entries: Located
    """Where each stands, for messages, and what it holds."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Column of ours -> its path in an entry, where that is not its own name."""
    own: str = ""
    """Key of the object in which users keep values of their own."""

    def columns(self, named: Mapping[str, str], *, sheet: bool) -> dict[str, str]:
        """Column of ours -> its path: as it was typed, else as the log has it."""
        return {"statement": ASKED if sheet else self._statement(), **self.names, **named}

    @property
    def exported(self) -> bool:
        """Whether every sample names its cell."""
        return all(cell.of(entry, self.own) is not None for _, entry in self.entries)

    def _statement(self) -> str:
        """Where the statement stands: with the users' own values, if all have it there."""
        own_values = [entry.get(self.own) for _, entry in self.entries]
        named = all(isinstance(values, Mapping) and "statement" in values for values in own_values)
        return f"{self.own}.statement" if named else ASKED


def require_version(path: Path, program: str, version: object, newest: int) -> None:
    """Refuse a log of a version that was not tried.

    Raises:
        ModelError: it is newer, or no number.
    """
    if type(version) is not int or version > newest:
        raise ModelError(
            f"{path}: a log of {program} in version {str(version)[:20]} of its format; up to "
            f"version {newest} is read"
        )


def objects(path: Path, located: Iterable[tuple[str, object]]) -> Located:
    """The samples, each of which is an object.

    Raises:
        ModelError: one is not, or there are none.
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
    """The text of a message: itself, or its parts that are text; None where it has none.

    What a model thought is no part of its reply.
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
