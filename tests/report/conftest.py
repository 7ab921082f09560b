"""One browser for all tests of the report."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import browser as browsers


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed when other tests begin, whose event loops it would be in the way of."""
    with browsers.chromium() as found:
        yield found
