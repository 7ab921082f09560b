"""The report: makes one self-contained HTML file from a run folder; it needs no network.

`load` reads the folder, `content` prepares the values on the page, `html` makes the file. The
templates are `page.html.jinja`, `guide.html.jinja` and `style.css`, the scripts `page.js`,
`chart.js` and `detail.js`. Asks no model, and writes only the report into the run folder.
"""

from pathlib import Path

from probes.errors import UsageError
from probes.files.atomic import write
from probes.output.pdf import printed
from probes.report import advice, requests
from probes.report.beside.downstream import shared
from probes.report.content import PLAIN, Cover
from probes.report.html import page
from probes.report.load import source

__all__ = ["Cover", "page", "printed", "report", "source"]


def report(
    directory: Path,
    target: Path,
    people: str | None = None,
    *,
    cover: Cover = PLAIN,
    pdf: bool = False,
    downstream: Path | None = None,
) -> list[str]:
    """Write the report of the run in `directory` to the file `target`, whole or not at all.

    Args:
        directory: Run folder.
        target: The HTML or PDF file.
        people: Source of people to show beside the models, as `runs.beside` reads it; None: those
            of the run folder.
        cover: Title, author and comment that replace the report's own.
        pdf: Print the page to a PDF, with a browser on this machine.
        downstream: Folder of predictions of classifiers trained from the models.

    Returns:
        What must be said of it.

    Raises:
        RunError: no run folder, no answers yet, damaged evidence, or a target that cannot be
            written.
        UsageError: plotly is not installed, there is no browser to print with, or the report of
            this kind of run has no section for classifiers.
    """
    other = requests.holds(directory) or advice.holds(directory)
    if downstream is not None and other:
        raise UsageError(
            f"--downstream {downstream}: classifiers stand beside models that were asked statements"
        )
    text = requests.page(directory, cover) if requests.holds(directory) else ""
    text = advice.page(directory, cover) if advice.holds(directory) else text
    remarks = []
    if not text:
        run_data = source(directory, people, downstream)
        text = page(run_data, cover=cover)
        sentence, common = shared(run_data.tables, downstream) if downstream else ("", True)
        remarks += [] if common else [sentence]
    if pdf:
        printed(text, target)
    else:
        write(target, text.encode("utf-8", "replace"))
    return remarks
