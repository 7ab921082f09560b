"""The protocol `corpus` adapted to a set: its language, its controls, and the judge.

The folder thus records judge, premise and hypotheses, and a folder with another judge is refused.
"""

from dataclasses import replace
from pathlib import Path

from probes import plugins
from probes.asking import protocols
from probes.corpora import verdicts
from probes.errors import ProbesError, RunError
from probes.files import atomic
from probes.instruments import sets
from probes.runs.folder import Folder
from probes.types import Materials, Recipe, Stance, StatementSet

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


def refuse_other_judge(out: Path, asked: Recipe) -> None:
    """Check that a folder was not begun with another judge. Other differences are found by hashes
    when the folder is opened; this error names both judges and their options.

    Args:
        out: the output folder, which need not exist.
        asked: the requested protocol.

    Raises:
        RunError: it was.
    """
    if not (out / "run.yaml").is_file():
        return
    atomic.refuse_links(out)
    said = Folder(out).run()
    if said.get("protocol") != asked.name or said.get("protocol_sha256") == asked.sha256:
        return
    try:
        held = protocols.load(out / "protocol.yaml").stance
    except ProbesError:  # a damaged copy is rewritten if the hashes are equal
        return
    if held is None or asked.stance is None or held.model == asked.stance.model:
        return
    way = "give the options of that judge"
    if not any((out / "judged").glob("*.jsonl")):
        way = "remove that folder, in which nothing is judged yet"
    raise RunError(
        f"{out}: was begun for {_judge(held)}, not for {_judge(asked.stance)}; use another --out, "
        f"or {way}"
    )


def _judge(how: Stance) -> str:
    """A judge for an error message, with the options that select it."""
    if how.model == verdicts.STANCE.model:
        return "words of verdict (--verdicts)"
    usual = protocols.load(FILE).stance
    typed = "neither --verdicts nor --stance" if usual and how.model == usual.model else "--stance"
    return f"the stance model {how.model!r} ({typed})"
