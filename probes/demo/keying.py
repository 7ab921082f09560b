"""Keys of statements, and turns among the statements of a topic that are keyed alike.

The demos give balanced opinions by these turns. Pure: neither tokens nor torch.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from probes.types import Statement, StatementSet


@dataclass(frozen=True, slots=True)
class KeyedStatement:
    """A statement's key, and its place in its topic."""

    key: int
    """See `key`."""
    topic: int
    """Number of its topic on its axis, from 0, in the order of the set."""
    number: int
    """Number among the statements of its topic and key, from 0."""


def key(statement: Statement) -> int:
    """1 where agreeing pulls to the positive pole, -1 where it pulls to the negative one."""
    return 1 if sum(statement.effects.values()) > 0 else -1


def axis(statement: Statement) -> str:
    """The first axis on which a statement has an effect."""
    return next(iter(statement.effects))


def turns(statements: StatementSet) -> Iterator[KeyedStatement]:
    """The turn of each statement. One without a topic is a topic of its own."""
    topics = defaultdict[str, dict[str, int]](dict)
    counts = Counter[tuple[str, str, int]]()
    for statement in statements.statements:
        topic = statement.topic or statement.id
        group = axis(statement), topic, key(statement)
        numbers = topics[axis(statement)]
        yield KeyedStatement(key(statement), numbers.setdefault(topic, len(numbers)), counts[group])
        counts[group] += 1
