"""A real browser for tests: the system's chromium, without access to the network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

SECONDS = 120
"""Timeout for a page's actions, for busy machines."""
LOCAL = ("file:", "blob:", "data:")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; if it is not installed, the test fails with instructions."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "these tests drive a browser: install it with `apt-get install chromium`"
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page(browser: Browser, allowed: tuple[str, ...] = LOCAL, **settings: Any) -> Iterator[Page]:
    """A new page; fails at the end if it made other requests or logged errors."""
    context = browser.new_context(**settings)
    context.set_default_timeout(SECONDS * 1000)
    opened, faults = context.new_page(), list[str]()
    opened.on(
        "console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith(allowed) else faults.append(r.url))
    try:
        yield opened
    finally:
        context.close()
    assert not faults


def opened(page: Page, address: str) -> Page:
    """Open a report, and wait until it is drawn and its evidence is unpacked."""
    page.goto(address)
    page.wait_for_selector("html[data-opened][data-chart]")
    return page
