"""Pytest plug-in for long tests: the marker `soak` and the option `--budget`.

`pytest` leaves them out, `pytest -m soak` runs all of them. With `--budget 600` none starts after
ten minutes, and the number left out is reported. The first test depends on the day, so that all
are run over time.
"""

import time
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest

# No deadline: examples may take long on a busy machine.
hypothesis.settings.register_profile("short", max_examples=40, deadline=None)
hypothesis.settings.register_profile("long", max_examples=500, deadline=None)
hypothesis.settings.load_profile("short")

DAYS = 7
"""Days until every test was among the first once."""
LEFT = "soak tests left out"


def first(count: int, day: int) -> int:
    """Index of the first of `count` tests on a day; it also changes from week to week."""
    return (day * -(-count // DAYS) + day // DAYS) % count


class Budget:
    """Skips the tests that would start after its end.

    Args:
        end: Time of the monotonic clock, which all processes of a machine share.
        day: Number of today, which decides which test comes first.
    """

    def __init__(self, end: float, day: int) -> None:
        self.end, self.day, self.left = end, day, 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Skip a test if the time is up."""
        if time.monotonic() < self.end:
            return None
        self.left += 1
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Rotate the tests to begin with the day's first; tests of a module stay together."""
        start = first(len(items), self.day) if items else 0
        order = [*items[start:], *items[:start]]
        modules = list(dict.fromkeys(item.path for item in order))
        items[:] = sorted(order, key=lambda item: modules.index(item.path))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass end and day to each worker."""
        node.workerinput["budget"] = (self.end, self.day)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the tests that a worker skipped."""
        self.left += getattr(node, "workeroutput", {}).get(LEFT, 0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker: send the skipped tests to the main process."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[LEFT] = self.left

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the number of skipped tests."""
        if self.left:
            line = f"{self.left} {LEFT}: the budget was spent; their turn comes on other days"
            terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register `--budget`."""
    parser.addoption(
        "--budget",
        type=float,
        metavar="SECONDS",
        help="begin no test after so many seconds, and say how many were left out",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Create the budget of this session or worker."""
    seconds, today = config.getoption("budget"), datetime.now(UTC).date().toordinal()
    if seconds is not None:
        usual = (time.monotonic() + seconds, today)
        end_and_day = getattr(config, "workerinput", {}).get("budget", usual)
        config.pluginmanager.register(Budget(*end_and_day), "budget")
