"""``--people FILE`` -> people with their positions, who answered the set that models were asked.

FILE is a folder that `probes sets validate --out` wrote, a table in it, or a file of raw answers.
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
"""Typed for FILE: without people from now on."""
GROUPS, WEIGHT = ("group", "party"), "weight"
"""Columns of raw answers that are taken for what their names say; the first of `GROUPS` that is
there. Questionnaires of ours ask for a party."""
WRITTEN = (
    people_table.ABOUT,
    *(f"{name}.csv" for name in people_table.FILES),
    *(f"people_{name}.csv" for name in COLUMNS),
)
"""Files in a folder of `probes sets validate --out`; any of them stands for the folder."""


def read_people(path: Path, statements: StatementSet) -> PeopleTables:
    """People who answered a set.

    Args:
        path: A folder of `probes sets validate --out`, a table in it, or raw answers: CSV or XLSX,
            with the columns `person`, `group` (or `party`) and `weight` if there are any.
        statements: The set that models were asked.

    Raises:
        ProbesError: it cannot be read, or the people answered another set.
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
    """Answers as people gave them, whose columns and options go by their usual names."""
    try:
        names, _ = sheets.read(path, sheets.SheetOptions())
        named = (_first(names, of) for of in ((PERSON,), GROUPS, (WEIGHT,)))
        columns = PeopleColumns(*named)
        return people_table.tables(statements, read_answers([path], statements, columns))
    except ProbesError as error:
        raise type(error)(
            f"{error} (options such as --options and --encoding are those of `probes sets validate "
            f"SET {path} --out DIR`; then --people DIR)"
        ) from None


def _first(names: Collection[str], wanted: Sequence[str]) -> str:
    """The first wanted column that is there; empty: none."""
    return next((name for name in wanted if name in names), "")


def _another(people: PeopleTables, statements: StatementSet) -> str:
    """What says that people answered another set; empty if nothing does."""
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
