"""Display of placements in a notebook: the compass, and the table below it."""

import base64
import html
import io
from dataclasses import dataclass, fields
from typing import Self

from probes import plugins
from probes.errors import UsageError
from probes.output import markup
from probes.output import tables as papertable
from probes.types import Tables


@dataclass(frozen=True, slots=True)
class Placements(Tables):
    """Everything a run concludes, as `Tables`; a notebook displays a picture and a table."""

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """The same tables, with their display in a notebook."""
        return cls(**{f.name: getattr(tables, f.name) for f in fields(tables)})

    def _repr_png_(self) -> bytes:
        """The compass; the axes figure where the compass cannot be drawn."""
        picture = io.BytesIO()
        try:
            figure = plugins.find("plots", "compass", "draw").draw(self)
        except UsageError:
            figure = plugins.find("plots", "axes", "draw").draw(self)
        figure.savefig(picture, format="png", dpi=144)
        return picture.getvalue()

    def _repr_html_(self) -> str:
        """The picture and the table of placements; names are escaped."""
        if not self.axes:
            return f"<p>{html.escape(self.caption)}</p>"
        picture = base64.b64encode(self._repr_png_()).decode()
        return (
            f'<img alt="Where each model stands" style="max-width:40em" '
            f'src="data:image/png;base64,{picture}">'
            f"{markup.html(papertable.summary(self), papertable.note(self))}"
        )
