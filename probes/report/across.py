"""The output of `probes across`: tables, figures, and one HTML page with all of them, no script.

::

    OUT/across.csv  across_differences.csv  across_matrix.csv  across_traits.csv
    OUT/across.png  across.svg  across.html
"""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes.files import csv
from probes.files.atomic import refuse_links
from probes.files.atomic import write as write_file
from probes.files.claim import claim
from probes.files.lock import locked
from probes.output import columns, figures, formats
from probes.report.scriptless import render
from probes.types import Across

if TYPE_CHECKING:
    import pandas as pd

FILES = {
    "across.csv": "positions",
    "across_differences.csv": "differences",
    "across_matrix.csv": "matrix",
    "across_traits.csv": "traits",
}
"""File name -> field of `Across`; the first file marks the folder as ours."""
FIGURES = ("across", "matrix")


def write(
    tables: Across,
    folder: Path,
    others: "Mapping[str, pd.DataFrame | None] | None" = None,
    drawn: Sequence[str] = ("across",),
) -> None:
    """Write all output into a folder, each file whole or not at all.

    Args:
        tables: Results on several instruments.
        folder: Output folder; created if missing.
        others: Further tables by name; for None, an existing file of that name is deleted.
        drawn: Names of the figures to draw.

    Raises:
        RunError: the folder holds something else, cannot be written, or another command writes
            there.
        UsageError: no model has a position.
    """
    mark, *_ = FILES
    refuse_links(folder)
    claim(folder, mark, "of `probes across`")
    with locked(folder, "command"):
        for name, table in FILES.items():
            csv.save(getattr(tables, table), folder / name)
        for name, other in (others or {}).items():
            if other is None:
                (folder / f"{name}.csv").unlink(missing_ok=True)
            else:
                csv.save(other, folder / f"{name}.csv")
        _draw(tables, folder, drawn)


def _draw(tables: Across, folder: Path, drawn: Sequence[str]) -> None:
    """Draw the figures, and write the page that embeds figure `across`."""
    for name in FIGURES:
        for suffix in ("png", "svg"):
            if name in drawn:
                figures.draw(name, tables, folder / f"{name}.{suffix}")
            else:  # left by an earlier call with other models
                (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    write_file(folder / "across.html", _page(tables, folder).encode("utf-8", "replace"))


def _page(tables: Across, folder: Path) -> str:
    instruments = ", ".join(dict.fromkeys(tables.positions["instrument"]))
    return render(
        "across.html.jinja",
        f"Across instruments: {instruments}",
        figure=base64.b64encode((folder / "across.svg").read_bytes()).decode(),
        caption=" · ".join(filter(None, (tables.caption, tables.intervals))),
        traits=tables.traits.to_dict("records"),
        trait_rows=columns.cells(columns.TRAIT, tables.traits.to_dict("records")),
        positions=columns.cells(columns.ACROSS, tables.positions.to_dict("records")),
        differences=columns.cells(columns.ACROSS_DIFFERENCE, tables.differences.to_dict("records")),
        matrix=_matrix(tables.matrix),
    )


def _matrix(table: "pd.DataFrame") -> Sequence[Mapping[str, str]]:
    """Rows of the multitrait-multimethod matrix: one row and column a trait and instrument."""
    cells, labels = dict[tuple[str, str], str](), dict[str, None]()
    for row in table.to_dict("records"):
        label = f"{row['trait']}, {row['instrument']}"
        label_against = f"{row['trait_against']}, {row['instrument_against']}"
        labels |= {label: None, label_against: None}
        star = "*" if row["kind"] == "convergent" else ""
        text = formats.signed_number(row["r"])
        cells[label_against, label] = cells[label, label_against] = f"{text}{star}" if text else ""
    *columns_, _ = labels
    return [
        {
            "trait, instrument": row,
            **{
                name: cells.get((row, name), "") if n < k else "" for n, name in enumerate(columns_)
            },
        }
        for k, row in enumerate(labels)
        if k
    ]
