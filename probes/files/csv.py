"""Tables as CSV, protected against formulas in spreadsheets.

In a text cell a ``'`` is put before each ``= + - @``, tab or carriage return at the beginning of
the cell or of one of its parts; it is removed when the cell is read. Parts end at a semicolon, a
tab or a line end: spreadsheets may split cells there. Recorded files may hold any names. Numeric
columns are never changed.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import RunError
from probes.files import atomic

if TYPE_CHECKING:
    import pandas as pd

ROWS = 50_000
"""Number of rows formatted at a time."""
_BEGINS, _RISKY = r"(?<![^;\t\r\n])", "(?='*[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20])"
_BARE, _QUOTED = re.compile(_BEGINS + _RISKY), re.compile(f"{_BEGINS}'{_RISKY}")


def text(table: "pd.DataFrame") -> str:
    """The table as CSV, without its index."""
    content: str = _with_text_cells(table, _escaped).to_csv(index=False, lineterminator="\n")
    return content


def save(table: "pd.DataFrame", path: Path) -> None:
    """Replace a file by the table, whole or not at all; formatted in pieces to save memory.

    Raises:
        RunError: it cannot be written.
    """
    save_pieces((table.iloc[n : n + ROWS] for n in range(0, max(1, len(table)), ROWS)), path)


def save_pieces(tables: "Iterable[pd.DataFrame]", path: Path) -> None:
    """`save` for a table that comes in pieces with the same columns.

    Raises:
        RunError: it cannot be written.
    """
    try:
        with atomic.replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            for number, table in enumerate(tables):
                rows = _with_text_cells(table, _escaped)
                # As objects, numbers are formatted by Python itself: the same digits, much faster.
                numbers = dict.fromkeys(rows.select_dtypes("float").columns, object)
                rows.astype(numbers).to_csv(
                    file, index=False, header=number == 0, lineterminator="\n"
                )
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


def read(path: Path, names: Sequence[str] = ()) -> "pd.DataFrame":
    """The table in a CSV file written by `text`.

    Args:
        path: The file.
        names: Columns that are text, even if all cells look like numbers.

    Raises:
        FileNotFoundError, OSError, ValueError: it does not exist, or is damaged.
    """
    import pandas as pd

    types = dict.fromkeys(names, str)
    # only an empty cell is missing: a model may be called "null"
    return _with_text_cells(
        pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""]), _plain
    )


def _with_text_cells(table: "pd.DataFrame", change: "Callable[[object], object]") -> "pd.DataFrame":
    """The table with its text cells changed, if any needs to be."""
    columns = table.select_dtypes(exclude=["number", "bool"])
    changed = [
        name for name, cells in columns.items() if any(change(c) is not c for c in cells.unique())
    ]
    return table.assign(**{str(name): table[name].map(change) for name in changed})


def _escaped(cell: object) -> object:
    return _BARE.sub("'", cell) if isinstance(cell, str) else cell


def _plain(cell: object) -> object:
    return _QUOTED.sub("", cell) if isinstance(cell, str) else cell
