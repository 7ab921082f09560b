"""The protocol `corpus` for a set: in its language, with its controls, and with the judge named.

So the folder says by which judge, premise and hypotheses a corpus was read, and a folder of another
judge is refused.
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


def refuse_other_judge(out: Path, asked: Recipe) -> None:
    """Refuse a folder of corpora that another judge reads, by what was typed for it; every other
    difference is refused where the folder is opened, by hashes.

    Raises:
        RunError: see above.
    """
    if not (out / "run.yaml").is_file():
        return
    atomic.refuse_links(out)
    said = Folder(out).run()
    if said.get("protocol") != asked.name or said.get("protocol_sha256") == asked.sha256:
        return
    try:
        held = protocols.load(out / "protocol.yaml").stance
    except ProbesError:  # is written anew where nothing else differs
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
    """A judge, and what is typed for it."""
    if how.model == verdicts.STANCE.model:
        return "words of verdict (--verdicts)"
    usual = protocols.load(FILE).stance
    typed = "neither --verdicts nor --stance" if usual and how.model == usual.model else "--stance"
    return f"the stance model {how.model!r} ({typed})"
