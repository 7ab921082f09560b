"""A sheet to fill in by hand: what to ask, row by row, for replies that are read as `recorded`."""

from collections.abc import Sequence

from probes.asking.texts import ask
from probes.types import MIRRORED, StatementSet, Wording

COLUMNS = ("model", "statement", "wording", "order", "ask", "reply")


def rows(
    statements: StatementSet, wordings: Sequence[Wording], model: str
) -> list[dict[str, object]]:
    """A row a statement, its mirror, and wording: everything but the reply.

    Args:
        statements: The set.
        wordings: What is asked, in the set's language.
        model: Who will reply.
    """
    texts = [
        pair
        for statement in statements.statements
        for pair in (
            (statement.id, statement.text),
            *([(f"{statement.id}{MIRRORED}", statement.mirror)] if statement.mirror else []),
        )
    ]
    return [
        dict(zip(COLUMNS, (model, name, wording.name, 0, ask(wording, text, 0), ""), strict=True))
        for wording in wordings
        for name, text in texts
    ]
