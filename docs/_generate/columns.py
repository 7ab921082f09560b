"""The reference of CSV files: one table a file, from `docs/reference/columns.yaml`.

The YAML says of every column what it is, in which unit and range; a test holds it against the
files that runs really write.
"""

from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent.parent / "reference" / "columns.yaml"


def described() -> dict[str, dict[str, Any]]:
    """File name -> {about, columns: {name: {what, unit, range}}}."""
    return yaml.safe_load(DATA.read_text(encoding="utf-8"))


def page() -> str:
    """A heading, a sentence and a table a file."""
    return "\n\n".join(_file(name, said) for name, said in described().items())


def _file(name: str, said: dict[str, Any]) -> str:
    rows = [
        f"| `{column}` | {_cell(entry['what'])} | {entry['unit']} | {_cell(entry['range'])} |"
        for column, entry in said["columns"].items()
    ]
    head = "| column | what it is | unit | range |\n| --- | --- | --- | --- |"
    return "\n".join([f"### {name}", "", said["about"].strip(), "", head, *rows])


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")
