"""People beside the models of a run folder: read, set beside, kept, or taken away.

The folder holds no row about a person: only where models stand among them, how groups are spread,
and lines round shares of groups; `run.yaml` says whose answers they were, with their sha256.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from probes.errors import RunError, UsageError
from probes.people.people_table import NAMED_FILES, PeopleTables
from probes.referents.layer import NAMES, still_true, with_people
from probes.referents.sample import NONE, read_people
from probes.runs.folder import Folder
from probes.tables import stored
from probes.tables.caption import UNTESTED
from probes.types import Tables

__all__ = ["NAMES", "captioned", "people", "read", "refuse", "with_typed"]


def read(typed: str | None, folder: Folder) -> PeopleTables | None:
    """The people that a user named; None where nobody was.

    Raises:
        ProbesError: they cannot be read, or answered another set.
    """
    if typed is None or typed == NONE:
        return None
    return read_people(Path(typed), folder.materials().statements)


def people(
    folder: Folder, tables: Tables, typed: str | None, persons: PeopleTables | None
) -> Tables:
    """A run's new tables with people beside them, as `run.yaml` then says.

    Where none were typed, what the folder holds of models that have not moved is kept.
    """
    if persons is not None:
        beside = _beside(folder, tables, persons)
        about = asdict(persons.about)
        names = ("source", "sha256", "n", "weighted", "who", "when")
        said = {name: list(v) if isinstance(v := about[name], tuple) else v for name in names}
        if len(said["source"]) > NAMED_FILES:  # a file a person: neither names nor hashes of theirs
            together = sha256("\n".join(sorted(said["sha256"])).encode()).hexdigest()
            said |= {"source": [f"{len(said['source'])} files"], "sha256": [together]}
        folder.add(people={**said, "caption": beside.people_caption})
        return beside
    if typed == NONE or "people" not in folder.run():
        folder.add(people=None)
        return tables
    try:
        rows, groups, outlines = (stored.read(folder.path, name) for name in NAMES)
    except FileNotFoundError:
        folder.add(people=None)
        return tables
    rows = still_true(rows, tables.placements)
    kept = replace(tables, people=rows, people_spread=groups, people_outlines=outlines)
    return captioned(folder, kept)


def captioned(folder: Folder, tables: Tables) -> Tables:
    """Tables with people in them, who are never shown without their caption."""
    if tables.people is None:
        return tables
    about = folder.run().get("people")
    caption = about.get("caption") if isinstance(about, Mapping) else None
    if not isinstance(caption, str) or not caption:
        raise RunError(
            f"{folder.path / 'run.yaml'}: people: should say whose answers people.csv is made of; "
            f"`probes place {folder.path} --people FILE` makes it again"
        )
    return _shown(tables, caption)


def refuse(typed: str | None, why: str) -> None:
    """Refuse people where they cannot stand, if a user named some.

    Raises:
        UsageError: they did.
    """
    if typed is not None:
        raise UsageError(f"--people {typed}: {why}")


def with_typed(path: Path, tables: Tables, typed: str | None) -> Tables:
    """Tables for a figure or a report, beside the people that were typed; nothing is written.

    Raises:
        ProbesError: as `read`.
    """
    folder = Folder(path)
    persons = read(typed, folder)
    if persons is not None:
        return _beside(folder, tables, persons)
    if typed == NONE:
        return replace(
            tables, people=None, people_spread=None, people_outlines=None, people_caption=""
        )
    return tables


def _beside(folder: Folder, tables: Tables, persons: PeopleTables) -> Tables:
    seed = cast("int", folder.run().get("seed", 0))
    beside = with_people(tables, folder.materials().statements, persons, seed)
    return _shown(beside, beside.people_caption)


def _shown(tables: Tables, caption: str) -> Tables:
    parts = tuple(part for part in tables.caption_parts if part != UNTESTED)
    plain = tables.caption.replace(f" · {UNTESTED}", "")
    return replace(tables, people_caption=caption, caption=plain, caption_parts=parts)
