"""Few-shot examples: a respondent's answers to other statements of the set."""

from collections.abc import Sequence
from dataclasses import dataclass

from probes.asking.sample import sample
from probes.errors import UsageError
from probes.types import Condition, Materials, Side, Statement


@dataclass(frozen=True, slots=True)
class Example:
    """A statement's text and the side of the answer to it."""

    text: str
    side: Side


class Pool:
    """Statements with the answers of a respondent, from which examples are drawn.

    Args:
        condition: Gives the number of examples and the respondent: one at its `position`, a
            `respondent` of the set, or (if neither) one who answers control statements correctly.
        materials: Materials of the run.
    """

    def __init__(self, condition: Condition, materials: Materials) -> None:
        self._name, self._count = condition.name, condition.examples
        self._sides = _sides(condition, materials)
        every = materials.every or materials.statements.statements
        if not condition.position and not condition.respondent:
            every = materials.controls.statements if materials.controls else ()
        self._statements = tuple(s for s in every if s.id in self._sides)
        self._found: dict[str, tuple[Example, ...]] = {}

    def examples(self, asked: Statement) -> tuple[Example, ...]:
        """Examples for a question about one statement, none of them on its topic.

        Raises:
            UsageError: there are too few.
        """
        about = f"topic {asked.topic}" if asked.topic else asked.id
        if about not in self._found:
            self._found[about] = self._chosen(asked)
        return self._found[about]

    def _chosen(self, statement: Statement) -> tuple[Example, ...]:
        others = tuple(
            s
            for s in self._statements
            if s.id != statement.id and (s.topic is None or s.topic != statement.topic)
        )
        chosen = sample(others, self._count)
        if len(chosen) < self._count:
            raise UsageError(
                f"condition {self._name!r}: examples: {len(others)} statements beside "
                f"{statement.id!r} can be answered, fewer than {self._count}"
            )
        return tuple(Example(s.text, self._sides[s.id]) for s in chosen)


def _sides(condition: Condition, materials: Materials) -> dict[str, Side]:
    """Statement id -> the respondent's side; statements without one are left out."""
    if condition.respondent:
        answers = next(
            r.answers for r in materials.statements.respondents if r.name == condition.respondent
        )
        return {name: side for name, side in answers.items() if side in ("agree", "disagree")}
    statements: Sequence[Statement] = materials.every or materials.statements.statements
    if not condition.position:
        statements = materials.controls.statements if materials.controls else ()
    pulls = {s.id: _pull(s, condition) for s in statements}
    return {name: "agree" if pull > 0 else "disagree" for name, pull in pulls.items() if pull}


def _pull(statement: Statement, condition: Condition) -> float:
    """Inclination to agree of a respondent at the position: the dot product with the statement's
    effects; for a control, the sign of its truth."""
    weights = statement.effects or {a: t[3] - t[0] for a, t in statement.table.items()}
    if not condition.position:
        return sum(weights.values())
    return sum(weight * condition.position.get(axis, 0.0) for axis, weight in weights.items())
