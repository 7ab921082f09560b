"""Readers of what strangers write refuse it in a sentence, and never fall over."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzzing import TARGETS, Edit, edits, mutated, survives

EXAMPLES = 2000


@pytest.mark.parametrize("name", TARGETS)
def test_the_bytes_that_are_damaged_here_are_taken_whole(name: str, tmp_path: Path) -> None:
    """Else the fuzzing would only ever see the first check of a reader."""
    assert survives(TARGETS[name], TARGETS[name].seed, tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_damaged_bytes_or_refuses_them_in_a_sentence(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(edits)
        def tried(changes: list[Edit]) -> None:
            survives(TARGETS[name], mutated(TARGETS[name].seed, changes), Path(folder))

        tried()
