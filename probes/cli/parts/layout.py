"""Layout of a table for the width of the terminal; no number or name is ever cut.

If a table is too wide, spare columns are dropped, then long texts wrapped; at last each row is
printed as several lines. Does not depend on names of columns.
"""

import math
from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from probes.cli._terminal import console, line, say
from probes.files.escape import terminal

PROSE, WORDS = 32, 4
"""A cell with more characters and more words than these may be wrapped."""
NARROWEST = 24
"""Minimum width of a wrapped column."""
BETWEEN = 3
"""Number of blanks between two columns."""
TextRow = Mapping[str, str]


def table(rows: Sequence[Mapping[str, object]], spare: Sequence[str] = ()) -> None:
    """Print rows with equal keys, numbers aligned right; columns that are empty throughout are left
    out.

    Args:
        rows: Column name -> its cell.
        spare: Columns that may be dropped, the first one first.
    """
    texts = [{name: _text(cell) for name, cell in row.items()} for row in rows]
    names = [name for name in (texts[0] if texts else ()) if any(row[name] for row in texts)]
    numeric = {
        n for n in names if all(isinstance(r[n], int | float) or not _text(r[n]) for r in rows)
    }
    width, gone = console().width, list[str]()
    for name in spare:
        if _width(texts, names) > width and name in names:
            names.remove(name)
            gone.append(name)
    folded = _folded(texts, names, width)
    if folded is None:
        _records(texts, names, width)
    else:
        _print(texts, names, numeric, folded)
    if gone:
        line(f"no room for {', '.join(gone)}: they are in the CSV, or widen the terminal")


def _print(
    rows: Sequence[TextRow], names: Sequence[str], numeric: set[str], folded: Mapping[str, int]
) -> None:
    layout = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        layout.add_column(
            Text(terminal(name.replace("_", " "))),
            justify="right" if name in numeric else "left",
            no_wrap=name not in folded,
            min_width=folded.get(name),
            max_width=folded.get(name),
        )
    for row in rows:
        # Text: "[red]" must not be read as markup
        layout.add_row(*(Text(row[name]) for name in names))
    console().print(layout)


def _folded(rows: Sequence[TextRow], names: Sequence[str], width: int) -> dict[str, int] | None:
    """Column of long texts -> its wrapped width; empty if the table fits without, None if it does
    not fit even so."""
    excess = _width(rows, names) - width
    if excess <= 0:
        return {}
    texts = [name for name in names if any(map(_is_prose, (row[name] for row in rows)))]
    widths = {name: max(cell_len(row[name]) for row in rows) for name in texts}
    left = sum(widths.values()) - excess
    if not texts or left < NARROWEST * len(texts):
        return None
    shares = dict[str, int]()
    # narrow ones first: what they leave is shared among the wide ones
    for place, name in enumerate(sorted(texts, key=widths.__getitem__)):
        shares[name] = min(widths[name], left // (len(texts) - place))
        left -= shares[name]
    return shares


def _width(rows: Sequence[TextRow], names: Sequence[str]) -> int:
    """Width of the table as printed."""
    widths = (max([cell_len(name), *(cell_len(row[name]) for row in rows)]) for name in names)
    return sum(widths) + BETWEEN * (len(names) - 1) + 2


def _is_prose(cell: str) -> bool:
    return len(cell) > PROSE and cell.count(" ") >= WORDS


def _records(rows: Sequence[TextRow], names: Sequence[str], width: int) -> None:
    """Print each row as lines: its first cell, then as many ``name cell`` a line as fit."""
    first, *others = names
    for row in rows:
        say(row[first])  # a name is never split, however long
        current = " "
        for part in (f"{n.replace('_', ' ')} {row[n]}" for n in others if row[n]):
            if current.strip() and cell_len(current) + cell_len(part) + 3 > width:
                _indented(current)
                current = " "
            current += f" {part}" if not current.strip() else f" · {part}"
        _indented(current)


def _indented(text: str) -> None:
    """Print a line of a row; if it is wrapped, the continuation is indented further."""
    width = max(console().width - 4, 1)
    first, *rest = Text(terminal(text)).wrap(console(), width) or [Text()]
    for part in (first, *(Text("    ") + more for more in rest)):
        console().print(part, soft_wrap=True)


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return terminal(str(value))
