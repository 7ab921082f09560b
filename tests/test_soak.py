"""Long tests have their share of time, and all of them their turn."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests import soak

ROOT = Path(__file__).parents[1]
SLOW = """
import time, pytest
@pytest.mark.parametrize("n", range(8))
def test(n):
    time.sleep(0.2)
"""


@pytest.mark.parametrize("count", [1, 2, 7, 8, 40])
def test_over_the_days_every_test_is_the_first(count: int) -> None:
    """And in every week the first ones lie a seventh of all apart."""
    assert {soak.first(count, day) for day in range(7 * count)} == set(range(count))
    week = sorted(soak.first(count, day) for day in range(7))
    assert max(b - a for a, b in pairwise(week)) <= -(-count // 7)


PROPERTIES = (
    *("agreement", "backends", "cluster", "evidence", "files", "importers", "instruments"),
    *("models", "placement", "plots", "replies", "runs", "tables", "test_reading.py"),
    "test_security.py",
)
"""Where tests draw their examples at random."""


def test_every_test_with_random_examples_is_also_run_with_many() -> None:
    """None is left out of the long ones below."""
    tests = ROOT / "tests"
    drawing = {
        path.relative_to(tests).parts[0]
        for path in tests.rglob("test_*.py")
        if "\n@given(" in path.read_text("utf-8")
    }
    assert drawing == set(PROPERTIES)


@pytest.mark.soak
@pytest.mark.parametrize("place", PROPERTIES)
def test_what_is_said_of_any_input_holds_for_many(place: str) -> None:
    """Examples that are drawn at random: 500 of each property, where a short test draws 40."""
    words = ["-q", "-n", "0", "-m", "hypothesis and not soak", "--hypothesis-profile", "long"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(ROOT / "tests" / place)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_none_begins_after_the_budget_and_that_is_said(tmp_path: Path, workers: str) -> None:
    """Those that ran and those that were left out are all there are."""
    (tmp_path / "test_slow.py").write_text(SLOW)
    words = ["-q", "-p", "tests.soak", "-n", workers, "--budget", "0.5", "-c", os.devnull]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider"},
    )
    assert done.returncode in (0, 5), done.stdout + done.stderr
    ran = re.search(r"(\d+) passed", done.stdout)
    left = re.search(r"(\d+) soak tests left out: the budget was spent", done.stdout)
    assert left, done.stdout
    assert int(left[1]) + int(ran[1] if ran else 0) == 8
    assert int(left[1]) >= 3
