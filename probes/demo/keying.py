"""Keys of statements (which pole agreement favours), and numbering of statements with equal keys.

The demos use the numbering to alternate balanced opinions within a topic. No tokens, no torch.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from probes.types import Statement, StatementSet


@dataclass(frozen=True, slots=True)
class KeyedStatement:
    """A statement's key and its number in its topic."""

    key: int
    """1 or -1, see the function `key`."""
    topic: int
    """Number of the topic on the statement's axis, from 0, in the order of the set."""
    number: int
    """Number of the statement among those with the same topic and key, from 0."""


def key(statement: Statement) -> int:
    """1 if agreement moves to the positive pole, -1 if it moves to the negative one."""
    return 1 if sum(statement.effects.values()) > 0 else -1


def axis(statement: Statement) -> str:
    """The first axis on which the statement has an effect."""
    return next(iter(statement.effects))


def turns(statements: StatementSet) -> Iterator[KeyedStatement]:
    """Key and numbers of each statement, in the order of the set. A statement without a topic is
    its own topic."""
    topics = defaultdict[str, dict[str, int]](dict)
    counts = Counter[tuple[str, str, int]]()
    for statement in statements.statements:
        topic = statement.topic or statement.id
        group = axis(statement), topic, key(statement)
        numbers = topics[axis(statement)]
        yield KeyedStatement(key(statement), numbers.setdefault(topic, len(numbers)), counts[group])
        counts[group] += 1
