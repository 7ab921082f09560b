"""People compared with the models of a run folder: read, added, stored, or removed.

The folder holds no row about a person: only the models' percentiles, the distribution of groups,
and outlines of shares of groups; `run.yaml` describes the people, with the sha256 of their answers.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from probes.errors import RunError, UsageError
from probes.files.yaml import checked
from probes.people.people_table import NAMED_FILES, PeopleTables
from probes.phrases import Saying, speaking
from probes.referents.layer import NAMES, still_true, with_people
from probes.referents.sample import NONE, read_people
from probes.referents.whose import Whose, written
from probes.runs.folder import Folder
from probes.tables import stored
from probes.tables.caption import UNTESTED
from probes.types import Tables

__all__ = ["NAMES", "captioned", "people", "read", "refuse", "with_typed"]


def read(typed: str | None, folder: Folder) -> PeopleTables | None:
    """Data on the people that a user named; None if none were named.

    Raises:
        ProbesError: they cannot be read, or answered another set.
    """
    if typed is None or typed == NONE:
        return None
    return read_people(Path(typed), folder.materials().statements)


def people(
    folder: Folder, tables: Tables, typed: str | None, persons: PeopleTables | None
) -> Tables:
    """A run's new tables with people added; updates `run.yaml`.

    If none were named, the folder's results are kept for models that have not moved.
    """
    if persons is not None:
        with_people_tables, whose = _with_persons(folder, tables, persons)
        folder.add(people=_record(whose, persons))
        return with_people_tables
    if typed == NONE or "people" not in folder.run():
        folder.add(people=None)
        return tables
    try:
        rows, groups, outlines = (stored.read(folder.path, name) for name in NAMES)
    except FileNotFoundError:
        folder.add(people=None)
        return tables
    rows = still_true(rows, tables.placements)
    combined = replace(tables, people=rows, people_spread=groups, people_outlines=outlines)
    return captioned(folder, combined)


def _record(whose: Whose, persons: PeopleTables) -> dict[str, object]:
    """Description of the people in `run.yaml`: parts of their caption, and hashes."""
    facts, hashes = asdict(whose), list(persons.about.sha256)
    if whose.files > NAMED_FILES:  # one file a person: store neither names nor hashes
        hashes = [sha256("\n".join(sorted(hashes)).encode()).hexdigest()]
    lists = {name: list(facts[name]) for name in ("source", "together", "centred")}
    return {**facts, **lists, "sha256": hashes, "caption": _english(whose.parts())}


def _english(parts: tuple[Saying, ...]) -> str:
    """The caption in English, as in files, whatever the current language."""
    with speaking("en"):
        return written(parts)


def captioned(folder: Folder, tables: Tables) -> Tables:
    """The tables with the caption of people, if they hold people, who always have one."""
    if tables.people is None:
        return tables
    about = folder.run().get("people")
    caption = about.get("caption") if isinstance(about, Mapping) else None
    if not isinstance(caption, str) or not caption:
        raise RunError(
            f"{folder.path / 'run.yaml'}: people: should say whose answers people.csv is made of; "
            f"`probes place {folder.path} --people FILE` makes it again"
        )
    return _shown(tables, caption, _parts(about, caption))


def _parts(about: object, caption: str) -> tuple[Saying, ...]:
    """The caption's parts for translation; none if the folder does not have them."""
    names = {field.name for field in fields(Whose)}
    facts = {k: v for k, v in about.items() if k in names} if isinstance(about, Mapping) else {}
    try:
        parts = checked(Whose, facts).parts()
    except (ValueError, KeyError, TypeError):
        return ()
    return parts if _english(parts) == caption else ()


def refuse(typed: str | None, why: str) -> None:
    """Refuse people where they cannot be compared, if a user named some.

    Raises:
        UsageError: people were named.
    """
    if typed is not None:
        raise UsageError(f"--people {typed}: {why}")


def with_typed(path: Path, tables: Tables, typed: str | None) -> Tables:
    """Tables for a figure or a report, with the people that were named added; writes nothing.

    Raises:
        ProbesError: as `read`.
    """
    folder = Folder(path)
    persons = read(typed, folder)
    if persons is not None:
        return _with_persons(folder, tables, persons)[0]
    if typed == NONE:
        return replace(
            tables,
            people=None,
            people_spread=None,
            people_outlines=None,
            people_caption="",
            people_parts=(),
        )
    return tables


def _with_persons(folder: Folder, tables: Tables, persons: PeopleTables) -> tuple[Tables, Whose]:
    seed = cast("int", folder.run().get("seed", 0))
    beside, whose = with_people(tables, folder.materials().statements, persons, seed)
    parts = whose.parts()
    return _shown(beside, _english(parts), parts), whose


def _shown(tables: Tables, caption: str, about: tuple[Saying, ...]) -> Tables:
    parts = tuple(part for part in tables.caption_parts if part != UNTESTED)
    plain = tables.caption.replace(f" · {UNTESTED}", "")
    return replace(
        tables, people_caption=caption, people_parts=about, caption=plain, caption_parts=parts
    )
