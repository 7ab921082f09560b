"""What mkdocs does with pages before it renders them.

Marks become generated text (`_generate.marks`), links those of the site (`_generate.links`); files
of the repository that `links.SHOWN` names become pages, too.
"""

from pathlib import Path
from typing import Any

from _generate import links, marks
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent


def on_files(files: Any, config: Any) -> Any:
    """Add the files of the repository that the site shows."""
    for source, page in links.SHOWN.items():
        text = links.moved((ROOT / source).read_text(encoding="utf-8"), source, page)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to the site's, and put generated text where the page wants it."""
    path = page.file.src_uri
    if path not in links.SHOWN.values():
        markdown = links.moved(markdown, f"docs/{path}", path)
    return marks.filled(markdown)
