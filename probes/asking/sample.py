"""Which statements a trial run asks: matched pairs of poles, topic by topic and axis by axis.

Each sample is the beginning of every larger one, so that a trial can be extended. Asks nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from probes.types import Statement

Unit = tuple[Statement, ...]
"""What is taken together: a statement of either pole, or one that has no counterpart."""


def sample(statements: Sequence[Statement], limit: int | None) -> tuple[Statement, ...]:
    """At most `limit` statements, in the order of the set; all of them without a limit.

    Whole pairs are taken; one alone only where `limit` is below the first pair.

    >>> pulls = {"a": 1.0, "b": 1.0, "c": -1.0, "d": -1.0}
    >>> four = [Statement(name, name, {"x": pull}) for name, pull in pulls.items()]
    >>> [s.id for s in sample(four, 3)]
    ['a', 'c']
    """
    if limit is None or limit >= len(statements):
        return tuple(statements)
    taken = list[Statement]()
    for unit in _units(statements):
        if len(taken) + len(unit) > limit:
            taken = taken or list(unit[:limit])
            break
        taken += unit
    ids = {statement.id for statement in taken}
    return tuple(statement for statement in statements if statement.id in ids)


def is_trial(statements: Sequence[Statement], limit: int | None) -> bool:
    """Whether a limit leaves statements out."""
    return limit is not None and limit < len(statements)


def _units(statements: Sequence[Statement]) -> Iterator[Unit]:
    """All statements: pairs first, axes by turns; then those without a counterpart, likewise."""
    by_axis: dict[str, list[Statement]] = {}
    for statement in statements:
        by_axis.setdefault(_axis(statement), []).append(statement)
    split = [_pairs(of_axis) for of_axis in by_axis.values()]
    yield from _by_turns(pairs for pairs, _ in split)
    yield from _by_turns([(single,) for single in singles] for _, singles in split)


def _pairs(statements: Sequence[Statement]) -> tuple[list[Unit], list[Statement]]:
    """Pairs of an axis: one of each topic, then the second of each ..., then across topics; and
    what is left over."""
    topics: dict[str, list[Statement]] = {}
    for statement in statements:
        topics.setdefault(statement.topic or "", []).append(statement)
    matched = [_matched(of_topic) for of_topic in topics.values()]
    left = [statement for _, singles in matched for statement in singles]
    across, left = _matched(left)
    return [*_by_turns(pairs for pairs, _ in matched), *across], left


def _matched(statements: Sequence[Statement]) -> tuple[list[Unit], list[Statement]]:
    """Statements of the two poles side by side, and those of one pole that are left over."""
    poles = [[s for s in statements if (_pull(s) > 0) == side] for side in (True, False)]
    count = min(map(len, poles))
    pairs = list(zip(*poles, strict=False))
    return pairs, [statement for pole in poles for statement in pole[count:]]


def _by_turns(lists: Iterable[Sequence[Unit]]) -> list[Unit]:
    return [unit for unit in chain.from_iterable(zip_longest(*lists)) if unit]


def _pulls(statement: Statement) -> Mapping[str, float]:
    """Axis -> how far agreeing pulls; under a table key, the points between the two ends."""
    return statement.effects or {axis: t[3] - t[0] for axis, t in statement.table.items()}


def _axis(statement: Statement) -> str:
    """The axis that agreeing pulls along most; empty where there is none."""
    pulls = _pulls(statement)
    return max(pulls, key=lambda axis: abs(pulls[axis]), default="")


def _pull(statement: Statement) -> float:
    return _pulls(statement).get(_axis(statement), 0.0)
