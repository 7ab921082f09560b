"""The sample of statements for a trial run: pairs of opposite poles, alternating over topics and
axes.

Each sample is contained in every larger one, so that a trial can be extended.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from probes.types import Statement

Unit = tuple[Statement, ...]
"""Statements that are sampled together: a pair of opposite poles, or a single without match."""


def sample(statements: Sequence[Statement], limit: int | None) -> tuple[Statement, ...]:
    """At most `limit` statements, in the order of the set; all of them without a limit.

    Pairs are taken as a whole, except if `limit` is smaller than the first pair.

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
    """All statements as units: first the pairs, alternating over axes; then singles likewise."""
    by_axis: dict[str, list[Statement]] = {}
    for statement in statements:
        by_axis.setdefault(_axis(statement), []).append(statement)
    split = [_pairs(of_axis) for of_axis in by_axis.values()]
    yield from _by_turns(pairs for pairs, _ in split)
    yield from _by_turns([(single,) for single in singles] for _, singles in split)


def _pairs(statements: Sequence[Statement]) -> tuple[list[Unit], list[Statement]]:
    """Pairs of an axis (the first of each topic, the second of each topic, ..., then pairs across
    topics), and the unmatched statements."""
    topics: dict[str, list[Statement]] = {}
    for statement in statements:
        topics.setdefault(statement.topic or "", []).append(statement)
    matched = [_matched(of_topic) for of_topic in topics.values()]
    left = [statement for _, singles in matched for statement in singles]
    across, left = _matched(left)
    return [*_by_turns(pairs for pairs, _ in matched), *across], left


def _matched(statements: Sequence[Statement]) -> tuple[list[Unit], list[Statement]]:
    """Pairs of statements of opposite poles, and the unmatched statements."""
    poles = [[s for s in statements if (_pull(s) > 0) == side] for side in (True, False)]
    count = min(map(len, poles))
    pairs = list(zip(*poles, strict=False))
    return pairs, [statement for pole in poles for statement in pole[count:]]


def _by_turns(lists: Iterable[Sequence[Unit]]) -> list[Unit]:
    return [unit for unit in chain.from_iterable(zip_longest(*lists)) if unit]


def _pulls(statement: Statement) -> Mapping[str, float]:
    """Axis -> effect of agreement; for a table key, the points between both ends."""
    return statement.effects or {axis: t[3] - t[0] for axis, t in statement.table.items()}


def _axis(statement: Statement) -> str:
    """The axis with the largest absolute effect; empty if there is none."""
    pulls = _pulls(statement)
    return max(pulls, key=lambda axis: abs(pulls[axis]), default="")


def _pull(statement: Statement) -> float:
    return _pulls(statement).get(_axis(statement), 0.0)
