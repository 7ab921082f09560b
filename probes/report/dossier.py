"""The output of `probes verify --dossier`: one page in plain language, without a script."""

from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import RunError
from probes.files.atomic import write as write_file
from probes.output import asking_columns, columns
from probes.report.beside.conditions import words
from probes.report.scriptless import render

if TYPE_CHECKING:
    from probes.tables.place import Conclusion
    from probes.types import Tables
    from probes.verification.verify import Verification


def write(file: Path, folder: Path, result: "Verification") -> None:
    """Write the page, whole or not at all.

    Raises:
        RunError: the evidence is damaged, so that the page would be empty; or the file cannot be
            written.
    """
    if result.conclusion is None:
        raise RunError(f"{folder}: nothing can be made of its evidence, so there is no dossier")
    claims = result.claims
    rows = [] if claims is None else columns.cells(columns.CLAIM, claims.to_dict("records"))
    page = render(
        "dossier.html.jinja",
        f"Dossier of the run {folder.name}",
        findings=result.findings,
        files=result.files,
        tables=result.tables,
        fingerprint=result.fingerprint,
        claims=None if claims is None else rows,
        models=[
            {"model": name, "answered": f"{done:,} of {cells:,}"}
            for name, (done, cells) in result.answers.items()
        ],
        unmade=result.unmade,
        unhashed=[name for name in result.answers if name not in result.models],
        **_facts(result.conclusion),
    )
    write_file(file, page.encode("utf-8", "replace"))


def _changes(tables: "Tables") -> list[dict[str, str]]:
    """Rows of the table of conditions: their effect on positions."""
    if tables.conditions is None:
        return []
    rows = tables.conditions.fillna({"reason": ""}).to_dict("records")
    return columns.measured(asking_columns.CONDITION, rows)


def _facts(conclusion: "Conclusion") -> dict[str, object]:
    """Values about the run and its placements."""
    statement_set, tables = conclusion.materials.statements, conclusion.tables
    placements = columns.measured(columns.PLACEMENT, tables.placements.to_dict("records"))
    conditions = conclusion.materials.recipe.conditions
    return {
        "conditions": [{"condition": c.name, "what was said": words(c)} for c in conditions],
        "changes": _changes(tables),
        "set": statement_set.name,
        "set_title": statement_set.title,
        "protocol": conclusion.materials.recipe.name,
        "wordings": tables.agreement["wording"].nunique(),
        "asked": tables.agreement.query("role == 'statement'")["statement"].nunique(),
        "mirrored": any(statement.mirror for statement in statement_set.statements),
        "placements": placements,
    }
