"""What a trial run asks: matched pairs of poles, each sample the beginning of the next."""

from collections import Counter

import pytest

from probes.asking.sample import is_trial, sample
from probes.instruments import sets
from probes.types import Statement

COMPASS = sets.load("compass").statements


def ids(statements: tuple[Statement, ...]) -> list[str]:
    return [statement.id for statement in statements]


def poles(statements: tuple[Statement, ...]) -> Counter[tuple[str, float]]:
    return Counter((axis, n) for s in statements for axis, n in s.effects.items())


def test_half_of_each_axis_pulls_to_either_pole_and_topics_are_whole() -> None:
    for limit in (4, 8, 20, 40):
        taken = sample(COMPASS, limit)
        assert set(poles(taken).values()) == {limit // 4}
        assert set(Counter((s.topic, tuple(s.effects)) for s in taken).values()) == {2}


def test_each_sample_is_in_every_larger_one_and_in_the_order_of_the_set() -> None:
    order = {name: n for n, name in enumerate(ids(COMPASS))}
    before: set[str] = set()
    for limit in range(1, len(COMPASS) + 2):
        taken = ids(sample(COMPASS, limit))
        assert limit == 1 or limit - 1 <= len(taken) <= limit or limit > len(COMPASS)
        assert taken == sorted(taken, key=order.__getitem__)
        assert before <= set(taken)
        before = set(taken)
    assert before == set(order)


@pytest.mark.parametrize(
    ("pulls", "limit", "expected"),
    [
        ({"a": 1, "b": 1, "c": -1}, 2, "ac"),  # the pair, not the first two
        ({"a": 1, "b": 1, "c": -1}, 1, "a"),
        ({"a": 1, "b": 1, "c": 1}, 2, "ab"),  # keyed one way: there are no pairs
        ({"a": 1, "b": 0, "c": -1}, 2, "ac"),  # on no axis: a group of its own, without a pair
        ({"a": 1, "b": -1}, 5, "ab"),
    ],
)
def test_what_has_no_counterpart_comes_last(
    pulls: dict[str, float], limit: int, expected: str
) -> None:
    statements = [Statement(n, n, {"x": p} if p else {}) for n, p in pulls.items()]
    assert "".join(ids(sample(statements, limit))) == expected
    assert is_trial(statements, limit) == (limit < len(pulls))


def test_a_table_key_is_paired_by_its_points() -> None:
    up, down = (-1.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, -1.0)
    rows = {"a": up, "b": up, "c": down, "d": down}
    statements = [Statement(n, n, table={"x": points}) for n, points in rows.items()]
    assert ids(sample(statements, 2)) == ["a", "c"]


def test_three_axes_take_turns() -> None:
    statements = [
        Statement(f"{axis}{n}", "t", {axis: 1 if n % 2 else -1}) for axis in "abc" for n in range(8)
    ]
    assert Counter(s.id[0] for s in sample(statements, 12)) == {"a": 4, "b": 4, "c": 4}
