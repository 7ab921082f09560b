"""A figure as text that a page holds."""

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

from probes.output import figures
from probes.types import Tables


def embedded(figure: str, tables: Tables) -> str:
    """A figure as base64 of an SVG.

    Raises:
        UsageError: the tables do not fit it.
    """
    with TemporaryDirectory() as scratch:
        target = Path(scratch) / f"{figure}.svg"
        figures.draw(figure, tables, target)
        return base64.b64encode(target.read_bytes()).decode()
