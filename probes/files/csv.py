"""Tables as CSV: what a spreadsheet would take for a formula stays text.

In a text cell a ``'`` is put before each ``= + - @``, tab or carriage return with which the cell,
or a part of it, begins; it is taken away again when the cell is read. Parts end at a semicolon, a
tab or a line end: a spreadsheet that is set to split lines there makes cells of them. Names in
recorded files are anybody's. Numbers stand in columns of their own and are never touched.
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
"""Rows that are formatted at a time."""
_BEGINS, _RISKY = r"(?<![^;\t\r\n])", "(?='*[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20])"
_BARE, _QUOTED = re.compile(_BEGINS + _RISKY), re.compile(f"{_BEGINS}'{_RISKY}")


def text(table: "pd.DataFrame") -> str:
    """The table as CSV, without its index."""
    content: str = _each(table, _escaped).to_csv(index=False, lineterminator="\n")
    return content


def save(table: "pd.DataFrame", path: Path) -> None:
    """Replace a file by the table, whole or not at all; the text is never all in memory.

    Raises:
        RunError: it cannot be written.
    """
    save_pieces((table.iloc[n : n + ROWS] for n in range(0, max(1, len(table)), ROWS)), path)


def save_pieces(tables: "Iterable[pd.DataFrame]", path: Path) -> None:
    """The same of a table that comes in pieces of the same columns, one at a time.

    Raises:
        RunError: it cannot be written.
    """
    try:
        with atomic.replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            for number, table in enumerate(tables):
                rows = _each(table, _escaped)
                # As objects, numbers are written by Python itself: the same digits, much faster.
                numbers = dict.fromkeys(rows.select_dtypes("float").columns, object)
                rows.astype(numbers).to_csv(
                    file, index=False, header=number == 0, lineterminator="\n"
                )
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


def read(path: Path, names: Sequence[str] = ()) -> "pd.DataFrame":
    """The table in a CSV file that `text` made.

    Args:
        path: The file.
        names: Columns that are text, even where every cell looks like a number.

    Raises:
        FileNotFoundError, OSError, ValueError: there is none, or it is damaged.
    """
    import pandas as pd

    types = dict.fromkeys(names, str)
    # only an empty cell is none: a model may be called "null"
    return _each(pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""]), _plain)


def _each(table: "pd.DataFrame", change: "Callable[[object], object]") -> "pd.DataFrame":
    """The table with its text cells changed, if any is to be."""
    columns = table.select_dtypes(exclude=["number", "bool"])
    changed = [
        name for name, cells in columns.items() if any(change(c) is not c for c in cells.unique())
    ]
    return table.assign(**{str(name): table[name].map(change) for name in changed})


def _escaped(cell: object) -> object:
    return _BARE.sub("'", cell) if isinstance(cell, str) else cell


def _plain(cell: object) -> object:
    return _QUOTED.sub("", cell) if isinstance(cell, str) else cell
