"""Tables as CSV: what a spreadsheet would take for a formula stays text.

A text cell that begins with ``= + - @``, a tab or a carriage return gets a ``'`` before it, and
loses it when it is read again: names in recorded files are anybody's.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from probes import disk
from probes.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

ROWS = 50_000
"""Are text at a time."""
RISKY = ("=", "+", "-", "@", "\t", "\r")


def text(table: "pd.DataFrame") -> str:
    """The table as CSV, without its index."""
    found: str = _each(table, _escaped).to_csv(index=False, lineterminator="\n")
    return found


def save(table: "pd.DataFrame", path: Path) -> None:
    """Replace a file by the table, whole or not at all; the text is never all in memory.

    Raises:
        RunError: it cannot be written.
    """
    try:
        with disk.replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            for start in range(0, max(1, len(table)), ROWS):
                rows = _each(table.iloc[start : start + ROWS], _escaped)
                # As objects, numbers are written by Python itself: the same digits, much faster.
                numbers = dict.fromkeys(rows.select_dtypes("float").columns, object)
                rows.astype(numbers).to_csv(
                    file, index=False, header=start == 0, lineterminator="\n"
                )
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


def read(path: Path) -> "pd.DataFrame":
    """The table in a CSV file that `text` made.

    Raises:
        FileNotFoundError, OSError, ValueError: there is none, or it is damaged.
    """
    import pandas as pd

    return _each(pd.read_csv(path), _plain)


def _each(table: "pd.DataFrame", change: "Callable[[object], object]") -> "pd.DataFrame":
    """The table with its text cells changed, if any is to be."""
    columns = table.select_dtypes(exclude=["number", "bool"])
    changed = [
        name for name, cells in columns.items() if any(change(c) is not c for c in cells.unique())
    ]
    return table.assign(**{str(name): table[name].map(change) for name in changed})


def _escaped(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip("'").startswith(RISKY) else cell


def _plain(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith("'") and cell.lstrip("'").startswith(RISKY):
        return cell[1:]
    return cell
