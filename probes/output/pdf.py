"""Prints a report to PDF with a browser installed on this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from probes.errors import RunError, UsageError
from probes.files.atomic import write

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge", "brave-browser"),
)
"""Browsers that can print a page from the command line, in the order of the search."""
PATIENCE = 180
"""Timeout for the browser, in seconds."""
DRAWING = 20_000
"""Milliseconds of the browser's virtual time for the page's script to draw the chart."""


def printed(page: str, target: Path) -> None:
    """Print an HTML page to a PDF file, whole or not at all.

    Raises:
        UsageError: this machine has no suitable browser.
        RunError: the browser wrote nothing, or the file cannot be written.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UsageError(
            "--pdf needs Chromium, Chrome or Edge on the path, and there is none: open the HTML"
            " report in a browser and print it there"
        )
    with tempfile.TemporaryDirectory(prefix="probes-") as folder:
        source, printed_file = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, "utf-8", errors="replace")
        _run(browser, source, printed_file)
        if not printed_file.is_file():
            raise RunError(f"{target}: {Path(browser).name} printed no PDF")
        write(target, printed_file.read_bytes())


def _run(browser: str, source: Path, target: Path) -> None:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [
        browser, "--headless", "--disable-gpu", "--no-pdf-header-footer", "--no-first-run",
        f"--user-data-dir={target.parent / 'profile'}", f"--virtual-time-budget={DRAWING}",
        *(["--no-sandbox"] if root else []), f"--print-to-pdf={target}", source.as_uri(),
    ]  # fmt: skip
    try:
        subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"{Path(browser).name} could not print the report: {error}") from None
