"""Collection of the faults of a task's rows: each sentence once, with the rows concerned."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from probes.errors import SetError

CUT = 30
"""Maximum characters of a cell in an error message: the cell may hold offensive text."""
MOST = 10
"""Maximum number of faults in one message."""
MOST_ROWS = 5
"""Maximum number of rows named for one fault."""
Place = Path | str
Given = TypeVar("Given")
Read = TypeVar("Read")


class TaskRowError(SetError):
    """A fault of one row of a file."""

    def __init__(self, place: Place, where: str, sentence: str) -> None:
        super().__init__(f"{place}: {where}: {sentence}")
        self.place, self.where, self.sentence = place, where, sentence


class TextFaults:
    """The faults of the rows of a task's files."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[str]] = {}

    def tried(self, read: Callable[[Given], Read], row: Given) -> Read | None:
        """Result of `read(row)`; None if it raises a fault, which is recorded."""
        try:
            return read(row)
        except TaskRowError as fault:
            self._rows.setdefault((f"{fault.place}", fault.sentence), []).append(fault.where)
            return None

    def add(self, fault: SetError) -> None:
        """Record a fault that ends the reading of a file."""
        self._rows[str(fault), ""] = []

    def add_repeats(self, source: Place, places: "dict[str, list[tuple[Place, str]]]") -> None:
        """Record ids that occur in several rows.

        Args:
            source: the task file.
            places: id -> file and row of each text with this id.
        """
        for name, at in places.items():
            if len(at) > 1:
                by_file: dict[str, list[str]] = {}
                for place, where in at:
                    by_file.setdefault(str(place).rpartition("/")[2], []).append(where)
                rows = "; ".join(f"{_some(rows)} of {file}" for file, rows in by_file.items())
                sentence = f"the id {name[:CUT]!r} stands at {len(at)} texts: {rows}"
                self._rows[str(source), sentence] = []

    def refuse(self) -> None:
        """Raise the recorded faults, if there are any.

        Raises:
            SetError: with one line for each fault, at most `MOST`.
        """
        lines = [
            ": ".join(filter(None, (place, _some(rows), sentence)))
            for (place, sentence), rows in self._rows.items()
        ]
        if len(lines) > MOST:
            lines[MOST:] = [f"and {len(lines) - MOST} more faults"]
        if lines:
            raise SetError("\n".join(lines))


def _some(rows: Iterable[str]) -> str:
    names = list(rows)
    more = f" and {len(names) - MOST_ROWS} more" if len(names) > MOST_ROWS else ""
    return ", ".join(names[:MOST_ROWS]) + more
