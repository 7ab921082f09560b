"""Names of texts for survey software, which allows letters and digits only, twenty at most.

``tax-breaks`` is ``taxbreaks``, its mirror ``taxbreaksMirror``. Who writes a questionnaire and who
reads its answers make the same names out of the same set.
"""

import re
from collections.abc import Iterator

from probes.types import StatementSet

LONGEST = 14
"""Letters of a statement's name; six more say that it is the mirror."""
MIRROR = "Mirror"
RESERVED = frozenset(
    {"consent", "form", "introduction", "lang", "sid", "tid", "gid", "qid", "seed", "token"}
    | {"savedid", "this", "self", "that", "time", "id"}
)
"""Names of a questionnaire's own columns, and of LimeSurvey's."""


def codes(statements: StatementSet) -> dict[str, tuple[str, bool]]:
    """Name -> id of a statement, and whether its mirror is meant; in the set's order."""
    names: dict[str, tuple[str, bool]] = {}
    taken = set(RESERVED)
    for number, statement in enumerate(statements.statements, start=1):
        code = next(c for c in _candidates(statement.id, number) if not _forms(c) & taken)
        taken |= _forms(code)
        names[code] = statement.id, False
        if statement.mirror:
            names[code + MIRROR] = statement.id, True
    return names


def _candidates(name: str, number: int) -> Iterator[str]:
    """From the name itself to one made of the statement's number, which some number makes free."""
    plain = re.sub(r"[^A-Za-z0-9]", "", name)[:LONGEST]
    if plain[:1].isalpha():
        yield plain
    yield from (f"s{number}" + "x" * times for times in range(LONGEST))


def _forms(code: str) -> set[str]:
    """What no other statement may be called, upper and lower case being the same."""
    return {code.lower(), (code + MIRROR).lower()}
