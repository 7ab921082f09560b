"""Long tests in a bounded time: the marker `soak` and the option `--budget`; how many examples.

`pytest` leaves them out, `pytest -m soak` runs all of them. With `--budget 600` none begins after
ten minutes, and how many were left out is said. The day decides which come first, so that over the
days all of them have their turn.
"""

import time
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest

# No deadline: an example may take long where much else is at work.
hypothesis.settings.register_profile("short", max_examples=40, deadline=None)
hypothesis.settings.register_profile("long", max_examples=500, deadline=None)
hypothesis.settings.load_profile("short")

DAYS = 7
"""Days until all tests were among the first once."""
LEFT = "soak tests left out"


def first(count: int, day: int) -> int:
    """Which of so many tests comes first on a day; another each week, so that all do in time."""
    return (day * -(-count // DAYS) + day // DAYS) % count


class Budget:
    """Begins no test after its end.

    Args:
        end: On the clock that never jumps, which all processes of a machine share.
        day: Of today; it decides which tests come first.
    """

    def __init__(self, end: float, day: int) -> None:
        self.end, self.day, self.left = end, day, 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Pass over a test for which there is no time."""
        if time.monotonic() < self.end:
            return None
        self.left += 1
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The day's first test first; those of one module stay together."""
        start = first(len(items), self.day) if items else 0
        order = [*items[start:], *items[:start]]
        modules = list(dict.fromkeys(item.path for item in order))
        items[:] = sorted(order, key=lambda item: modules.index(item.path))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """The same end and day for each worker."""
        node.workerinput["budget"] = (self.end, self.day)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker left out."""
        self.left += getattr(node, "workeroutput", {}).get(LEFT, 0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell it, in a worker, to the process that leads."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[LEFT] = self.left

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say it."""
        if self.left:
            said = f"{self.left} {LEFT}: the budget was spent; their turn comes on other days"
            terminalreporter.write_line(said)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.addoption(
        "--budget",
        type=float,
        metavar="SECONDS",
        help="begin no test after so many seconds, and say how many were left out",
    )


def pytest_configure(config: pytest.Config) -> None:
    """A budget for this session, or for this worker of one."""
    seconds, today = config.getoption("budget"), datetime.now(UTC).date().toordinal()
    if seconds is not None:
        usual = (time.monotonic() + seconds, today)
        given = getattr(config, "workerinput", {}).get("budget", usual)
        config.pluginmanager.register(Budget(*given), "budget")
