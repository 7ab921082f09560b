"""A sheet of questions, whose replies are filled in by hand and read by the backend `recorded`."""

from collections.abc import Sequence

from probes.asking.texts import ask
from probes.types import MIRRORED, StatementSet, Wording

COLUMNS = ("model", "statement", "wording", "order", "ask", "reply")


def rows(
    statements: StatementSet, wordings: Sequence[Wording], model: str
) -> list[dict[str, object]]:
    """A row for each statement and mirror in each wording, with an empty reply.

    Args:
        statements: The set.
        wordings: Wordings in the set's language.
        model: Name of the model that will reply.
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
