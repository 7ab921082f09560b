"""Selecting the texts of each statement: its own text, one of its variants by seed, or all.

Variants are additional cells of the same statement. A method sees statements with one text each,
and is called once for each round of variants.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from probes.asking.sample import sample
from probes.errors import UsageError
from probes.types import Materials, Statement, StatementSet, Variants


def rounds(materials: Materials, seed: int, limit: int | None) -> Iterator[Materials]:
    """The materials for each call of a method; only the first has controls and blanks.

    Args:
        materials: Materials of the run; says which variants are asked.
        seed: Seed of the run; selects the variant under ``one``.
        limit: Maximum number of statements; None: all.
    """
    statements = sample(materials.statements.statements, limit)
    if materials.variants == "one":
        statements = tuple(picked(statement, seed) for statement in statements)
    yield _with(materials, statements)
    if materials.variants != "all":
        return
    again = replace(materials, controls=None, recipe=replace(materials.recipe, blanks=()))
    for number in range(1, max((len(s.versions) for s in statements), default=1)):
        yield _with(
            again, tuple(s.versions[number] for s in statements if number < len(s.versions))
        )


def picked(statement: Statement, seed: int) -> Statement:
    """One of the statement's versions, the same for every model of a run.

    >>> picked(Statement("tax", "Taxes should rise."), 3).variant
    0
    """
    digest = hashlib.sha256(f"{seed}\0{statement.id}".encode()).digest()
    return statement.versions[int.from_bytes(digest[:8], "big") % len(statement.versions)]


def check(statements: StatementSet, variants: Variants) -> None:
    """Check that a set can be asked in these variants.

    Raises:
        UsageError: the choice is unknown, or the set has no variants.
    """
    if variants not in get_args(Variants):
        raise UsageError(f"--variants {variants}: must be 'all', 'one' or 'first'")
    if variants != "first" and not any(s.variants for s in statements.statements):
        raise UsageError(
            f"--variants {variants}: no statement of the set {statements.name} has 'variants'; "
            "leave it out, or give the set some"
        )


def _with(materials: Materials, statements: tuple[Statement, ...]) -> Materials:
    every = materials.every or materials.statements.statements
    chosen = replace(materials.statements, statements=statements)
    return replace(materials, statements=chosen, every=every)
