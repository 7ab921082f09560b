"""What mkdocs does with pages before it renders them.

A line ``<!-- generated: NAME -->`` or ``<!-- generated: NAME ARGUMENT ... -->`` in a page becomes
what `_generate` makes of it; files of the repository that `links.SHOWN` names become pages, too.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _generate import columns, commands, keys, links, names
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
_MARK = re.compile(r"^<!-- generated: (\w+)(.*?) -->$", re.MULTILINE)
GENERATORS: dict[str, Callable[..., str]] = {
    "commands": commands.page,
    "columns": columns.page,
    "keys": keys.table,
    "public": names.public,
    "names": lambda module, *listed: names.listed(module, listed),
}


def on_files(files: Any, config: Any) -> Any:
    """Add the files of the repository that the site shows."""
    for source, page in links.SHOWN.items():
        text = links.moved((ROOT / source).read_text(encoding="utf-8"), source, page)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put what is generated where the page says so, and turn links to the site's."""
    path = page.file.src_uri
    if path not in links.SHOWN.values():
        markdown = links.moved(markdown, f"docs/{path}", path)
    return _MARK.sub(lambda mark: GENERATORS[mark[1]](*mark[2].split()), markdown)
