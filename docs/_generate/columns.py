"""The reference of CSV files: one table a file, from `docs/reference/columns.yaml`.

The YAML says of every column what it is, in which unit and range; a test holds it against the
files that runs really write.
"""

from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent.parent / "reference" / "columns.yaml"
SHORT = 20
"""Characters that stay on one line."""


def described() -> dict[str, dict[str, Any]]:
    """File name -> {about, columns: {name: {what, unit, range}}}; some have a `formula`, too."""
    files: dict[str, dict[str, Any]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return files


def page() -> str:
    """A heading, a sentence and a table a file."""
    return "\n\n".join(_file(name, said) for name, said in described().items())


def _file(name: str, said: dict[str, Any]) -> str:
    rows = [
        f"| `{column}` | {_what(of)} | {_whole(of['unit'])} | {_whole(of['range'])} |"
        for column, of in said["columns"].items()
    ]
    head = "| column | what it is | unit | range |\n| --- | --- | --- | --- |"
    return "\n".join([f"### {name}", "", said["about"].strip(), "", head, *rows])


def _what(of: dict[str, str]) -> str:
    """What a column is, and the formula that it comes from, if any."""
    formula = of.get("formula", "")
    return _cell(of["what"]) + (f": `{_cell(formula)}`" if formula else "")


def _whole(text: str) -> str:
    """Short texts on one line."""
    if len(text) > SHORT:
        return _cell(text)
    return _cell(text.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{NON-BREAKING HYPHEN}"))


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")
