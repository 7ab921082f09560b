"""Signals that Python drops are sent again, so that Ctrl-C always ends a run.

An exception that a signal handler raises while a destructor runs is printed and ignored by Python.
Used by the command and by the public functions.
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
"""Seconds until a dropped signal is sent again; the destructor has ended by then."""


@contextmanager
def heeded(stopped: Collection[int] = ()) -> Iterator[None]:
    """Context in which signals that arrive while a destructor runs are sent again.

    No effect outside the main thread, the only one in which Python handles signals.

    Args:
        stopped: Exit statuses (128 + signal) of the `SystemExit` that other handlers raise.
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
    """Send a dropped signal again; pass other exceptions to the previous hook, `before`."""
    match unraisable.exc_value:
        case KeyboardInterrupt():
            number = signal.SIGINT
        case SystemExit(code=int(code)) if code in stopped:
            number = signal.Signals(code - 128)
        case _:
            before(unraisable)
            return
    threading.Timer(SOON, os.kill, (os.getpid(), number)).start()
