"""The report: a run folder -> one HTML file that opens anywhere and asks no network.

`load` reads the folder, `content` has what is on the page, `html` makes the file. The templates are
`page.html.jinja`, `guide.html.jinja` and `style.css`, the scripts `page.js`, `chart.js` and
`detail.js`. Asks no model, and writes nothing into the run folder but the report itself.
"""

from pathlib import Path

from probes.files.atomic import write
from probes.report.html import page
from probes.report.load import source

__all__ = ["page", "report", "source"]


def report(directory: Path, target: Path, people: str | None = None) -> None:
    """Write the report of the run in `directory` to the file `target`, whole or not at all.

    `people` stand beside its models, as `runs.beside` reads them; None: those of the folder.

    Raises:
        RunError: no run folder, no answers yet, damaged evidence, or a target that cannot be
            written.
        UsageError: plotly is not installed.
    """
    write(target, page(source(directory, people)).encode("utf-8", "replace"))
