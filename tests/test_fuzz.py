"""Readers of what strangers write refuse it in a sentence, and never fall over."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.fuzzing import TARGETS, edits, mutated, survives


@pytest.mark.parametrize("name", TARGETS)
def test_the_bytes_that_are_damaged_here_are_taken_whole(name: str, tmp_path: Path) -> None:
    """Else the fuzzing would only ever see the first check of a reader."""
    assert survives(TARGETS[name], TARGETS[name].seed, tmp_path)


@pytest.mark.parametrize("inputs", [80, pytest.param(2000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_damaged_bytes_or_refuses_them_in_a_sentence(
    name: str, inputs: int, tmp_path: Path
) -> None:
    taken = 0

    @settings(max_examples=inputs, derandomize=True, database=None, deadline=None)
    @given(dice=st.randoms(use_true_random=True))
    def read(dice: random.Random) -> None:
        nonlocal taken
        raw = mutated(TARGETS[name].seed, edits(dice, TARGETS[name].seed))
        note(repr(raw))
        taken += survives(TARGETS[name], raw, tmp_path)

    read()
    assert taken > inputs / 20  # damage that is seen by more than the first check


def _answer(field: bytes, value: bytes) -> bytes:
    """Evidence with another value of a field."""
    return re.sub(b'"%s":[^,}]*' % field, b'"%s":%s' % (field, value), TARGETS["answers"].seed)


FELL_OVER = {
    "replies jsonl": [
        b'{"model": "a", "statement": -Infinity, "reply": "I agree."}\n',
        b'{"model": "a", "statement": NaN, "reply": "I agree."}\n',
    ],
    "stances": [TARGETS["stances"].seed.replace(b"0.0", b"9" * 400)],
    "answers": [
        *(_answer(b"mass", value) for value in (b"9" * 400, b"1e999", b"NaN")),
        *(_answer(b"disagree", value) for value in (b"9" * 400, b"-Infinity")),
        _answer(b"order", b"9" * 30),
    ],
}
"""Reader -> what once was an error of Python's, in it or where its numbers were used."""


@pytest.mark.parametrize(("name", "raw"), [(n, raw) for n in FELL_OVER for raw in FELL_OVER[n]])
def test_what_a_reader_fell_over_is_refused(name: str, raw: bytes, tmp_path: Path) -> None:
    assert raw != TARGETS[name].seed
    assert not survives(TARGETS[name], raw, tmp_path)


def test_a_home_of_nobody_in_an_id_is_a_folder_of_that_name(tmp_path: Path) -> None:
    assert survives(TARGETS["models"], b"a: {id: ~nobody-of-this-name/x}\n", tmp_path)
