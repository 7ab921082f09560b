"""The protocol `corpus` for a set: in its language, with its controls, and with the judge named.

So the folder says by which judge, premise and hypotheses a corpus was read, and a folder of another
judge is refused as one of another protocol.
"""

from dataclasses import replace
from pathlib import Path

from probes import plugins
from probes.asking import protocols
from probes.corpora import verdicts
from probes.instruments import sets
from probes.types import Materials, Stance, StatementSet

FILE = Path(__file__).with_name("protocol.yaml")
"""Not among the protocols that ship: no model is asked by it."""


def materials(statements: StatementSet, stance: str | None, *, verdicts_read: bool) -> Materials:
    """Set, protocol and controls.

    Args:
        statements: The set.
        stance: A stance model, in place of the protocol's.
        verdicts_read: Words of verdict are read in place of a stance model.

    Raises:
        SetError: no wordings ship in the set's language.
    """
    recipe, language = protocols.load(FILE), statements.language
    how = recipe.stance or Stance()
    how = replace(how, model=stance, revision="") if stance else how
    controls = recipe.controls if language == "en" else f"{recipe.controls}.{language}"
    controls = controls if controls in plugins.names("statements", ".yaml") else ""
    recipe = replace(
        recipe,
        stance=verdicts.STANCE if verdicts_read else how,
        controls=controls,
        wordings=tuple(replace(w, language=language) for w in recipe.wordings),
    )
    return Materials(
        statements, protocols.hashed(recipe), sets.load(controls) if controls else None
    )
