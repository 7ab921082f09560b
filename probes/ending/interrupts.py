"""Requests to end that Python would drop: they are sent again.

What a signal raises while a destructor runs is printed and forgotten by Python, so that Ctrl-C
would do nothing. Used by the command and by what a program calls.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

SOON = 0.01
"""Seconds after which a dropped signal is sent again: the destructor has ended by then."""


@contextmanager
def heeded(stopped: Collection[int] = ()) -> Iterator[None]:
    """Within, Ctrl-C that came while a destructor ran comes again.

    Signals are raised in the main thread alone, so that in another one nothing is done.

    Args:
        stopped: Exit statuses, above 128, of `SystemExit` that handlers of other signals raise.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = sys.unraisablehook
    sys.unraisablehook = partial(_send_again, before, stopped)
    try:
        yield
    finally:
        sys.unraisablehook = before


def _send_again(before: Callable[[Any], object], stopped: Collection[int], unraisable: Any) -> None:
    """Send what was dropped; anything else goes to the hook that was there *before*."""
    match unraisable.exc_value:
        case KeyboardInterrupt():
            number = signal.SIGINT
        case SystemExit(code=int(code)) if code in stopped:
            number = signal.Signals(code - 128)
        case _:
            before(unraisable)
            return
    threading.Timer(SOON, os.kill, (os.getpid(), number)).start()
