"""Faults of a task's texts, gathered: each sentence once, with the rows that it is said of."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from probes.errors import SetError

CUT = 30
"""Most characters of a cell in a message: it may be a text that nobody wants to read."""
MOST = 10
"""Most faults in one message."""
MOST_ROWS = 5
"""Most rows that a fault names."""
Place = Path | str
Given = TypeVar("Given")
Read = TypeVar("Read")


class TaskRowError(SetError):
    """A fault of one row of a file."""

    def __init__(self, place: Place, where: str, sentence: str) -> None:
        super().__init__(f"{place}: {where}: {sentence}")
        self.place, self.where, self.sentence = place, where, sentence


class TextFaults:
    """What is wrong with the rows of the files of a task."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[str]] = {}

    def tried(self, read: Callable[[Given], Read], row: Given) -> Read | None:
        """What is read of a row; None where that is a fault, which is noted."""
        try:
            return read(row)
        except TaskRowError as fault:
            self._rows.setdefault((f"{fault.place}", fault.sentence), []).append(fault.where)
            return None

    def add(self, fault: SetError) -> None:
        """Note what ends the reading of a file."""
        self._rows[str(fault), ""] = []

    def add_repeats(self, source: Place, places: "dict[str, list[tuple[Place, str]]]") -> None:
        """Note ids that stand at several rows.

        Args:
            source: The task.
            places: Id -> file and row of each text that has it.
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
        """Raise all that was noted, if anything was.

        Raises:
            SetError: with a line a fault, `MOST` at most.
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
