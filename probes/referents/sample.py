"""Reads ``--people FILE``: the positions of people who answered the set of a run.

FILE is a folder written by `probes sets validate --out`, a table in it, or a file of raw answers.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from probes.errors import ProbesError, UsageError
from probes.people import people_table, sheets
from probes.people.answers import read_answers
from probes.people.people_table import PeopleTables
from probes.people.rows import PERSON, PeopleColumns
from probes.people.validation import COLUMNS
from probes.types import StatementSet

NONE = "none"
"""Value of FILE that removes the people from a run."""
GROUPS, WEIGHT = ("group", "party"), "weight"
"""Columns of raw answers that are used if they exist; of `GROUPS`, the first one. Questionnaires of
this package have the column `party`."""
WRITTEN = (
    people_table.ABOUT,
    *(f"{name}.csv" for name in people_table.FILES),
    *(f"people_{name}.csv" for name in COLUMNS),
)
"""Files written by `probes sets validate --out`; each can be given in place of the folder."""


def read_people(path: Path, statements: StatementSet) -> PeopleTables:
    """Read the people who answered a set.

    Args:
        path: A folder of `probes sets validate --out`, a table in it, or raw answers (CSV or XLSX,
            optionally with columns `person`, `group` or `party`, and `weight`).
        statements: The set that models were asked.

    Raises:
        ProbesError: the file cannot be read, or the people answered another set.
    """
    if path.is_dir():
        people = people_table.read(path)
    elif path.name in WRITTEN and (path.parent / people_table.ABOUT).exists():
        people = people_table.read(path.parent)
    else:
        people = _raw(path, statements)
    if fault := _another(people, statements):
        raise UsageError(f"--people {path}: {fault}")
    return people


def _raw(path: Path, statements: StatementSet) -> PeopleTables:
    """Read raw answers, with default names of columns and options."""
    try:
        names, _ = sheets.read(path, sheets.SheetOptions())
        named = (_first(names, wanted) for wanted in ((PERSON,), GROUPS, (WEIGHT,)))
        columns = PeopleColumns(*named)
        return people_table.tables(statements, read_answers([path], statements, columns))
    except ProbesError as error:
        raise type(error)(
            f"{error} (options such as --options and --encoding are those of `probes sets validate "
            f"SET {path} --out DIR`; then --people DIR)"
        ) from None


def _first(names: Collection[str], wanted: Sequence[str]) -> str:
    """The first of the wanted columns that exists; empty if none does."""
    return next((name for name in wanted if name in names), "")


def _another(people: PeopleTables, statements: StatementSet) -> str:
    """Why the people must have answered another set; empty if they may have answered this one."""
    title = f"these people answered the set {people.about.set!r}, not {statements.name!r}"
    axes = {axis.name for axis in statements.axes}
    if other := sorted(set(people.positions["axis"]) - axes):
        return f"{title}: it has no axis {other[0]!r}"
    ids = {statement.id for statement in statements.statements}
    if other := sorted(set(people.support["statement"]) - ids):
        return f"{title}: it has no statement {other[0]!r}"
    own = people_table.key(statements)
    if other := sorted(n for n, digest in people.about.key.items() if own.get(n, digest) != digest):
        return (
            f"these people answered another key of {statements.name}: agreeing with {other[0]!r} "
            "said something else about the axes"
        )
    if not people.positions["position"].notna().any():
        return "nobody answered half of the statements of any axis, so nobody has a position"
    return ""
