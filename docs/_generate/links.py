"""Links between pages, and to files of the repository that the site shows as pages of its own.

Pages link as files do in the repository (`../../CONTRIBUTING.md`), so that links work where the
repository is read; on the site, files from outside `docs/` have the addresses of `SHOWN`.
"""

import re
from posixpath import dirname, join, normpath, relpath

SHOWN = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "report-a-weakness.md",
    "VISION.md": "vision.md",
    "benchmarks/README.md": "benchmarks.md",
    "statements/README.md": "statements.md",
}
"""File of the repository -> page of the site."""
_LINK = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)")


def moved(text: str, source: str, page: str) -> str:
    """The text of file `source`, with links as the site's page `page` needs them."""

    def target(match: re.Match[str]) -> str:
        path = normpath(join(dirname(source), match[2]))
        on_site = SHOWN.get(path, path.removeprefix("docs/"))
        return match[1] + relpath(on_site, dirname(page) or ".")

    return _LINK.sub(target, text)
