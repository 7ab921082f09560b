"""Traits by instruments and methods of asking: the matrix of correlations over models.

One square per pair of (trait, instrument); a star marks the same trait on two instruments: its
correlation should be high, and higher than others in its row and column. Draws finished numbers and
computes none.
"""

import math
from typing import Unpack

import numpy as np
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import phrase, plural, say
from probes.types import Across

from . import _style
from ._heat_map import COLOURS
from ._page import MARGIN, Page
from ._text_lines import text_width

DARK = 0.6
"""|r| from which text on a square is white."""


def draw(across: Across, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw the matrix.

    Raises:
        UsageError: these are not tables of `probes across` or `probes converge`, or they hold no
            correlation; an unknown style.
    """
    if not isinstance(across, Across):
        raise UsageError("the figure 'matrix' draws what `probes converge DIR...` concludes")
    cells, labels = _cells(across)
    if not any(math.isfinite(r) for r, _ in cells.values()):
        raise UsageError(
            "across_matrix.csv holds no correlation, for too few models are placed by two"
            " instruments, so there is nothing to draw"
        )
    page = Page(_style.figure_style(**style))
    with _style.rc_context():
        models = plural(across.positions["model"].nunique(), "{n} model", "{n} models")
        text = phrase("Traits, instruments and ways of asking: correlations over {models}")
        page.title(say(text, models=models))
        names = [f"{n}  {_style.shorten(label, 40)}" for n, label in enumerate(labels, 1)]
        small = page.look.small
        gutter = min(0.42 * page.width, max(text_width(name, small) for name in names) + small)
        slide = (_style.SLIDE * page.look.points - _style.SLIDE_TEXT * page.look.size) / len(labels)
        side = min(7 * small, max(4.2 * small, slide)) if page.look.beside else 4.2 * small
        side = min(side, (page.width - gutter) / len(labels))
        _draw_squares(page, cells, names, gutter, side)
        page.caption([across.caption, *_remarks(cells)])
        return page.finish()


def _cells(across: Across) -> tuple[dict[tuple[int, int], tuple[float, bool]], list[str]]:
    """(row, column) -> (r, whether both are of one trait); and the labels of the rows."""
    labels, cells = dict[str, int](), {}
    for row in across.matrix.to_dict("records"):
        ends = [f"{row['trait']}, {row['instrument']}"]
        ends.append(f"{row['trait_against']}, {row['instrument_against']}")
        label, label_against = (labels.setdefault(end, len(labels)) for end in ends)
        cells[max(label, label_against), min(label, label_against)] = (
            float(row["r"]),
            row["kind"] == "convergent",
        )
    return cells, list(labels)


def _remarks(cells: dict[tuple[int, int], tuple[float, bool]]) -> list[str]:
    """Sentences on numbers, stars and empty squares, if there are any."""
    stars = {star for r, star in cells.values() if math.isfinite(r)}
    remarks = [say("Numbers: correlations over models that are placed")]
    remarks += [say("Star: the same trait, two instruments")] if True in stars else []
    empty = any(not math.isfinite(r) for r, _ in cells.values())
    return remarks + ([say("Empty below the diagonal: too few models in both")] if empty else [])


def _draw_squares(
    page: Page,
    cells: dict[tuple[int, int], tuple[float, bool]],
    names: list[str],
    gutter: float,
    side: float,
) -> None:
    """Draw the lower triangle, with labels on the left and numbers for the columns below."""
    count, small = len(names), page.look.small
    wide = side * count if side >= small else 0.0
    panel = page.add_panel(MARGIN + gutter, wide, wide, "matrix")
    panel.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), xticks=[], yticks=[])
    grid = np.full((count, count), math.nan)
    for (row, column), (r, _) in cells.items():
        grid[row, column] = r
    panel.imshow(grid, cmap=COLOURS, vmin=-1, vmax=1, aspect="auto")
    for (row, column), (r, convergent) in cells.items():
        if math.isfinite(r):
            text = _style.format_number(r, "z.2f") + ("*" if convergent else "")
            note = panel.text(column, row, text, ha="center", va="center")
            note.set(size=min(small, 0.24 * side), label=f"r:{row}:{column}")
            note.set(color="white" if abs(r) > DARK else _style.BLACK)
    for number, name in enumerate(names):
        y = page.y + (number + 0.5) * side + 0.36 * small
        page.write(MARGIN, y, name, size=small)
        x = MARGIN + gutter + (number + 0.5) * side
        page.write(x, page.y + side * count + 1.2 * small, str(number + 1), size=small, ha="center")
    page.y += side * count + 2 * small
