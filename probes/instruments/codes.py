"""Codes of statements for survey software: at most 20 letters and digits.

``tax-breaks`` becomes ``taxbreaks``, its mirror ``taxbreaksMirror``. The codes follow from the set
alone, so that writing a questionnaire and reading its answers use the same ones.
"""

import re
from collections.abc import Iterator

from probes.types import StatementSet

LONGEST = 14
"""Most letters of a statement's code, without the six of `MIRROR`."""
MIRROR = "Mirror"
RESERVED = frozenset(
    {"consent", "form", "introduction", "lang", "sid", "tid", "gid", "qid", "seed", "token"}
    | {"savedid", "this", "self", "that", "time", "id"}
)
"""Names of other columns of a questionnaire, and of LimeSurvey."""


def codes(statements: StatementSet) -> dict[str, tuple[str, bool]]:
    """Code -> statement id, and whether it is the mirror's code; in the order of the set."""
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
    """Candidates for a code: the id's letters and digits, then forms of the statement's number."""
    plain = re.sub(r"[^A-Za-z0-9]", "", name)[:LONGEST]
    if plain[:1].isalpha():
        yield plain
    yield from (f"s{number}" + "x" * times for times in range(LONGEST))


def _forms(code: str) -> set[str]:
    """The codes taken by a statement, in lower case: its own and its mirror's."""
    return {code.lower(), (code + MIRROR).lower()}
