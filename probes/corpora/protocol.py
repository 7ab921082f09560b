"""The protocol `corpus` adapted to a set: its language, its controls, and the judge.

The folder thus records judge, premise and hypotheses, and a folder with another judge is refused as
one of another protocol.
"""

from dataclasses import replace
from pathlib import Path

from probes import plugins
from probes.asking import protocols
from probes.corpora import verdicts
from probes.instruments import sets
from probes.types import Materials, Stance, StatementSet

FILE = Path(__file__).with_name("protocol.yaml")
"""Not in the folder of protocols, because no model is asked with it."""


def materials(statements: StatementSet, stance: str | None, *, verdicts_read: bool) -> Materials:
    """Set, protocol and controls.

    Args:
        statements: The set.
        stance: A stance model to use instead of the protocol's.
        verdicts_read: Use the keyword judge (`verdicts`) instead of a stance model.

    Raises:
        SetError: there are no wordings in the set's language.
    """
    recipe, language = protocols.load(FILE), statements.language
    stance_settings = recipe.stance or Stance()
    stance_settings = (
        replace(stance_settings, model=stance, revision="") if stance else stance_settings
    )
    controls = recipe.controls if language == "en" else f"{recipe.controls}.{language}"
    controls = controls if controls in plugins.names("statements", ".yaml") else ""
    recipe = replace(
        recipe,
        stance=verdicts.STANCE if verdicts_read else stance_settings,
        controls=controls,
        wordings=tuple(replace(w, language=language) for w in recipe.wordings),
    )
    return Materials(
        statements, protocols.hashed(recipe), sets.load(controls) if controls else None
    )
