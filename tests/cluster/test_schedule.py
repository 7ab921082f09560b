"""Sharing out batches: every one is written once, in order, and few are under way at a time."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.asking.loop import AnsweredBatch
from probes.cluster.schedule import DEPTH, Schedule


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 30), st.integers(1, 4), st.integers(0))
def test_whoever_is_first_and_whoever_is_lost_each_batch_is_written_once_and_in_order(
    done: int, more: int, workers: int, seed: int
) -> None:
    """Batches come back answered, or unanswered, in any order; none is asked while it is out."""
    turns, written, out = Schedule(done, done + more), [], set()
    rng = random.Random(seed)
    while not turns.over:
        while len(out) < DEPTH * workers and (number := turns.take(workers)) is not None:
            assert number not in out
            assert done + len(written) <= number < done + len(written) + DEPTH * workers
            out.add(number)
        assert out, "nobody has anything to do, and it is not over"
        number = rng.choice(sorted(out))
        out.remove(number)
        if rng.random() < 0.3:
            turns.give_back(number)
        else:
            written += [batch.number for batch in turns.answered(AnsweredBatch(number, [], 0))]
    assert written == list(range(done, done + more))
    assert not out
    assert turns.take(workers) is None
    assert turns.waiting == 0


def test_a_batch_that_nobody_answers_holds_up_those_far_behind_it() -> None:
    """What waits for it in memory is bounded."""
    turns = Schedule(0, 100)
    taken = [turns.take(2) for _ in range(5)]
    assert taken == [0, 1, 2, 3, None]
    assert turns.answered(AnsweredBatch(3, [], 0)) == []
    assert turns.take(2) is None
    assert [b.number for b in turns.answered(AnsweredBatch(0, [], 0))] == [0]
    assert turns.take(2) == 4


def test_what_was_lost_is_asked_first() -> None:
    turns = Schedule(0, 100)
    assert [turns.take(1), turns.take(1)] == [0, 1]
    turns.give_back(1)
    turns.give_back(0)
    assert [turns.take(1), turns.take(1), turns.take(1)] == [0, 1, None]
