"""The notebook of the documentation runs from its first cell to its last."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parent.parent / "docs" / "tutorials" / "notebook.ipynb"


@pytest.mark.slow
def test_every_cell_runs_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Jupyter runs them: the value of a cell's last line is displayed."""
    monkeypatch.chdir(tmp_path)
    content = json.loads(NOTEBOOK.read_text("utf-8"))
    assert content["nbformat"] == 4
    space: dict[str, Any] = {}
    shown = []
    for cell in content["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body[-1]
        value = ast.Expression(tree.body.pop().value) if isinstance(last, ast.Expr) else None  # type: ignore[attr-defined]
        exec(compile(tree, str(NOTEBOOK), "exec"), space)  # our own notebook
        if value is not None:
            shown.append(eval(compile(value, str(NOTEBOOK), "eval"), space))
    trial, placements, differences = shown
    assert trial["trial"].all()
    assert "<table>" in placements._repr_html_()
    assert list(differences["verdict"]) == ["moved", "moved"]
    assert Path("axes.pdf").exists()
    assert Path("tables/placements.csv").exists()
