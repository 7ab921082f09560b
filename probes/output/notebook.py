"""Display of placements in a notebook: the compass, and the table below it."""

import base64
import html
import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from probes.errors import UsageError
from probes.files import csv
from probes.output import figures, markup
from probes.output import tables as papertable
from probes.types import Tables


@dataclass(frozen=True, slots=True)
class Placements(Tables):
    """All results of a run, as `Tables`; a notebook displays them as a figure and a table."""

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """The same tables, with display in a notebook."""
        return cls(**{f.name: getattr(tables, f.name) for f in fields(tables)})

    def plot(
        self, figure: str = "compass", target: str | Path | None = None, **options: object
    ) -> Any:
        """A figure of these placements as a matplotlib Figure; also written to a file if one is
        named.

        Args:
            figure: compass, axes, statements ..., or ``./mine.py``, which is executed.
            target: A png, svg or pdf file.
            options: Options of the figure, such as ``style="slide"``.

        Raises:
            UsageError: there is no such figure or format, or it takes no such option.
        """
        if target is not None:
            figures.draw(figure, self, Path(target), options)
        return figures.drawn(figure, self, options)

    def save(self, folder: str | Path) -> list[Path]:
        """Write each table as CSV into a folder; returns the paths.

        Raises:
            RunError: the folder cannot be written.
        """
        path, files = Path(folder), list[Path]()
        path.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            table = getattr(self, field.name)
            if hasattr(table, "to_csv"):
                files.append(path / f"{field.name}.csv")
                csv.save(table, files[-1])
        return files

    def to_latex(self, **style: Any) -> str:
        """The table as LaTeX for a paper; `style` takes the fields of `output.markup.TableStyle`:
        `columns`, `digits`, `caption`, `label`, `wide`.

        Raises:
            UsageError: there is no such column, or too many digits are asked for.
        """
        return papertable.text(self, "latex", markup.TableStyle(**style))

    def _repr_png_(self) -> bytes:
        """PNG of the compass, or of figure `axes` where the compass cannot be drawn."""
        picture = io.BytesIO()
        try:
            figure: Any = figures.drawn("compass", self)
        except UsageError:
            figure = figures.drawn("axes", self)
        figure.savefig(picture, format="png", dpi=144)
        return picture.getvalue()

    def _repr_html_(self) -> str:
        """HTML of the figure and the table of placements; names are escaped."""
        if not self.axes:
            return f"<p>{html.escape(self.caption)}</p>"
        picture = base64.b64encode(self._repr_png_()).decode()
        return (
            f'<img alt="Where each model stands" style="max-width:40em" '
            f'src="data:image/png;base64,{picture}">'
            f"{markup.html(papertable.summary(self), papertable.note(self))}"
        )
