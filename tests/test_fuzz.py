"""Readers of what strangers write refuse it in a sentence, and never fall over."""

import random
from pathlib import Path

import pytest

from tests.fuzzing import TARGETS, edits, mutated, survives

INPUTS = 2000


@pytest.mark.parametrize("name", TARGETS)
def test_the_bytes_that_are_damaged_here_are_taken_whole(name: str, tmp_path: Path) -> None:
    """Else the fuzzing would only ever see the first check of a reader."""
    assert survives(TARGETS[name], TARGETS[name].seed, tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_damaged_bytes_or_refuses_them_in_a_sentence(
    name: str, tmp_path: Path
) -> None:
    dice, taken = random.Random(name), 0
    for _ in range(INPUTS):
        raw = mutated(TARGETS[name].seed, edits(dice, TARGETS[name].seed))
        try:
            taken += survives(TARGETS[name], raw, tmp_path)
        except Exception as error:
            error.add_note(f"of {raw!r}")
            raise
    assert taken > INPUTS / 20  # damage that is seen by more than the first check
